/* SPDX-License-Identifier: MIT */
/*
 * The reference: level-triggered epoll, tuned by hand. One recv and one send a message through
 * one shared buffer; a connection has memory and EPOLLOUT of its own only between a short write
 * and the end of it, and is not read from meanwhile. An idle one costs a slot of 24 bytes.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

enum { BUFFER_SIZE = 65536, EVENT_COUNT = 256 };

/* What a client has not taken yet: bytes sent..size of data; no data if there is none. */
struct pending {
        char *data;
        size_t size;
        size_t sent;
};

static char buffer[BUFFER_SIZE];
static struct pending *pendings; /* by descriptor */
static int epoll;

static void client_close(int fd)
{
        free(pendings[fd].data);
        pendings[fd].data = NULL;
        close(fd);
}

static void client_watch(int fd, int operation, uint32_t mask)
{
        struct epoll_event event = { .events = mask, .data.fd = fd };

        if (epoll_ctl(epoll, operation, fd, &event) < 0)
                client_close(fd);
}

static void clients_accept(int listener)
{
        for (;;) {
                int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

                if (fd < 0)
                        return;
                peer_set_nodelay(fd);
                client_watch(fd, EPOLL_CTL_ADD, EPOLLIN);
        }
}

static void client_hold(int fd, const char *data, size_t size)
{
        struct pending *pending = &pendings[fd];

        *pending = (struct pending){ .data = malloc(size), .size = size };
        peer_require(pending->data != NULL, "malloc");
        memcpy(pending->data, data, size);
        client_watch(fd, EPOLL_CTL_MOD, EPOLLOUT);
}

static void client_flush(int fd)
{
        struct pending *pending = &pendings[fd];
        ssize_t sent = send(fd, pending->data + pending->sent, pending->size - pending->sent, 0);

        if (sent < 0) {
                if (errno != EAGAIN)
                        client_close(fd);
                return;
        }
        pending->sent += (size_t)sent;
        if (pending->sent < pending->size)
                return;
        free(pending->data);
        pending->data = NULL;
        client_watch(fd, EPOLL_CTL_MOD, EPOLLIN);
}

static void client_echo(int fd)
{
        ssize_t size = recv(fd, buffer, BUFFER_SIZE, 0);
        ssize_t sent = 0;

        if (size < 0 && errno == EAGAIN)
                return;
        if (size > 0)
                sent = send(fd, buffer, (size_t)size, 0);
        if (sent < 0 && errno == EAGAIN)
                sent = 0;
        else if (size <= 0 || sent < 0) {
                client_close(fd);
                return;
        }
        if (sent < size)
                client_hold(fd, buffer + sent, (size_t)(size - sent));
}

int main(int argc, char **argv)
{
        struct sockaddr_in address = peer_start(argc, argv);
        struct epoll_event events[EVENT_COUNT];
        struct rlimit limit;
        int listener = peer_listen(&address, SOCK_NONBLOCK | SOCK_CLOEXEC);

        peer_require(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
        pendings = calloc(limit.rlim_cur, sizeof(*pendings));
        peer_require(pendings != NULL, "calloc");
        epoll = epoll_create1(EPOLL_CLOEXEC);
        client_watch(listener, EPOLL_CTL_ADD, EPOLLIN);
        for (;;) {
                int count = epoll_wait(epoll, events, EVENT_COUNT, -1);

                for (int i = 0; i < count; i++) {
                        int fd = events[i].data.fd;

                        if (fd == listener)
                                clients_accept(listener);
                        else if (pendings[fd].data != NULL)
                                client_flush(fd);
                        else
                                client_echo(fd);
                }
        }
}
