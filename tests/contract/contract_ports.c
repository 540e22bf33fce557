/* SPDX-License-Identifier: MIT */
/* Who may bind and listen where, and who gets the connections of a shared port. */
#include "contract.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static int open_with(int option)
{
        int fd = sys_socket_tcp(AF_INET);

        ck_assert_int_ge(fd, 0);
        if (option != 0)
                ck_assert_int_eq(sys_setsockopt_int(fd, SOL_SOCKET, option, 1), 0);
        return fd;
}

static int bind_to(int fd, uint16_t port)
{
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return sys_bind(fd, (struct sockaddr *)&address, sizeof(address));
}

/* What binding a socket with that option gives. */
static int try_bind(int option, uint16_t port)
{
        int fd = open_with(option);
        int error = bind_to(fd, port);

        ck_assert_int_eq(sys_close(fd), 0);
        return error;
}

START_TEST(free_port_has_a_number_that_nobody_else_has)
{
        int fd = listener_bind(0);

        ck_assert_uint_ne(listener_port(fd), 0);
        ck_assert_uint_ne(listener_port(fd), contract.port);
        ck_assert_int_eq(bind_to(fd, 0), -EINVAL);
        ck_assert_int_eq(sys_close(fd), 0);
}
END_TEST

START_TEST(port_in_use_is_refused)
{
        ck_assert_int_eq(try_bind(0, contract.port), -EADDRINUSE);
        ck_assert_int_eq(try_bind(SO_REUSEADDR, contract.port), -EADDRINUSE);
        ck_assert_int_eq(try_bind(SO_REUSEPORT, contract.port), -EADDRINUSE);
}
END_TEST

START_TEST(reusing_addresses_does_not_share_a_listening_port)
{
        listener_set(SOL_SOCKET, SO_REUSEADDR, 1);
        ck_assert_int_eq(try_bind(SO_REUSEADDR, contract.port), -EADDRINUSE);
}
END_TEST

START_TEST(port_that_its_listener_shares_is_refused_to_who_does_not)
{
        listener_set(SOL_SOCKET, SO_REUSEPORT, 1);
        ck_assert_int_eq(try_bind(0, contract.port), -EADDRINUSE);
        ck_assert_int_eq(try_bind(SO_REUSEADDR, contract.port), -EADDRINUSE);
        ck_assert_int_eq(try_bind(SO_REUSEPORT, contract.port), 0);
}
END_TEST

START_TEST(port_is_free_once_its_listener_closed)
{
        listener_close();
        ck_assert_int_eq(try_bind(0, contract.port), 0);
}
END_TEST

START_TEST(address_is_reused_only_if_both_would)
{
        int plain = listener_bind(0);
        int reusing = open_with(SO_REUSEADDR);

        ck_assert_int_eq(try_bind(SO_REUSEADDR, listener_port(plain)), -EADDRINUSE);
        ck_assert_int_eq(bind_to(reusing, 0), 0);
        ck_assert_int_eq(try_bind(0, listener_port(reusing)), -EADDRINUSE);
        ck_assert_int_eq(try_bind(SO_REUSEADDR, listener_port(reusing)), 0);
        ck_assert_int_eq(sys_close(plain), 0);
        ck_assert_int_eq(sys_close(reusing), 0);
}
END_TEST

START_TEST(of_two_that_reuse_an_address_only_the_first_listens)
{
        int first = open_with(SO_REUSEADDR);
        int second = open_with(SO_REUSEADDR);

        ck_assert_int_eq(bind_to(first, 0), 0);
        ck_assert_int_eq(bind_to(second, listener_port(first)), 0);
        ck_assert_int_eq(sys_listen(first, 1), 0);
        ck_assert_int_eq(sys_listen(second, 1), -EADDRINUSE);
        ck_assert_int_eq(sys_close(first), 0);
        ck_assert_int_eq(sys_close(second), 0);
}
END_TEST

/* The order that makes a port in use an error, even where its user shares it. */
START_TEST(first_binds_alone_then_shares_and_all_get_connections)
{
        enum { TRIES_MAX = 40 };
        int fds[] = { listener_bind(0), open_with(SO_REUSEPORT) };
        uint16_t port = listener_port(fds[0]);
        unsigned counts[2] = { 0, 0 };

        ck_assert_int_eq(sys_setsockopt_int(fds[0], SOL_SOCKET, SO_REUSEPORT, 1), 0);
        ck_assert_int_eq(bind_to(fds[1], port), 0);
        for (unsigned i = 0; i < 2; i++) {
                ck_assert_int_eq(sys_listen(fds[i], 8), 0);
                ck_assert_int_eq(sys_poll_set(contract.poll_fd, EPOLL_CTL_ADD, fds[i], EPOLLIN, i),
                                 0);
        }
        for (unsigned try = 0; counts[0] == 0 || counts[1] == 0; try++) {
                struct wire wire = { 0 };
                struct epoll_event event = { 0 };
                ck_assert_uint_lt(try, TRIES_MAX);
                ck_assert_int_eq(peer_connect(&wire.peer, port), 0);
                ck_assert_int_eq(sys_poll_wait(contract.poll_fd, &event, 1, PATIENCE_MS), 1);
                wire.fd = sys_accept(fds[event.data.u64], NULL, NULL);
                ck_assert_int_ge(wire.fd, 0);
                counts[event.data.u64]++;
                wire_close(&wire);
        }
        ck_assert_int_eq(sys_close(fds[0]), 0);
        ck_assert_int_eq(sys_close(fds[1]), 0);
}
END_TEST

/* What binding an IPv6 socket to any address gives; is_possible = this machine has IPv6. */
static int try_bind_ip6(int is_only, uint16_t port, bool *ret_is_possible)
{
        struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
        int fd = sys_socket_tcp(AF_INET6);

        *ret_is_possible = fd >= 0;
        if (fd < 0)
                return fd;
        ck_assert_int_eq(sys_setsockopt_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, is_only), 0);
        int error = sys_bind(fd, (struct sockaddr *)&address, sizeof(address));
        ck_assert_int_eq(sys_close(fd), 0);
        return error;
}

START_TEST(ip6_has_the_port_of_ip4_too_unless_it_is_ip6_only)
{
        bool is_possible = false;
        int error = try_bind_ip6(0, contract.port, &is_possible);

        if (!is_possible)
                return;
        ck_assert_int_eq(error, -EADDRINUSE);
        ck_assert_int_eq(try_bind_ip6(1, contract.port, &is_possible), 0);
}
END_TEST

void contract_ports(TCase *tcase)
{
        tcase_add_test(tcase, free_port_has_a_number_that_nobody_else_has);
        tcase_add_test(tcase, port_in_use_is_refused);
        tcase_add_test(tcase, reusing_addresses_does_not_share_a_listening_port);
        tcase_add_test(tcase, port_that_its_listener_shares_is_refused_to_who_does_not);
        tcase_add_test(tcase, port_is_free_once_its_listener_closed);
        tcase_add_test(tcase, address_is_reused_only_if_both_would);
        tcase_add_test(tcase, of_two_that_reuse_an_address_only_the_first_listens);
        tcase_add_test(tcase, first_binds_alone_then_shares_and_all_get_connections);
        tcase_add_test(tcase, ip6_has_the_port_of_ip4_too_unless_it_is_ip6_only);
}
