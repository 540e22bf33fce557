/* SPDX-License-Identifier: MIT */
/* Connections that wait to be accepted, and what they were by then. */
#include "contract.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

START_TEST(nobody_to_accept_is_no_event)
{
        ck_assert_int_eq(
            sys_poll_set(contract.poll_fd, EPOLL_CTL_ADD, contract.listen_fd, EPOLLIN, 1), 0);
        ck_assert_int_eq(sys_accept(contract.listen_fd, NULL, NULL), -EAGAIN);
        expect_silence(contract.poll_fd);
}
END_TEST

START_TEST(waiting_connection_is_a_level_until_it_is_accepted)
{
        struct wire wire = { 0 };

        ck_assert_int_eq(
            sys_poll_set(contract.poll_fd, EPOLL_CTL_ADD, contract.listen_fd, EPOLLIN, 1), 0);
        ck_assert_int_eq(peer_connect(&wire.peer, contract.port), 0);
        expect_events(contract.poll_fd, 1, EPOLLIN);
        expect_events(contract.poll_fd, 1, EPOLLIN);
        wire.fd = sys_accept(contract.listen_fd, NULL, NULL);
        ck_assert_int_ge(wire.fd, 0);
        expect_silence(contract.poll_fd);
        ck_assert_int_eq(sys_accept(contract.listen_fd, NULL, NULL), -EAGAIN);
        wire_close(&wire);
}
END_TEST

START_TEST(listener_that_is_watched_again_tells_of_who_waits)
{
        struct wire wire = { 0 };
        int fd = contract.listen_fd;

        ck_assert_int_eq(sys_poll_set(contract.poll_fd, EPOLL_CTL_ADD, fd, EPOLLIN, 1), 0);
        ck_assert_int_eq(sys_poll_set(contract.poll_fd, EPOLL_CTL_DEL, fd, 0, 0), 0);
        ck_assert_int_eq(peer_connect(&wire.peer, contract.port), 0);
        expect_silence(contract.poll_fd);
        ck_assert_int_eq(sys_poll_set(contract.poll_fd, EPOLL_CTL_ADD, fd, EPOLLIN, 1), 0);
        expect_events(contract.poll_fd, 1, EPOLLIN);
        wire.fd = sys_accept(fd, NULL, NULL);
        wire_close(&wire);
}
END_TEST

START_TEST(connections_are_accepted_in_their_order)
{
        struct wire wires[3] = { 0 };

        for (unsigned i = 0; i < 3; i++) {
                ck_assert_int_eq(peer_connect(&wires[i].peer, contract.port), 0);
                peer_send(&wires[i].peer, i + 1);
        }
        for (unsigned i = 0; i < 3; i++) {
                wires[i].fd = listener_accept(contract.listen_fd);
                wire_receive(&wires[i], i + 1);
        }
        for (unsigned i = 0; i < 3; i++)
                wire_close(&wires[i]);
}
END_TEST

START_TEST(peer_that_finished_before_is_accepted)
{
        struct wire wire = { 0 };

        ck_assert_int_eq(peer_connect(&wire.peer, contract.port), 0);
        peer_send(&wire.peer, 10);
        peer_finish(&wire.peer);
        wire.fd = listener_accept(contract.listen_fd);
        wire_watch(&wire, EDGES);
        expect_wire_events(&wire, FINISHED | EPOLLOUT);
        wire_receive(&wire, 10);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        wire_close(&wire);
}
END_TEST

START_TEST(peer_that_reset_before_is_accepted)
{
        struct wire wire = { 0 };

        ck_assert_int_eq(peer_connect(&wire.peer, contract.port), 0);
        peer_send(&wire.peer, 10);
        peer_reset(&wire.peer);
        wire.fd = listener_accept(contract.listen_fd);
        wire_watch(&wire, EDGES);
        expect_wire_events(&wire, BROKEN);
        wire_receive(&wire, 10);
        ck_assert_int_eq(wire_receive_nothing(&wire), -ECONNRESET);
        ck_assert_int_eq(wire_receive_nothing(&wire), 0);
        wire_close(&wire);
}
END_TEST

START_TEST(peer_has_its_address_until_the_connection_is_over)
{
        struct sockaddr_storage told;
        struct sockaddr_storage asked;
        uint32_t told_size = sizeof(told);
        uint32_t asked_size = sizeof(asked);
        struct wire wire = { 0 };

        ck_assert_int_eq(peer_connect(&wire.peer, contract.port), 0);
        listener_await(contract.listen_fd);
        wire.fd = sys_accept(contract.listen_fd, (struct sockaddr *)&told, &told_size);
        peer_finish(&wire.peer);
        wire_await(&wire, EPOLLRDHUP);
        ck_assert_int_eq(sys_getpeername(wire.fd, (struct sockaddr *)&asked, &asked_size), 0);
        ck_assert_uint_eq(asked_size, told_size);
        ck_assert_mem_eq(&asked, &told, told_size);
        peer_reset(&wire.peer);
        wire_await(&wire, EPOLLERR);
        asked_size = sizeof(asked);
        ck_assert_int_eq(sys_getpeername(wire.fd, (struct sockaddr *)&asked, &asked_size),
                         -ENOTCONN);
        wire_close(&wire);
}
END_TEST

