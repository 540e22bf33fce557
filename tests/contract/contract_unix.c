/* SPDX-License-Identifier: MIT */
/* Where Unix stream sockets differ from TCP, as a server sees it. */
#include "contract.h"

/* A wire whose listener is gone; its server's end has a small buffer. */
static void open_wire_with(struct wire *wire, int listener_option)
{
        uint16_t port = 0;
        int listen_fd = kernel_listen_unix(&port);

        if (listener_option != 0)
                ck_assert_int_eq(sys_setsockopt_int(listen_fd, SOL_SOCKET, listener_option, 1), 0);
        *wire = (struct wire){ 0 };
        peer_connect_unix(&wire->peer, port);
        wire->fd = listener_accept(listen_fd);
        kernel_shrink_buffers(wire->fd);
        ck_assert_int_eq(sys_close(listen_fd), 0);
}

static void open_wire(struct wire *wire)
{
        open_wire_with(wire, 0);
}

static void set_in_line(const struct wire *wire)
{
        ck_assert_int_eq(sys_setsockopt_int(wire->fd, SOL_SOCKET, SO_OOBINLINE, 1), 0);
}

START_TEST(unix_bytes_come_back_whole_and_then_the_end)
{
        struct wire wire;

        open_wire(&wire);
        wire_watch(&wire, EDGES);
        expect_wire_events(&wire, EPOLLOUT);
        peer_send(&wire.peer, 100);
        expect_wire_events(&wire, EPOLLIN | EPOLLOUT);
        wire_receive(&wire, 100);
        ck_assert_int_eq(wire_receive_nothing(&wire), -EAGAIN);
        peer_finish(&wire.peer);
        expect_wire_events(&wire, FINISHED | EPOLLOUT);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        wire_send(&wire, 100);
        wire_drain(&wire);
        wire_close_server(&wire);
        peer_expect_end(&wire.peer);
        wire_close(&wire);
}
END_TEST

START_TEST(unix_peer_that_took_everything_closes_without_an_error)
{
        struct wire wire;

        open_wire(&wire);
        peer_send(&wire.peer, 10);
        peer_close(&wire.peer);
        wire_watch(&wire, EDGES);
        expect_wire_events(&wire, CLOSED);
        wire_receive(&wire, 10);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        wire_close(&wire);
}
END_TEST

START_TEST(unix_peer_that_left_bytes_unread_closes_with_a_reset_told_once)
{
        struct wire wire;

        open_wire(&wire);
        wire_feed(&wire, 10);
        wire_send(&wire, 10);
        peer_close(&wire.peer);
        wire_watch(&wire, EDGES);
        expect_wire_events(&wire, BROKEN);
        ck_assert_int_eq(wire_receive_nothing(&wire), -ECONNRESET);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        wire_close(&wire);
}
END_TEST

START_TEST(unix_bytes_before_a_reset_are_read_first)
{
        struct wire wire;

        open_wire(&wire);
        wire_feed(&wire, 10);
        wire_send(&wire, 10);
        peer_send(&wire.peer, 20);
        peer_close(&wire.peer);
        wire_receive(&wire, 20);
        ck_assert_int_eq(wire_receive_nothing(&wire), -ECONNRESET);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        wire_close(&wire);
}
END_TEST

START_TEST(sending_to_a_unix_peer_that_closed_is_a_broken_pipe)
{
        struct wire wire;

        open_wire(&wire);
        wire_feed(&wire, 10);
        peer_close(&wire.peer);
        ck_assert_int_eq(wire_try_send(&wire), -EPIPE);
        ck_assert_int_eq(wire_try_send(&wire), -EPIPE);
        wire_close(&wire);
}
END_TEST

START_TEST(unix_server_that_left_bytes_unread_resets)
{
        struct wire wire;

        open_wire(&wire);
        peer_send(&wire.peer, 10);
        wire_close_server(&wire);
        peer_expect_reset(&wire.peer);
        wire_close(&wire);
}
END_TEST

START_TEST(unix_room_is_told_at_each_read_of_the_peer)
{
        struct wire wire;

        open_wire(&wire);
        wire_feed(&wire, 3);
        wire_watch(&wire, EDGES);
        expect_wire_events(&wire, EPOLLOUT);
        for (unsigned i = 0; i < 3; i++) {
                wire_send(&wire, 1);
                expect_silence(contract.poll_fd);
                peer_receive(&wire.peer, 1);
                expect_wire_events(&wire, EPOLLOUT);
        }
        wire_close(&wire);
}
END_TEST

