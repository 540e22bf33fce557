/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "support/payload.h"

enum {
        DESCRIPTORS = 128,
        BUFFER_SIZE = 128 * 1024,
        CHUNK_SIZE = 65536,
        PATIENCE_MS = 5000, /* until what must come is given up */
        SILENCE_MS = 50,    /* how long what must not come is waited for */
};

static uint32_t stream_count;
static unsigned char buffer[CHUNK_SIZE];

void kernel_open(void)
{
        struct rlimit limit = { 0 };

        stream_count = 0;
        ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
        limit.rlim_cur = DESCRIPTORS;
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

void kernel_close(void)
{
}

/* A timer's interrupt may be handled on another CPU, a moment after its time. */
void kernel_await(uint64_t deadline_ns)
{
        const uint64_t second_ns = 1000000000;
        uint64_t until_ns = deadline_ns + second_ns / 1000;
        struct timespec until = { .tv_sec = (time_t)(until_ns / second_ns),
                                  .tv_nsec = (long)(until_ns % second_ns) };

        ck_assert_int_eq(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL), 0);
}

static void set(int fd, int name, int value)
{
        ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, name, &value, sizeof(value)), 0);
}

void kernel_shrink_buffers(int listen_fd)
{
        set(listen_fd, SO_SNDBUF, BUFFER_SIZE);
        set(listen_fd, SO_RCVBUF, BUFFER_SIZE);
}

/* The events; 0 = none in time. */
static int await(int fd, short events, int timeout_ms)
{
        struct pollfd waiting = { .fd = fd, .events = events };

        return poll(&waiting, 1, timeout_ms) == 1 ? waiting.revents : 0;
}

/* A socket that begins to connect, or is refused at once. */
static int begin(uint16_t port, int *ret_fd)
{
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        ck_assert_int_ge(fd, 0);
        set(fd, SO_SNDBUF, BUFFER_SIZE);
        set(fd, SO_RCVBUF, BUFFER_SIZE);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        *ret_fd = fd;
        return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : -errno;
}

int peer_connect(struct peer *peer, uint16_t port)
{
        int fd = -1;
        int error = begin(port, &fd);
        socklen_t size = sizeof(error);

        *peer = (struct peer){ .handle = -1 };
        if (error == -EINPROGRESS) {
                ck_assert_int_ne(await(fd, POLLOUT, PATIENCE_MS), 0);
                ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size), 0);
                error = -error;
        }
        if (error < 0) {
                close(fd);
                return error;
        }
        *peer = (struct peer){ .handle = fd, .stream = stream_count++ };
        return 0;
}

/* An abstract name: it leaves no file behind (unix(7)). */
static socklen_t name(struct sockaddr_un *ret_address, uint16_t number)
{
        *ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
        int size = snprintf(ret_address->sun_path + 1, sizeof(ret_address->sun_path) - 1,
                            "echod-contract-%d-%d", (int)getpid(), number);
        return (socklen_t)(sizeof(ret_address->sun_family) + 1 + (size_t)size);
}

int kernel_listen_unix(uint16_t *ret_port)
{
        static uint16_t number;
        struct sockaddr_un address;
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        *ret_port = ++number;
        socklen_t size = name(&address, number);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
        ck_assert_int_eq(listen(fd, 64), 0);
        return fd;
}

void peer_connect_unix(struct peer *peer, uint16_t port)
{
        struct sockaddr_un address;
        socklen_t size = name(&address, port);
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, size), 0);
        *peer = (struct peer){ .handle = fd, .stream = stream_count++, .is_unix = true };
}

bool peer_is_unanswered(uint16_t port)
{
        int fd = -1;
        bool is_under_way = begin(port, &fd) == -EINPROGRESS;
        int events = await(fd, POLLOUT, SILENCE_MS);

        close(fd);
        return is_under_way && events == 0;
}

/*
 * What is acknowledged has arrived. No descriptor tells of it, so it is asked for now and then.
 * Between Unix sockets it is there when it was sent.
 */
