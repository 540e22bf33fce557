/* SPDX-License-Identifier: MIT */
#include "port.h"

#include <check.h>
#include <errno.h>
#include <unistd.h>

#include "limit.h"

struct sockaddr_in port_address(uint16_t port)
{
        return (struct sockaddr_in){ .sin_family = AF_INET,
                                     .sin_port = htons(port),
                                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int open_socket(void)
{
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        ck_assert(fd >= 0);
        return fd;
}

static uint16_t bind_any(int fd)
{
        struct sockaddr_in address = port_address(0);
        socklen_t size = sizeof(address);

        ck_assert(bind(fd, (struct sockaddr *)&address, size) == 0);
        ck_assert(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
        return ntohs(address.sin_port);
}

uint16_t port_reserve(int *ret_fd)
{
        int one = 1;

        *ret_fd = open_socket();
        ck_assert(setsockopt(*ret_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0);
        return bind_any(*ret_fd);
}

int port_hold(uint16_t port)
{
        struct sockaddr_in address = port_address(port);
        int fd = open_socket();
        int one = 1;

        /* By the second it gets in beside the workers, by the first the next ones beside it. */
        ck_assert(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0);
        ck_assert(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) == 0);
        ck_assert(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
        return fd;
}

uint16_t port_occupy(int *ret_fd)
{
        *ret_fd = open_socket();
        uint16_t port = bind_any(*ret_fd);
        ck_assert(listen(*ret_fd, 1) == 0);
        return port;
}

static int bind_udp(struct sockaddr_in *address)
{
        socklen_t size = sizeof(*address);
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        ck_assert(fd >= 0);
        int error = bind(fd, (struct sockaddr *)address, size) < 0 ? errno : 0;
        ck_assert(getsockname(fd, (struct sockaddr *)address, &size) == 0);
        close(fd);
        return error;
}

uint16_t port_find_udp(void)
{
        struct sockaddr_in address = port_address(0);

        ck_assert(bind_udp(&address) == 0);
        return ntohs(address.sin_port);
}

void port_await_udp(uint16_t port)
{
        struct limit limit = limit_start();
        struct sockaddr_in address = port_address(port);

        while (bind_udp(&address) != EADDRINUSE) {
                ck_assert_msg(limit_left_ms(&limit) > 0, "nobody has port %u", port);
                limit_pause();
        }
}

bool port_is_refused(uint16_t port)
{
        struct sockaddr_in address = port_address(port);
        int fd = open_socket();
        int error = connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? errno : 0;

        close(fd);
        return error == ECONNREFUSED;
}

void port_await_refusal(uint16_t port)
{
        struct limit limit = limit_start();

        while (!port_is_refused(port)) {
                ck_assert_msg(limit_left_ms(&limit) > 0, "port %u is still listened on", port);
                limit_pause();
        }
}

void port_await(uint16_t port)
{
        struct limit limit = limit_start();

        while (port_is_refused(port)) {
                ck_assert_msg(limit_left_ms(&limit) > 0, "nobody listens on port %u", port);
                limit_pause();
        }
}
