/* SPDX-License-Identifier: MIT */
/* Ends out of order: who resets whom, and what is left to read. */
#include "contract.h"

START_TEST(reset_leaves_queued_bytes_then_one_error_then_the_end)
{
        struct wire wire;

        wire_open(&wire);
        peer_send(&wire.peer, 100);
        peer_reset(&wire.peer);
        wire_await(&wire, EPOLLHUP);
        wire_receive_part(&wire, 40);
        wire_receive(&wire, 60);
        ck_assert_int_eq(wire_receive_nothing(&wire), -ECONNRESET);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        wire_close(&wire);
}
END_TEST

START_TEST(reset_shows_as_everything_until_its_error_was_fetched)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EDGES);
        expect_wire_events(&wire, EPOLLOUT);
        peer_reset(&wire.peer);
        expect_wire_events(&wire, BROKEN);
        expect_silence(contract.poll_fd);
        ck_assert_int_eq(wire_receive_nothing(&wire), -ECONNRESET);
        wire_watch_again(&wire, EDGES);
        expect_wire_events(&wire, CLOSED);
        wire_close(&wire);
}
END_TEST

START_TEST(reset_shows_whatever_is_watched)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EPOLLET);
        expect_silence(contract.poll_fd);
        peer_send(&wire.peer, 1);
        expect_silence(contract.poll_fd);
        peer_reset(&wire.peer);
        expect_wire_events(&wire, EPOLLERR | EPOLLHUP);
        wire_close(&wire);
}
END_TEST

START_TEST(sending_after_a_reset_fails_once_with_its_error_then_with_a_broken_pipe)
{
        struct wire wire;

        wire_open(&wire);
        peer_send(&wire.peer, 10);
        peer_reset(&wire.peer);
        wire_await(&wire, EPOLLHUP);
        ck_assert_int_eq(wire_try_send(&wire), -ECONNRESET);
        ck_assert_int_eq(wire_try_send(&wire), -EPIPE);
        wire_receive(&wire, 10);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        wire_close(&wire);
}
END_TEST

START_TEST(peeking_fetches_the_error_too)
{
        struct wire wire;
        unsigned char byte = 0;

        wire_open(&wire);
        peer_reset(&wire.peer);
        wire_await(&wire, EPOLLHUP);
        ck_assert_int_eq(sys_recv(wire.fd, &byte, 1, MSG_PEEK), -ECONNRESET);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        wire_close(&wire);
}
END_TEST

START_TEST(reset_after_the_peers_end_leaves_queued_bytes_then_the_end)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EDGES);
        peer_send(&wire.peer, 100);
        peer_finish(&wire.peer);
        peer_reset(&wire.peer);
        expect_wire_events(&wire, BROKEN);
        wire_receive(&wire, 100);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        wire_watch_again(&wire, EDGES);
        expect_wire_events(&wire, BROKEN);
        ck_assert_int_eq(wire_try_send(&wire), -EPIPE);
        wire_watch_again(&wire, EDGES);
        expect_wire_events(&wire, CLOSED);
        wire_close(&wire);
}
END_TEST

START_TEST(reset_after_the_own_end_is_told_to_recv)
{
        struct wire wire;

        wire_open(&wire);
        peer_send(&wire.peer, 10);
        ck_assert_int_eq(sys_shutdown_write(wire.fd), 0);
        peer_expect_end(&wire.peer);
        peer_reset(&wire.peer);
        wire_await(&wire, EPOLLHUP);
        wire_receive(&wire, 10);
        ck_assert_int_eq(wire_receive_nothing(&wire), -ECONNRESET);
        ck_assert_int_eq(wire_try_send(&wire), -EPIPE);
        wire_close(&wire);
}
END_TEST

START_TEST(reset_after_both_ends_before_all_was_taken_is_told_to_send)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EDGES);
        wire_fill(&wire);
        peer_finish(&wire.peer);
        ck_assert_int_eq(sys_shutdown_write(wire.fd), 0);
        expect_wire_events(&wire, CLOSED);
        peer_reset(&wire.peer);
        expect_wire_events(&wire, BROKEN);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        ck_assert_int_eq(wire_try_send(&wire), -ECONNRESET);
        ck_assert_int_eq(wire_try_send(&wire), -EPIPE);
        wire_close(&wire);
}
END_TEST

START_TEST(connection_that_was_reset_cannot_be_shut_down_and_says_so_by_an_edge)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EDGES);
        peer_reset(&wire.peer);
        expect_wire_events(&wire, BROKEN);
        expect_silence(contract.poll_fd);
        ck_assert_int_eq(sys_shutdown_write(wire.fd), -ENOTCONN);
        expect_wire_events(&wire, BROKEN);
        ck_assert_int_eq(wire_receive_nothing(&wire), -ECONNRESET);
        wire_close(&wire);
}
END_TEST

