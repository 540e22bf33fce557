/* SPDX-License-Identifier: MIT */
/*
 * The reference for datagrams that come one by one: level-triggered epoll, and one recvfrom and one
 * sendto an event. A second recvfrom, to learn that there is no more, would cost 10 % of a
 * datagram.
 */
#include <sys/epoll.h>
#include <sys/socket.h>

#include "peer.h"

enum { BUFFER_SIZE = 65536 };

static char buffer[BUFFER_SIZE];

static void datagram_echo(int fd)
{
        struct sockaddr_storage from;
        socklen_t from_size = sizeof(from);
        ssize_t size = recvfrom(fd, buffer, BUFFER_SIZE, 0, (struct sockaddr *)&from, &from_size);

        /* An answer that the kernel has no room for is lost, as datagrams are. */
        if (size >= 0)
                sendto(fd, buffer, (size_t)size, 0, (const struct sockaddr *)&from, from_size);
}

int main(int argc, char **argv)
{
        struct sockaddr_in address = peer_start(argc, argv);
        int fd = peer_bind_udp(&address);
        int epoll = epoll_create1(EPOLL_CLOEXEC);
        struct epoll_event event = { .events = EPOLLIN };

        peer_require(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
        for (;;) {
                if (epoll_wait(epoll, &event, 1, -1) > 0)
                        datagram_echo(fd);
        }
}
