/* SPDX-License-Identifier: MIT */
/* Urgent bytes: where recv stops, what epoll tells, and which bytes are in the stream at all. */
#include "contract.h"

/* In line, as the server has it. */
static void open_in_line(struct wire *wire, uint32_t events)
{
        listener_set(SOL_SOCKET, SO_OOBINLINE, 1);
        wire_open(wire);
        wire_watch(wire, events);
        if ((events & EPOLLOUT) != 0)
                expect_wire_events(wire, EPOLLOUT);
}

/* The urgent byte was left out of what recv gives. */
static void skip(struct wire *wire)
{
        wire->received++;
}

START_TEST(reading_stops_before_the_mark_and_goes_on_with_the_urgent_byte)
{
        struct wire wire;

        open_in_line(&wire, EDGES);
        peer_send(&wire.peer, 100);
        peer_send_urgent(&wire.peer, 1);
        peer_send(&wire.peer, 100);
        wire_receive(&wire, 100);
        wire_receive(&wire, 101);
        ck_assert_int_eq(wire_receive_nothing(&wire), -EAGAIN);
        wire_close(&wire);
}
END_TEST

START_TEST(last_byte_of_an_urgent_message_is_the_urgent_one)
{
        struct wire wire;

        open_in_line(&wire, EDGES);
        peer_send_urgent(&wire.peer, 10);
        wire_receive(&wire, 9);
        wire_receive(&wire, 1);
        wire_close(&wire);
}
END_TEST

START_TEST(peeking_stops_at_the_mark_too)
{
        struct wire wire;

        open_in_line(&wire, EDGES);
        peer_send_urgent(&wire.peer, 10);
        peer_send(&wire.peer, 10);
        wire_peek(&wire, 9);
        wire_receive(&wire, 9);
        wire_peek(&wire, 11);
        wire_receive(&wire, 11);
        wire_close(&wire);
}
END_TEST

START_TEST(urgency_shows_until_its_byte_was_read)
{
        struct wire wire;

        open_in_line(&wire, EDGES);
        peer_send_urgent(&wire.peer, 10);
        expect_wire_events(&wire, EPOLLIN | EPOLLOUT | EPOLLPRI);
        wire_receive(&wire, 9);
        peer_send(&wire.peer, 10);
        expect_wire_events(&wire, EPOLLIN | EPOLLOUT | EPOLLPRI);
        wire_receive(&wire, 11);
        peer_send(&wire.peer, 10);
        expect_wire_events(&wire, EPOLLIN | EPOLLOUT);
        wire_close(&wire);
}
END_TEST

START_TEST(bytes_behind_the_mark_are_no_edge)
{
        struct wire wire;

        open_in_line(&wire, EPOLLIN | EPOLLET);
        peer_send(&wire.peer, 10);
        peer_send_urgent(&wire.peer, 1);
        peer_send(&wire.peer, 10);
        expect_wire_events(&wire, EPOLLIN);
        wire_receive(&wire, 10);
        expect_silence(contract.poll_fd);
        wire_receive(&wire, 11);
        wire_close(&wire);
}
END_TEST

START_TEST(who_watches_for_urgency_alone_is_woken_by_any_byte_while_there_is_one)
{
        struct wire wire;

        open_in_line(&wire, EPOLLPRI | EPOLLET);
        peer_send(&wire.peer, 10);
        expect_silence(contract.poll_fd);
        peer_send_urgent(&wire.peer, 1);
        expect_wire_events(&wire, EPOLLPRI);
        peer_send(&wire.peer, 10);
        expect_wire_events(&wire, EPOLLPRI);
        wire_close(&wire);
}
END_TEST

START_TEST(second_urgent_byte_moves_the_mark)
{
        struct wire wire;

        open_in_line(&wire, EDGES);
        peer_send_urgent(&wire.peer, 10);
        peer_send_urgent(&wire.peer, 10);
        wire_receive(&wire, 19);
        wire_receive(&wire, 1);
        wire_close(&wire);
}
END_TEST

START_TEST(urgent_byte_alone_before_the_end_comes_in_line)
{
        struct wire wire;

        open_in_line(&wire, EDGES);
        peer_send_urgent(&wire.peer, 1);
        peer_finish(&wire.peer);
        expect_wire_events(&wire, FINISHED | EPOLLOUT | EPOLLPRI);
        wire_receive(&wire, 1);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        wire_close(&wire);
}
END_TEST

START_TEST(urgent_byte_before_a_reset_comes_in_line)
{
        struct wire wire;

        open_in_line(&wire, EDGES);
        peer_send_urgent(&wire.peer, 2);
        peer_reset(&wire.peer);
        expect_wire_events(&wire, BROKEN | EPOLLPRI);
        wire_receive(&wire, 1);
        wire_receive(&wire, 1);
        ck_assert_int_eq(wire_receive_nothing(&wire), -ECONNRESET);
        wire_close(&wire);
}
END_TEST