START_TEST(backlog_of_none_takes_one)
{
        struct wire wire = { 0 };

        ck_assert_int_eq(sys_listen(contract.listen_fd, 0), 0);
        ck_assert_int_eq(peer_connect(&wire.peer, contract.port), 0);
        listener_await(contract.listen_fd);
        ck_assert(peer_is_unanswered(contract.port));
        wire.fd = listener_accept(contract.listen_fd);
        wire_close(&wire);
}
END_TEST

START_TEST(closing_the_listener_resets_who_waits_and_leaves_who_was_accepted)
{
        struct wire accepted;
        struct peer waiting;
        struct peer finished;

        wire_open(&accepted);
        ck_assert_int_eq(peer_connect(&waiting, contract.port), 0);
        ck_assert_int_eq(peer_connect(&finished, contract.port), 0);
        peer_send(&finished, 10);
        peer_finish(&finished);
        listener_close();
        peer_expect_reset(&waiting);
        peer_expect_reset(&finished);
        peer_reset(&waiting);
        peer_reset(&finished);
        peer_send(&accepted.peer, 10);
        wire_receive(&accepted, 10);
        wire_close(&accepted);
}
END_TEST

START_TEST(nobody_listens_any_more_is_refused)
{
        struct peer peer;

        listener_close();
        ck_assert_int_eq(peer_connect(&peer, contract.port), -ECONNREFUSED);
}
END_TEST

START_TEST(bound_and_not_listening_is_refused_and_hangs_up)
{
        struct peer peer;
        int fd = listener_bind(0);

        ck_assert_int_eq(peer_connect(&peer, listener_port(fd)), -ECONNREFUSED);
        ck_assert_int_eq(sys_poll_set(contract.poll_fd, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLOUT, 1),
                         0);
        expect_events(contract.poll_fd, 1, EPOLLOUT | EPOLLHUP);
        ck_assert_int_eq(sys_close(fd), 0);
}
END_TEST

START_TEST(lowest_descriptor_is_used_again_at_once)
{
        struct wire first;
        struct wire second;
        struct wire third = { 0 };

        wire_open(&first);
        wire_open(&second);
        ck_assert_int_eq(peer_connect(&third.peer, contract.port), 0);
        listener_await(contract.listen_fd);
        int fd = first.fd;
        ck_assert_int_lt(fd, second.fd);
        wire_close_server(&second);
        wire_close_server(&first);
        third.fd = sys_accept(contract.listen_fd, NULL, NULL);
        ck_assert_int_eq(third.fd, fd);
        wire_close(&first);
        wire_close(&second);
        wire_close(&third);
}
END_TEST

/* Linux looks for a number first: the connection stays in the backlog. */
START_TEST(without_a_free_descriptor_the_connection_waits)
{
        struct wire wire = { 0 };
        int fds[128];
        unsigned count = 0;

        ck_assert_int_eq(peer_connect(&wire.peer, contract.port), 0);
        peer_send(&wire.peer, 10);
        listener_await(contract.listen_fd);
        while (count < 128 && (fds[count] = sys_wake_open()) >= 0)
                count++;
        ck_assert_int_lt(count, 128);
        ck_assert_int_eq(fds[count], -EMFILE);
        ck_assert_int_eq(sys_accept(contract.listen_fd, NULL, NULL), -EMFILE);
        ck_assert_int_eq(sys_accept(contract.listen_fd, NULL, NULL), -EMFILE);
        ck_assert_int_eq(sys_close(fds[0]), 0);
        wire.fd = sys_accept(contract.listen_fd, NULL, NULL);
        ck_assert_int_eq(wire.fd, fds[0]);
        wire_receive(&wire, 10);
        while (--count > 0)
                ck_assert_int_eq(sys_close(fds[count]), 0);
        wire_close(&wire);
}
END_TEST

START_TEST(options_are_known_or_refused)
{
        int fd = contract.listen_fd;

        listener_set(SOL_SOCKET, SO_KEEPALIVE, 1);
        listener_set(IPPROTO_TCP, TCP_NODELAY, 1);
        listener_set(IPPROTO_TCP, TCP_USER_TIMEOUT, 1000);
        ck_assert_int_eq(sys_setsockopt_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, -1), -EINVAL);
        ck_assert_int_eq(sys_setsockopt_int(fd, IPPROTO_TCP, 9999, 1), -ENOPROTOOPT);
        ck_assert_int_eq(sys_setsockopt_int(fd, SOL_SOCKET, 9999, 1), -ENOPROTOOPT);
}
END_TEST

void contract_accepting(TCase *tcase)
{
        tcase_add_test(tcase, nobody_to_accept_is_no_event);
        tcase_add_test(tcase, waiting_connection_is_a_level_until_it_is_accepted);
        tcase_add_test(tcase, listener_that_is_watched_again_tells_of_who_waits);
        tcase_add_test(tcase, connections_are_accepted_in_their_order);
        tcase_add_test(tcase, peer_that_finished_before_is_accepted);
        tcase_add_test(tcase, peer_that_reset_before_is_accepted);
        tcase_add_test(tcase, peer_has_its_address_until_the_connection_is_over);
        tcase_add_test(tcase, backlog_of_none_takes_one);
        tcase_add_test(tcase, closing_the_listener_resets_who_waits_and_leaves_who_was_accepted);
        tcase_add_test(tcase, nobody_listens_any_more_is_refused);
        tcase_add_test(tcase, bound_and_not_listening_is_refused_and_hangs_up);
        tcase_add_test(tcase, lowest_descriptor_is_used_again_at_once);
        tcase_add_test(tcase, without_a_free_descriptor_the_connection_waits);
        tcase_add_test(tcase, options_are_known_or_refused);
}