START_TEST(unix_room_is_not_told_to_who_does_not_ask)
{
        struct wire wire;

        open_wire(&wire);
        wire_feed(&wire, 1);
        wire_watch(&wire, EDGES);
        wire_watch_again(&wire, EDGES & ~(uint32_t)EPOLLOUT);
        wire_send(&wire, 1);
        peer_receive(&wire.peer, 1);
        expect_silence(contract.poll_fd);
        wire_watch_again(&wire, EDGES);
        expect_wire_events(&wire, EPOLLOUT);
        wire_close(&wire);
}
END_TEST

START_TEST(full_unix_socket_tells_of_room_when_little_of_it_is_used)
{
        struct wire wire;

        open_wire(&wire);
        wire_watch(&wire, EDGES);
        wire_fill(&wire);
        expect_silence(contract.poll_fd);
        peer_receive(&wire.peer, 1);
        expect_silence(contract.poll_fd);
        wire_drain_until_event(&wire, EPOLLOUT);
        wire_close(&wire);
}
END_TEST

START_TEST(unix_read_stops_at_an_urgent_byte)
{
        struct wire wire;

        open_wire(&wire);
        set_in_line(&wire);
        peer_send_urgent(&wire.peer, 5);
        peer_send(&wire.peer, 3);
        wire_receive(&wire, 4);
        wire_await(&wire, EPOLLIN);
        wire_receive(&wire, 4);
        ck_assert_int_eq(wire_receive_nothing(&wire), -EAGAIN);
        wire_close(&wire);
}
END_TEST

/* So whoever accepts must set it. */
START_TEST(unix_socket_does_not_inherit_urgent_in_line)
{
        struct wire wire;

        open_wire_with(&wire, SO_OOBINLINE);
        peer_send_urgent(&wire.peer, 5);
        wire_receive(&wire, 4);
        ck_assert_int_eq(wire_receive_nothing(&wire), -EAGAIN);
        wire_close(&wire);
}
END_TEST

START_TEST(exclusive_listener_is_told_of_a_connection_and_cannot_be_changed)
{
        const uint32_t exclusive = EPOLLIN | EPOLLEXCLUSIVE;
        struct wire wire = { 0 };
        uint16_t port = 0;
        int listen_fd = kernel_listen_unix(&port);

        ck_assert_int_eq(sys_poll_set(contract.poll_fd, EPOLL_CTL_ADD, listen_fd, exclusive, 7), 0);
        ck_assert_int_eq(sys_poll_set(contract.poll_fd, EPOLL_CTL_MOD, listen_fd, EPOLLIN, 7),
                         -EINVAL);
        expect_silence(contract.poll_fd);
        peer_connect_unix(&wire.peer, port);
        expect_events(contract.poll_fd, 7, EPOLLIN);
        wire.fd = sys_accept(listen_fd, NULL, NULL);
        ck_assert_int_ge(wire.fd, 0);
        expect_silence(contract.poll_fd);
        ck_assert_int_eq(sys_close(listen_fd), 0);
        wire_close(&wire);
}
END_TEST

void contract_unix(TCase *tcase)
{
        tcase_add_test(tcase, unix_bytes_come_back_whole_and_then_the_end);
        tcase_add_test(tcase, unix_peer_that_took_everything_closes_without_an_error);
        tcase_add_test(tcase, unix_peer_that_left_bytes_unread_closes_with_a_reset_told_once);
        tcase_add_test(tcase, unix_bytes_before_a_reset_are_read_first);
        tcase_add_test(tcase, sending_to_a_unix_peer_that_closed_is_a_broken_pipe);
        tcase_add_test(tcase, unix_server_that_left_bytes_unread_resets);
        tcase_add_test(tcase, unix_room_is_told_at_each_read_of_the_peer);
        tcase_add_test(tcase, unix_room_is_not_told_to_who_does_not_ask);
        tcase_add_test(tcase, full_unix_socket_tells_of_room_when_little_of_it_is_used);
        tcase_add_test(tcase, unix_read_stops_at_an_urgent_byte);
        tcase_add_test(tcase, unix_socket_does_not_inherit_urgent_in_line);
        tcase_add_test(tcase, exclusive_listener_is_told_of_a_connection_and_cannot_be_changed);
}
