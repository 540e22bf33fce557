/* SPDX-License-Identifier: MIT */
#include "bad_server.h"

#include <check.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "place.h"
#include "port.h"

enum { SERVERS_MAX = 4, BACKLOG = 1024 };

static pid_t servers[SERVERS_MAX];

/* Check's handler would end the whole group of processes; and no child outlives its parent. */
static void settle_in(pid_t parent)
{
        signal(SIGTERM, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        signal(SIGPIPE, SIG_IGN);
        signal(SIGCHLD, SIG_IGN);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
                _exit(1);
}

/* Returns as the child; the parent has noted it. */
static bool is_child(void)
{
        pid_t parent = getpid();
        unsigned place = 0;

        while (place < SERVERS_MAX && servers[place] != 0)
                place++;
        ck_assert_uint_lt(place, SERVERS_MAX);
        servers[place] = fork();
        ck_assert_int_ge(servers[place], 0);
        if (servers[place] != 0)
                return false;
        settle_in(parent);
        return true;
}

_Noreturn static void accept_all(int listener, bad_serve *serve)
{
        pid_t parent = getpid();
        int fd;

        while ((fd = accept(listener, NULL, NULL)) >= 0) {
                if (fork() == 0) {
                        settle_in(parent);
                        close(listener);
                        serve(fd);
                        _exit(0);
                }
                close(fd);
        }
        _exit(1);
}

static void serve_connections(int listener, bad_serve *serve)
{
        ck_assert_int_eq(listen(listener, BACKLOG), 0);
        if (is_child())
                accept_all(listener, serve);
        close(listener);
}

static int bind_ip4(int type, uint16_t *ret_port)
{
        struct sockaddr_in address = port_address(0);
        socklen_t size = sizeof(address);
        int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, size), 0);
        ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
        *ret_port = ntohs(address.sin_port);
        return fd;
}

void bad_server_start_tcp(bad_serve *serve, char target[PROBE_TARGET_SIZE])
{
        uint16_t port = 0;
        int listener = bind_ip4(SOCK_STREAM, &port);

        probe_target_tcp(target, port);
        serve_connections(listener, serve);
}

void bad_server_start_unix(bad_serve *serve, const char *path, char target[PROBE_TARGET_SIZE])
{
        struct place place = place_path(path);
        int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        ck_assert_int_ge(listener, 0);
        ck_assert_int_eq(bind(listener, (const struct sockaddr *)&place.address, place.size), 0);
        snprintf(target, PROBE_TARGET_SIZE, "unix:%s", path);
        serve_connections(listener, serve);
}

static void start_datagrams(bad_serve *serve, int takes_batches, char target[PROBE_TARGET_SIZE])
{
        uint16_t port = 0;
        int fd = bind_ip4(SOCK_DGRAM, &port);

        ck_assert_int_eq(
            setsockopt(fd, IPPROTO_UDP, UDP_GRO, &takes_batches, sizeof(takes_batches)), 0);
        probe_target_udp(target, port);
        if (is_child()) {
                serve(fd);
                _exit(0);
        }
        close(fd);
}

void bad_server_start_udp(bad_serve *serve, char target[PROBE_TARGET_SIZE])
{
        start_datagrams(serve, 0, target);
}

void bad_server_start_batches(bad_serve *serve, char target[PROBE_TARGET_SIZE])
{
        start_datagrams(serve, 1, target);
}

void bad_server_stop_all(void)
{
        for (unsigned i = 0; i < SERVERS_MAX; i++) {
                if (servers[i] > 0) {
                        kill(servers[i], SIGKILL);
                        waitpid(servers[i], NULL, 0);
                }
                servers[i] = 0;
        }
}

uint32_t bad_server_read(int fd, void *data, uint32_t size)
{
        ssize_t got = read(fd, data, size);

        return got > 0 ? (uint32_t)got : 0;
}

bool bad_server_write(int fd, const void *data, uint32_t size)
{
        return send(fd, data, size, MSG_NOSIGNAL) == (ssize_t)size;
}

bool bad_server_echo(int fd, uint64_t size)
{
        unsigned char data[65536];

        while (size > 0) {
                uint32_t most = size < sizeof(data) ? (uint32_t)size : sizeof(data);
                uint32_t got = bad_server_read(fd, data, most);
                if (got == 0 || !bad_server_write(fd, data, got))
                        return false;
                size -= got;
        }
        return true;
}

void bad_server_await_bytes(int fd)
{
        struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

        poll(&poll_fd, 1, -1);
}
