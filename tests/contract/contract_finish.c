/* SPDX-License-Identifier: MIT */
/* Ends in order: what FIN means for either side. */
#include "contract.h"

START_TEST(end_comes_after_queued_bytes_and_again)
{
        struct wire wire;

        wire_open(&wire);
        peer_send(&wire.peer, 100);
        peer_finish(&wire.peer);
        wire_receive_part(&wire, 40);
        wire_receive(&wire, 60);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        wire_close(&wire);
}
END_TEST

START_TEST(end_of_the_peer_shows_as_readable_and_half_closed)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EDGES);
        expect_wire_events(&wire, EPOLLOUT);
        peer_finish(&wire.peer);
        expect_wire_events(&wire, FINISHED | EPOLLOUT);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        expect_silence(contract.poll_fd);
        wire_close(&wire);
}
END_TEST

START_TEST(end_of_the_peer_wakes_whatever_is_watched)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EPOLLOUT | EPOLLET);
        expect_wire_events(&wire, EPOLLOUT);
        peer_send(&wire.peer, 1);
        expect_silence(contract.poll_fd);
        peer_finish(&wire.peer);
        expect_wire_events(&wire, EPOLLOUT);
        wire_close(&wire);
}
END_TEST

START_TEST(finished_peer_still_receives)
{
        struct wire wire;

        wire_open(&wire);
        peer_send(&wire.peer, 100);
        peer_finish(&wire.peer);
        wire_receive(&wire, 100);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        wire_send(&wire, 100);
        ck_assert_int_eq(sys_shutdown_write(wire.fd), 0);
        peer_receive(&wire.peer, 100);
        peer_expect_end(&wire.peer);
        wire_close(&wire);
}
END_TEST

START_TEST(own_end_follows_what_was_sent_and_receiving_goes_on)
{
        struct wire wire;

        wire_open(&wire);
        peer_send(&wire.peer, 100);
        wire_receive(&wire, 100);
        wire_send(&wire, 100);
        ck_assert_int_eq(sys_shutdown_write(wire.fd), 0);
        peer_receive(&wire.peer, 100);
        peer_expect_end(&wire.peer);
        peer_send(&wire.peer, 50);
        wire_receive(&wire, 50);
        peer_finish(&wire.peer);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        wire_close(&wire);
}
END_TEST

START_TEST(sending_after_the_own_end_is_a_broken_pipe)
{
        struct wire wire;

        wire_open(&wire);
        peer_send(&wire.peer, 1);
        ck_assert_int_eq(sys_shutdown_write(wire.fd), 0);
        ck_assert_int_eq(wire_try_send(&wire), -EPIPE);
        ck_assert_int_eq(wire_try_send(&wire), -EPIPE);
        wire_receive(&wire, 1);
        wire_close(&wire);
}
END_TEST

START_TEST(own_end_is_an_edge)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EDGES);
        expect_wire_events(&wire, EPOLLOUT);
        ck_assert_int_eq(sys_shutdown_write(wire.fd), 0);
        expect_wire_events(&wire, EPOLLOUT);
        wire_close(&wire);
}
END_TEST

START_TEST(own_end_may_be_told_twice)
{
        struct wire wire;

        wire_open(&wire);
        ck_assert_int_eq(sys_shutdown_write(wire.fd), 0);
        ck_assert_int_eq(sys_shutdown_write(wire.fd), 0);
        peer_expect_end(&wire.peer);
        wire_close(&wire);
}
END_TEST

START_TEST(both_ends_hang_up)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EDGES);
        expect_wire_events(&wire, EPOLLOUT);
        ck_assert_int_eq(sys_shutdown_write(wire.fd), 0);
        expect_wire_events(&wire, EPOLLOUT);
        peer_expect_end(&wire.peer);
        peer_finish(&wire.peer);
        expect_wire_events(&wire, CLOSED);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        ck_assert_int_eq(sys_shutdown_write(wire.fd), -ENOTCONN);
        wire_close(&wire);
}
END_TEST

START_TEST(own_end_after_the_peers_hangs_up)
{
        struct wire wire;

        wire_open(&wire);
        peer_finish(&wire.peer);
        wire_watch(&wire, EDGES);
        expect_wire_events(&wire, FINISHED | EPOLLOUT);
        ck_assert_int_eq(sys_shutdown_write(wire.fd), 0);
        expect_wire_events(&wire, CLOSED);
        peer_expect_end(&wire.peer);
        wire_close(&wire);
}
END_TEST

