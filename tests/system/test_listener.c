/* SPDX-License-Identifier: MIT */
/* What an accepted socket has without a call of its own, and what errors of accept(2) mean. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include "client.h"
#include "shell/listener.h"
#include "shell/sys.h"
#include "suite.h"

static const uint64_t second_ns = 1000000000;

static int accept_one(uint64_t stall_ns)
{
        struct sockaddr_in address = { .sin_family = AF_INET };
        uint32_t size = sizeof(address);
        struct client client;

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        struct listener_setup setup = { .address = (struct sockaddr *)&address,
                                        .address_size = sizeof(address),
                                        .stall_ns = stall_ns };
        int listen_fd = -1;
        ck_assert_int_eq(listener_open(&setup, &listen_fd, 1), 0);
        ck_assert_int_eq(sys_getsockname(listen_fd, (struct sockaddr *)&address, &size), 0);
        client_connect(&client, ntohs(address.sin_port), 1);
        struct pollfd waiting = { .fd = listen_fd, .events = POLLIN };
        ck_assert_int_eq(poll(&waiting, 1, -1), 1);
        int fd = sys_accept(listen_fd, NULL, NULL);
        ck_assert_int_ge(fd, 0);
        client_close(&client);
        sys_close(listen_fd);
        return fd;
}

static int option(int fd, int level, int name)
{
        int value = -1;
        socklen_t size = sizeof(value);

        ck_assert_int_eq(getsockopt(fd, level, name, &value, &size), 0);
        return value;
}

START_TEST(accepted_socket_inherits_every_option)
{
        int fd = accept_one(5 * second_ns + 1);

        ck_assert_int_eq(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
        ck_assert_int_eq(option(fd, SOL_SOCKET, SO_OOBINLINE), 1);
        ck_assert_int_eq(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
        ck_assert_int_eq(option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT), LISTENER_NOTSENT_SIZE);
        /* Rounded up to ms, and twice that: the kernel must not give up before echod does. */
        ck_assert_int_eq(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 10002);
        sys_close(fd);
}
END_TEST

START_TEST(no_stall_timeout_leaves_the_kernel_its_own)
{
        int fd = accept_one(0);

        ck_assert_int_eq(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
        sys_close(fd);
}
END_TEST

START_TEST(stall_timeout_beyond_what_the_kernel_counts_is_the_most_it_can)
{
        int fd = accept_one(UINT64_MAX);

        ck_assert_int_eq(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), INT32_MAX);
        sys_close(fd);
}
END_TEST

START_TEST(errors_of_accept_are_known_by_what_they_ask_for)
{
        static const struct {
                int error;
                enum counters_accept_error kind;
        } cases[] = {
                { ECONNABORTED, ACCEPT_GONE },
                { EPROTO, ACCEPT_GONE },
                { EPERM, ACCEPT_GONE },
                { ENETDOWN, ACCEPT_GONE },
                { ENOPROTOOPT, ACCEPT_GONE },
                { EHOSTDOWN, ACCEPT_GONE },
                { ENONET, ACCEPT_GONE },
                { EHOSTUNREACH, ACCEPT_GONE },
                { EOPNOTSUPP, ACCEPT_GONE },
                { ENETUNREACH, ACCEPT_GONE },
                { ETIMEDOUT, ACCEPT_GONE },
                { EMFILE, ACCEPT_NO_DESCRIPTORS },
                { ENFILE, ACCEPT_NO_DESCRIPTORS },
                { ENOBUFS, ACCEPT_NO_MEMORY },
                { ENOMEM, ACCEPT_NO_MEMORY },
                { EBADF, ACCEPT_OTHER },
        };

        for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                ck_assert_int_eq(listener_classify(cases[i].error), cases[i].kind);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("listener");

        tcase_add_test(tcase, accepted_socket_inherits_every_option);
        tcase_add_test(tcase, no_stall_timeout_leaves_the_kernel_its_own);
        tcase_add_test(tcase, stall_timeout_beyond_what_the_kernel_counts_is_the_most_it_can);
        tcase_add_test(tcase, errors_of_accept_are_known_by_what_they_ask_for);
        return suite_run(tcase);
}
