/* SPDX-License-Identifier: MIT */
/* Bytes that come, wait and are looked at. */
#include "contract.h"

START_TEST(bytes_come_once_and_then_there_are_none)
{
        struct wire wire;

        wire_open(&wire);
        ck_assert_int_eq(wire_receive_nothing(&wire), -EAGAIN);
        peer_send(&wire.peer, 1000);
        wire_receive(&wire, 1000);
        ck_assert_int_eq(wire_receive_nothing(&wire), -EAGAIN);
        wire_close(&wire);
}
END_TEST

START_TEST(messages_flow_together)
{
        struct wire wire;

        wire_open(&wire);
        peer_send(&wire.peer, 10);
        peer_send(&wire.peer, 20);
        wire_receive(&wire, 30);
        wire_close(&wire);
}
END_TEST

START_TEST(taking_part_leaves_the_rest)
{
        struct wire wire;

        wire_open(&wire);
        peer_send(&wire.peer, 1000);
        wire_receive_part(&wire, 1);
        wire_receive_part(&wire, 600);
        wire_receive(&wire, 399);
        wire_close(&wire);
}
END_TEST

START_TEST(peeking_leaves_everything_and_can_be_repeated)
{
        struct wire wire;

        wire_open(&wire);
        peer_send(&wire.peer, 100);
        wire_peek(&wire, 100);
        peer_send(&wire.peer, 50);
        wire_peek(&wire, 150);
        wire_peek(&wire, 150);
        wire_receive(&wire, 150);
        wire_close(&wire);
}
END_TEST

START_TEST(taking_part_of_what_was_peeked_at_leaves_the_rest)
{
        struct wire wire;

        wire_open(&wire);
        peer_send(&wire.peer, 100);
        wire_peek(&wire, 100);
        wire_receive_part(&wire, 30);
        wire_peek(&wire, 70);
        wire_receive(&wire, 70);
        wire_close(&wire);
}
END_TEST

START_TEST(peeking_at_nothing_finds_nothing)
{
        struct wire wire;
        unsigned char byte = 0;

        wire_open(&wire);
        ck_assert_int_eq(sys_recv(wire.fd, &byte, 1, MSG_PEEK), -EAGAIN);
        peer_finish(&wire.peer);
        ck_assert_int_eq(sys_recv(wire.fd, &byte, 1, MSG_PEEK), 0);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        wire_close(&wire);
}
END_TEST

START_TEST(bytes_can_be_echoed_before_they_are_taken)
{
        struct wire wire;

        wire_open(&wire);
        peer_send(&wire.peer, 100);
        wire_send(&wire, 100);
        peer_receive(&wire.peer, 100);
        wire_receive(&wire, 100);
        wire_close(&wire);
}
END_TEST

START_TEST(peer_that_is_not_read_from_must_wait)
{
        struct wire wire;
        uint32_t sent = 1;

        wire_open(&wire);
        while (sent > 0) {
                sent = peer_send_some(&wire.peer, BUFFER_SIZE);
                ck_assert_uint_lt(wire.peer.sent, QUEUE_MAX);
        }
        wire_feed(&wire, (uint32_t)wire.peer.sent);
        peer_send(&wire.peer, 1);
        wire_receive(&wire, 1);
        wire_close(&wire);
}
END_TEST

void contract_bytes(TCase *tcase)
{
        tcase_add_test(tcase, bytes_come_once_and_then_there_are_none);
        tcase_add_test(tcase, messages_flow_together);
        tcase_add_test(tcase, taking_part_leaves_the_rest);
        tcase_add_test(tcase, peeking_leaves_everything_and_can_be_repeated);
        tcase_add_test(tcase, taking_part_of_what_was_peeked_at_leaves_the_rest);
        tcase_add_test(tcase, peeking_at_nothing_finds_nothing);
        tcase_add_test(tcase, bytes_can_be_echoed_before_they_are_taken);
        tcase_add_test(tcase, peer_that_is_not_read_from_must_wait);
}