START_TEST(closed_connection_cannot_be_shut_down_and_says_so_by_an_edge)
{
        struct wire wire;

        wire_open(&wire);
        peer_finish(&wire.peer);
        wire_watch(&wire, EDGES);
        ck_assert_int_eq(sys_shutdown_write(wire.fd), 0);
        peer_expect_end(&wire.peer);
        expect_wire_events(&wire, CLOSED);
        expect_silence(contract.poll_fd);
        ck_assert_int_eq(sys_shutdown_write(wire.fd), -ENOTCONN);
        expect_wire_events(&wire, CLOSED);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        wire_close(&wire);
}
END_TEST

START_TEST(acknowledgement_of_the_own_end_is_an_edge)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EPOLLOUT | EPOLLET);
        wire_fill(&wire);
        wire_drain_until_event(&wire, EPOLLOUT);
        ck_assert_int_eq(sys_shutdown_write(wire.fd), 0);
        expect_wire_events(&wire, EPOLLOUT);
        expect_silence(contract.poll_fd);
        wire_drain_until_event(&wire, EPOLLOUT);
        wire_drain(&wire);
        peer_expect_end(&wire.peer);
        expect_silence(contract.poll_fd);
        wire_close(&wire);
}
END_TEST

START_TEST(last_acknowledgement_is_an_edge)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EDGES);
        wire_fill(&wire);
        peer_finish(&wire.peer);
        expect_wire_events(&wire, FINISHED);
        wire_watch_again(&wire, EPOLLIN | EPOLLET);
        ck_assert_int_eq(sys_shutdown_write(wire.fd), 0);
        expect_wire_events(&wire, EPOLLIN | EPOLLHUP);
        expect_silence(contract.poll_fd);
        wire_drain(&wire);
        peer_expect_end(&wire.peer);
        expect_wire_events(&wire, EPOLLIN | EPOLLHUP);
        ck_assert_int_eq(sys_shutdown_write(wire.fd), -ENOTCONN);
        wire_close(&wire);
}
END_TEST

START_TEST(closing_with_nothing_unread_ends_after_what_was_sent)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EDGES);
        wire_fill(&wire);
        wire_close_server(&wire);
        wire_drain(&wire);
        peer_expect_end(&wire.peer);
        wire_close(&wire);
}
END_TEST

START_TEST(peer_may_finish_after_a_close_and_take_everything)
{
        struct wire wire;

        wire_open(&wire);
        peer_send(&wire.peer, 100);
        wire_receive(&wire, 100);
        wire_send(&wire, 100);
        wire_close_server(&wire);
        peer_finish(&wire.peer);
        peer_receive(&wire.peer, 100);
        peer_expect_end(&wire.peer);
        wire_close(&wire);
}
END_TEST

START_TEST(peer_that_closes_with_nothing_unread_finishes)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EDGES);
        peer_send(&wire.peer, 10);
        peer_close(&wire.peer);
        expect_wire_events(&wire, FINISHED | EPOLLOUT);
        wire_receive(&wire, 10);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        wire_close(&wire);
}
END_TEST

void contract_finish(TCase *tcase)
{
        tcase_add_test(tcase, end_comes_after_queued_bytes_and_again);
        tcase_add_test(tcase, end_of_the_peer_shows_as_readable_and_half_closed);
        tcase_add_test(tcase, end_of_the_peer_wakes_whatever_is_watched);
        tcase_add_test(tcase, finished_peer_still_receives);
        tcase_add_test(tcase, own_end_follows_what_was_sent_and_receiving_goes_on);
        tcase_add_test(tcase, sending_after_the_own_end_is_a_broken_pipe);
        tcase_add_test(tcase, own_end_is_an_edge);
        tcase_add_test(tcase, own_end_may_be_told_twice);
        tcase_add_test(tcase, both_ends_hang_up);
        tcase_add_test(tcase, own_end_after_the_peers_hangs_up);
        tcase_add_test(tcase, closed_connection_cannot_be_shut_down_and_says_so_by_an_edge);
        tcase_add_test(tcase, acknowledgement_of_the_own_end_is_an_edge);
        tcase_add_test(tcase, last_acknowledgement_is_an_edge);
        tcase_add_test(tcase, closing_with_nothing_unread_ends_after_what_was_sent);
        tcase_add_test(tcase, peer_may_finish_after_a_close_and_take_everything);
        tcase_add_test(tcase, peer_that_closes_with_nothing_unread_finishes);
}
