/* SPDX-License-Identifier: MIT */
/* Room for what is sent, and the edge that tells of it. */
#include "contract.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "support/payload.h"

static void open_full(struct wire *wire)
{
        wire_open(wire);
        wire_watch(wire, EDGES);
        wire_fill(wire);
}

START_TEST(full_connection_takes_nothing_and_is_not_writable)
{
        struct wire wire;

        open_full(&wire);
        ck_assert_int_eq(wire_try_send(&wire), -EAGAIN);
        expect_silence(contract.poll_fd);
        peer_send(&wire.peer, 1);
        expect_wire_events(&wire, EPOLLIN);
        wire_close(&wire);
}
END_TEST

START_TEST(short_send_is_an_edge_once_there_is_room)
{
        enum { SIZE = 2 << 20 }; /* more than the kernel queues */
        static unsigned char data[SIZE];
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EDGES);
        wire_feed(&wire, SIZE);
        expect_wire_events(&wire, EPOLLOUT);
        payload_fill(data, SIZE, wire.peer.stream, 0);
        long sent = sys_send(wire.fd, data, SIZE);
        ck_assert_int_gt(sent, 0);
        ck_assert_int_lt(sent, SIZE);
        wire.sent = (uint64_t)sent;
        wire_drain(&wire);
        expect_wire_events(&wire, EPOLLOUT);
        wire_close(&wire);
}
END_TEST

START_TEST(reading_by_the_peer_is_an_edge_once_there_is_room)
{
        struct wire wire;

        open_full(&wire);
        wire_drain(&wire);
        expect_wire_events(&wire, EPOLLOUT);
        expect_silence(contract.poll_fd);
        wire_close(&wire);
}
END_TEST

START_TEST(little_room_is_no_edge)
{
        struct wire wire;

        open_full(&wire);
        peer_receive(&wire.peer, 1);
        expect_silence(contract.poll_fd);
        wire_drain(&wire);
        expect_wire_events(&wire, EPOLLOUT);
        wire_close(&wire);
}
END_TEST

START_TEST(reading_by_the_peer_is_no_edge_when_room_never_lacked)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EDGES);
        peer_send(&wire.peer, 10000);
        wire_receive(&wire, 10000);
        expect_wire_events(&wire, EPOLLOUT);
        wire_send(&wire, 10000);
        wire_drain(&wire);
        expect_silence(contract.poll_fd);
        wire_close(&wire);
}
END_TEST

START_TEST(more_room_is_no_second_edge)
{
        struct wire wire;

        open_full(&wire);
        wire_drain_until_event(&wire, EPOLLOUT);
        wire_drain(&wire);
        expect_silence(contract.poll_fd);
        wire_close(&wire);
}
END_TEST

/* No send is refused here: to be told that there is little room is enough. */
START_TEST(asking_in_vain_is_an_edge_once_there_is_room)
{
        enum { PORTION = 4096 };
        struct wire wire;
        struct epoll_event event = { 0 };

        open_full(&wire);
        wire_drain_until_event(&wire, EPOLLOUT);
        do {
                wire_feed(&wire, PORTION);
                wire_send(&wire, PORTION);
                wire_watch_again(&wire, EPOLLOUT | EPOLLET);
        } while (sys_poll_wait(contract.poll_fd, &event, 1, SILENCE_MS) == 1);
        wire_drain(&wire);
        expect_wire_events(&wire, EPOLLOUT);
        wire_close(&wire);
}
END_TEST

START_TEST(edge_comes_again_after_it_was_full_again)
{
        struct wire wire;

        open_full(&wire);
        wire_drain(&wire);
        expect_wire_events(&wire, EPOLLOUT);
        wire_fill(&wire);
        expect_silence(contract.poll_fd);
        wire_drain(&wire);
        expect_wire_events(&wire, EPOLLOUT);
        wire_close(&wire);
}
END_TEST

START_TEST(reset_of_a_full_connection_makes_it_writable)
{
        struct wire wire;

        open_full(&wire);
        peer_reset(&wire.peer);
        expect_wire_events(&wire, BROKEN);
        wire_close(&wire);
}
END_TEST

START_TEST(own_end_makes_a_full_connection_writable)
{
        struct wire wire;

        open_full(&wire);
        ck_assert_int_eq(sys_shutdown_write(wire.fd), 0);
        expect_wire_events(&wire, EPOLLOUT);
        wire_drain(&wire);
        peer_expect_end(&wire.peer);
        wire_close(&wire);
}
END_TEST

START_TEST(limit_of_unsent_bytes_makes_a_connection_full_early)
{
        struct wire wire;

        open_full(&wire);
        uint64_t most = wire.sent;
        wire_close(&wire);
        listener_set(IPPROTO_TCP, TCP_NOTSENT_LOWAT, 4096);
        open_full(&wire);
        ck_assert_uint_lt(wire.sent, most);
        peer_receive(&wire.peer, 1);
        expect_silence(contract.poll_fd);
        wire_drain(&wire);
        expect_wire_events(&wire, EPOLLOUT);
        wire_close(&wire);
}
END_TEST

START_TEST(limit_of_unsent_bytes_does_not_count_what_the_peer_has)
{
        enum { SIZE = 32768 };
        struct wire wire;

        listener_set(IPPROTO_TCP, TCP_NOTSENT_LOWAT, 4096);
        wire_open(&wire);
        wire_feed(&wire, SIZE);
        wire_send(&wire, SIZE);
        wire_watch(&wire, EDGES);
        expect_wire_events(&wire, EPOLLOUT);
        wire_close(&wire);
}
END_TEST

void contract_space(TCase *tcase)
{
        tcase_add_test(tcase, full_connection_takes_nothing_and_is_not_writable);
        tcase_add_test(tcase, short_send_is_an_edge_once_there_is_room);
        tcase_add_test(tcase, reading_by_the_peer_is_an_edge_once_there_is_room);
        tcase_add_test(tcase, little_room_is_no_edge);
        tcase_add_test(tcase, reading_by_the_peer_is_no_edge_when_room_never_lacked);
        tcase_add_test(tcase, more_room_is_no_second_edge);
        tcase_add_test(tcase, asking_in_vain_is_an_edge_once_there_is_room);
        tcase_add_test(tcase, edge_comes_again_after_it_was_full_again);
        tcase_add_test(tcase, reset_of_a_full_connection_makes_it_writable);
        tcase_add_test(tcase, own_end_makes_a_full_connection_writable);
        tcase_add_test(tcase, limit_of_unsent_bytes_makes_a_connection_full_early);
        tcase_add_test(tcase, limit_of_unsent_bytes_does_not_count_what_the_peer_has);
}