START_TEST(out_of_line_the_urgent_byte_is_left_out)
{
        struct wire wire;

        wire_open(&wire);
        peer_send_urgent(&wire.peer, 10);
        peer_send(&wire.peer, 10);
        wire_receive(&wire, 9);
        skip(&wire);
        wire_receive(&wire, 10);
        ck_assert_int_eq(wire_receive_nothing(&wire), -EAGAIN);
        wire_close(&wire);
}
END_TEST

START_TEST(out_of_line_the_urgent_byte_alone_is_not_readable)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EDGES);
        peer_send_urgent(&wire.peer, 1);
        expect_wire_events(&wire, EPOLLOUT | EPOLLPRI);
        ck_assert_int_eq(wire_receive_nothing(&wire), -EAGAIN);
        skip(&wire);
        peer_send(&wire.peer, 10);
        expect_wire_events(&wire, EPOLLIN | EPOLLOUT);
        wire_receive(&wire, 10);
        wire_close(&wire);
}
END_TEST

START_TEST(out_of_line_peeking_behind_the_mark_leaves_it)
{
        struct wire wire;

        wire_open(&wire);
        peer_send_urgent(&wire.peer, 1);
        peer_send(&wire.peer, 10);
        wire_watch(&wire, EDGES);
        skip(&wire);
        wire_peek(&wire, 10);
        expect_wire_events(&wire, EPOLLIN | EPOLLOUT | EPOLLPRI);
        wire_peek(&wire, 10);
        wire_receive(&wire, 10);
        wire_close(&wire);
}
END_TEST

START_TEST(out_of_line_peeking_at_the_urgent_byte_alone_leaves_it)
{
        struct wire wire;
        unsigned char byte = 0;

        wire_open(&wire);
        peer_send_urgent(&wire.peer, 1);
        ck_assert_int_eq(sys_recv(wire.fd, &byte, 1, MSG_PEEK), -EAGAIN);
        wire_watch(&wire, EDGES);
        expect_wire_events(&wire, EPOLLOUT | EPOLLPRI);
        wire_close(&wire);
}
END_TEST

START_TEST(out_of_line_the_urgent_byte_alone_before_the_end_is_left_out)
{
        struct wire wire;

        wire_open(&wire);
        peer_send_urgent(&wire.peer, 1);
        peer_finish(&wire.peer);
        wire_watch(&wire, EDGES);
        expect_wire_events(&wire, FINISHED | EPOLLOUT | EPOLLPRI);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        wire_close(&wire);
}
END_TEST

START_TEST(out_of_line_an_older_urgent_byte_is_in_the_stream)
{
        struct wire wire;

        wire_open(&wire);
        peer_send_urgent(&wire.peer, 10);
        peer_send_urgent(&wire.peer, 10);
        wire_receive(&wire, 19);
        skip(&wire);
        ck_assert_int_eq(wire_receive_nothing(&wire), -EAGAIN);
        wire_close(&wire);
}
END_TEST

START_TEST(out_of_line_an_older_urgent_byte_that_is_next_is_left_out)
{
        struct wire wire;

        wire_open(&wire);
        peer_send_urgent(&wire.peer, 10);
        wire_receive(&wire, 9);
        peer_send_urgent(&wire.peer, 10);
        skip(&wire);
        wire_receive(&wire, 9);
        wire_close(&wire);
}
END_TEST

void contract_urgent(TCase *tcase)
{
        tcase_add_test(tcase, reading_stops_before_the_mark_and_goes_on_with_the_urgent_byte);
        tcase_add_test(tcase, last_byte_of_an_urgent_message_is_the_urgent_one);
        tcase_add_test(tcase, peeking_stops_at_the_mark_too);
        tcase_add_test(tcase, urgency_shows_until_its_byte_was_read);
        tcase_add_test(tcase, bytes_behind_the_mark_are_no_edge);
        tcase_add_test(tcase,
                       who_watches_for_urgency_alone_is_woken_by_any_byte_while_there_is_one);
        tcase_add_test(tcase, second_urgent_byte_moves_the_mark);
        tcase_add_test(tcase, urgent_byte_alone_before_the_end_comes_in_line);
        tcase_add_test(tcase, urgent_byte_before_a_reset_comes_in_line);
        tcase_add_test(tcase, out_of_line_the_urgent_byte_is_left_out);
        tcase_add_test(tcase, out_of_line_the_urgent_byte_alone_is_not_readable);
        tcase_add_test(tcase, out_of_line_peeking_behind_the_mark_leaves_it);
        tcase_add_test(tcase, out_of_line_peeking_at_the_urgent_byte_alone_leaves_it);
        tcase_add_test(tcase, out_of_line_the_urgent_byte_alone_before_the_end_is_left_out);
        tcase_add_test(tcase, out_of_line_an_older_urgent_byte_is_in_the_stream);
        tcase_add_test(tcase, out_of_line_an_older_urgent_byte_that_is_next_is_left_out);
}