START_TEST(peer_that_closes_with_unread_bytes_resets)
{
        struct wire wire;

        wire_open(&wire);
        peer_send(&wire.peer, 100);
        wire_receive(&wire, 100);
        wire_send(&wire, 100);
        peer_receive(&wire.peer, 99);
        peer_close(&wire.peer);
        wire_await(&wire, EPOLLHUP);
        ck_assert_int_eq(wire_receive_nothing(&wire), -ECONNRESET);
        wire_close(&wire);
}
END_TEST

START_TEST(what_is_sent_to_a_closed_peer_is_answered_by_a_reset)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EDGES);
        peer_send(&wire.peer, 10);
        wire_receive(&wire, 10);
        peer_close(&wire.peer);
        expect_wire_events(&wire, FINISHED | EPOLLOUT);
        wire_send(&wire, 10);
        expect_wire_events(&wire, BROKEN);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        ck_assert_int_eq(wire_try_send(&wire), -EPIPE);
        wire_close(&wire);
}
END_TEST

START_TEST(closing_with_unread_bytes_resets_the_peer)
{
        struct wire wire;

        wire_open(&wire);
        peer_send(&wire.peer, 10);
        wire_receive_part(&wire, 9);
        wire_close_server(&wire);
        peer_expect_reset(&wire.peer);
        wire_close(&wire);
}
END_TEST

START_TEST(closing_with_unread_bytes_resets_a_peer_that_finished)
{
        struct wire wire;

        wire_open(&wire);
        peer_send(&wire.peer, 10);
        peer_finish(&wire.peer);
        wire_close_server(&wire);
        peer_expect_reset(&wire.peer);
        wire_close(&wire);
}
END_TEST

START_TEST(closing_a_connection_that_is_over_resets_nobody)
{
        struct wire wire;

        wire_open(&wire);
        peer_send(&wire.peer, 10);
        peer_finish(&wire.peer);
        ck_assert_int_eq(sys_shutdown_write(wire.fd), 0);
        peer_expect_end(&wire.peer);
        wire_await(&wire, EPOLLHUP);
        ck_assert_int_eq(sys_reset_on_close(wire.fd), 0);
        wire_close_server(&wire);
        peer_expect_end(&wire.peer);
        wire_close(&wire);
}
END_TEST

START_TEST(closing_a_connection_that_must_be_reset_resets_the_peer)
{
        struct wire wire;

        wire_open(&wire);
        peer_send(&wire.peer, 10);
        wire_receive(&wire, 10);
        ck_assert_int_eq(sys_reset_on_close(wire.fd), 0);
        wire_send(&wire, 10);
        peer_receive(&wire.peer, 10);
        wire_close_server(&wire);
        peer_expect_reset(&wire.peer);
        wire_close(&wire);
}
END_TEST

START_TEST(bytes_for_a_server_that_closed_reset_the_peer)
{
        struct wire wire;

        wire_open(&wire);
        wire_close_server(&wire);
        peer_expect_end(&wire.peer);
        peer_send_in_vain(&wire.peer);
        peer_expect_reset(&wire.peer);
        wire_close(&wire);
}
END_TEST

void contract_reset(TCase *tcase)
{
        tcase_add_test(tcase, reset_leaves_queued_bytes_then_one_error_then_the_end);
        tcase_add_test(tcase, reset_shows_as_everything_until_its_error_was_fetched);
        tcase_add_test(tcase, reset_shows_whatever_is_watched);
        tcase_add_test(tcase,
                       sending_after_a_reset_fails_once_with_its_error_then_with_a_broken_pipe);
        tcase_add_test(tcase, peeking_fetches_the_error_too);
        tcase_add_test(tcase, reset_after_the_peers_end_leaves_queued_bytes_then_the_end);
        tcase_add_test(tcase, reset_after_the_own_end_is_told_to_recv);
        tcase_add_test(tcase, reset_after_both_ends_before_all_was_taken_is_told_to_send);
        tcase_add_test(tcase, connection_that_was_reset_cannot_be_shut_down_and_says_so_by_an_edge);
        tcase_add_test(tcase, peer_that_closes_with_unread_bytes_resets);
        tcase_add_test(tcase, what_is_sent_to_a_closed_peer_is_answered_by_a_reset);
        tcase_add_test(tcase, closing_with_unread_bytes_resets_the_peer);
        tcase_add_test(tcase, closing_with_unread_bytes_resets_a_peer_that_finished);
        tcase_add_test(tcase, closing_a_connection_that_is_over_resets_nobody);
        tcase_add_test(tcase, closing_a_connection_that_must_be_reset_resets_the_peer);
        tcase_add_test(tcase, bytes_for_a_server_that_closed_reset_the_peer);
}