static void await_arrival(const struct peer *peer)
{
        int left = !peer->is_unix;

        for (int ms = 0; left > 0; ms++) {
                ck_assert_int_lt(ms, PATIENCE_MS);
                ck_assert_int_eq(ioctl(peer->handle, SIOCOUTQ, &left), 0);
                if (left > 0)
                        (void)poll(NULL, 0, 1);
        }
}

static uint32_t transmit(struct peer *peer, uint32_t size, int flags)
{
        uint32_t part = size < CHUNK_SIZE ? size : CHUNK_SIZE;

        payload_fill(buffer, part, peer->stream, peer->sent);
        ssize_t sent = send(peer->handle, buffer, part, MSG_NOSIGNAL | MSG_DONTWAIT | flags);
        if (sent < 0) {
                ck_assert_int_eq(errno, EAGAIN);
                return 0;
        }
        peer->sent += (uint64_t)sent;
        return (uint32_t)sent;
}

void peer_send(struct peer *peer, uint32_t size)
{
        for (uint32_t done = 0; done < size; done += transmit(peer, size - done, 0))
                ck_assert_int_ne(await(peer->handle, POLLOUT, PATIENCE_MS), 0);
        await_arrival(peer);
}

void peer_send_urgent(struct peer *peer, uint32_t size)
{
        ck_assert_uint_eq(transmit(peer, size, MSG_OOB), size);
        await_arrival(peer);
}

uint32_t peer_send_some(struct peer *peer, uint32_t size)
{
        return transmit(peer, size, 0);
}

void peer_send_in_vain(struct peer *peer)
{
        ck_assert_uint_eq(transmit(peer, 1, 0), 1);
}

void peer_receive(struct peer *peer, uint64_t size)
{
        for (uint64_t end = peer->received + size; peer->received < end;) {
                uint64_t left = end - peer->received;
                ck_assert_int_ne(await(peer->handle, POLLIN, PATIENCE_MS), 0);
                ssize_t got = recv(peer->handle, buffer, left < CHUNK_SIZE ? left : CHUNK_SIZE, 0);
                ck_assert_int_gt(got, 0);
                ck_assert(payload_matches(buffer, (uint32_t)got, peer->stream, peer->received));
                peer->received += (uint64_t)got;
        }
}

static int fetch_error(const struct peer *peer)
{
        int error = 0;
        socklen_t size = sizeof(error);

        ck_assert_int_eq(getsockopt(peer->handle, SOL_SOCKET, SO_ERROR, &error, &size), 0);
        return error;
}

void peer_expect_end(struct peer *peer)
{
        ck_assert_int_ne(await(peer->handle, POLLIN, PATIENCE_MS), 0);
        ck_assert_int_eq(recv(peer->handle, buffer, 1, 0), 0);
        ck_assert_int_eq(fetch_error(peer), 0);
}

/* EPIPE is how a reset is told to whoever had seen the end before. */
void peer_expect_reset(struct peer *peer)
{
        ck_assert_int_ne(await(peer->handle, 0, PATIENCE_MS) & POLLERR, 0);
        int error = fetch_error(peer);
        ck_assert(error == ECONNRESET || error == EPIPE);
}

/* A connection that was reset cannot be shut down, and needs not. */
void peer_finish(struct peer *peer)
{
        if (shutdown(peer->handle, SHUT_WR) == 0)
                await_arrival(peer);
        else
                ck_assert_int_eq(errno, ENOTCONN);
}

void peer_close(struct peer *peer)
{
        int unread = 0;

        ck_assert_int_eq(ioctl(peer->handle, SIOCINQ, &unread), 0);
        if (unread == 0 && !peer->is_unix)
                peer_finish(peer);
        ck_assert_int_eq(close(peer->handle), 0);
        peer->handle = -1;
}

void peer_reset(struct peer *peer)
{
        struct linger linger = { .l_onoff = 1, .l_linger = 0 };

        ck_assert_int_eq(setsockopt(peer->handle, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)),
                         0);
        ck_assert_int_eq(close(peer->handle), 0);
        peer->handle = -1;
}
