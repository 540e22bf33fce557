/* SPDX-License-Identifier: MIT */
/*
 * The server of a hundred tutorials: level-triggered epoll around blocking sockets, one accept a
 * wake-up, read(1024), and a loop that writes until all is written. Nobody else is served while
 * it waits there, and it leaves Nagle's algorithm on, as the tutorials do.
 */
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

enum { BUFFER_SIZE = 1024, EVENT_COUNT = 64 };

static void client_add(int epoll, int listener)
{
        struct epoll_event event = { .events = EPOLLIN };

        event.data.fd = accept(listener, NULL, NULL);
        if (event.data.fd >= 0)
                epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
}

static int write_all(int fd, const char *data, size_t size)
{
        size_t done = 0;

        while (done < size) {
                ssize_t written = write(fd, data + done, size - done);

                if (written < 0)
                        return -1;
                done += (size_t)written;
        }
        return 0;
}

static void client_echo(int fd)
{
        char buffer[BUFFER_SIZE];
        ssize_t size = read(fd, buffer, sizeof(buffer));

        if (size <= 0 || write_all(fd, buffer, (size_t)size) < 0)
                close(fd);
}

int main(int argc, char **argv)
{
        struct sockaddr_in address = peer_start(argc, argv);
        int listener = peer_listen(&address, 0);
        int epoll = epoll_create1(0);
        struct epoll_event event = { .events = EPOLLIN, .data.fd = listener };
        struct epoll_event events[EVENT_COUNT];

        peer_require(epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) == 0, "epoll_ctl");
        for (;;) {
                int count = epoll_wait(epoll, events, EVENT_COUNT, -1);

                for (int i = 0; i < count; i++) {
                        if (events[i].data.fd == listener)
                                client_add(epoll, listener);
                        else
                                client_echo(events[i].data.fd);
                }
        }
}
