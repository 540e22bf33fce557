/* SPDX-License-Identifier: MIT */
/*
 * The reference for datagrams that come together: level-triggered epoll, and one recvmmsg of up to
 * 16 and one sendmmsg of as many an event.
 */
#include <sys/epoll.h>
#include <sys/socket.h>

#include "peer.h"

enum { BUFFER_SIZE = 65536, MESSAGE_COUNT = 16 };

static char buffers[MESSAGE_COUNT][BUFFER_SIZE];
static struct sockaddr_storage addresses[MESSAGE_COUNT];
static struct iovec parts[MESSAGE_COUNT];
static struct mmsghdr messages[MESSAGE_COUNT];

static void messages_init(void)
{
        for (int i = 0; i < MESSAGE_COUNT; i++) {
                parts[i] = (struct iovec){ .iov_base = buffers[i], .iov_len = BUFFER_SIZE };
                messages[i].msg_hdr = (struct msghdr){
                        .msg_name = &addresses[i],
                        .msg_namelen = sizeof(addresses[i]),
                        .msg_iov = &parts[i],
                        .msg_iovlen = 1,
                };
        }
}

/* What the kernel has no room for is lost, as datagrams are; the others go on behind it. */
static void messages_send(int fd, unsigned count)
{
        unsigned done = 0;

        while (done < count) {
                int sent = sendmmsg(fd, messages + done, count - done, 0);

                done += sent > 0 ? (unsigned)sent : 1;
        }
}

static void messages_echo(int fd)
{
        int count = recvmmsg(fd, messages, MESSAGE_COUNT, 0, NULL);

        if (count <= 0)
                return;
        for (int i = 0; i < count; i++)
                parts[i].iov_len = messages[i].msg_len;
        messages_send(fd, (unsigned)count);
        for (int i = 0; i < count; i++) {
                parts[i].iov_len = BUFFER_SIZE;
                messages[i].msg_hdr.msg_namelen = sizeof(addresses[i]);
        }
}

int main(int argc, char **argv)
{
        struct sockaddr_in address = peer_start(argc, argv);
        int fd = peer_bind_udp(&address);
        int epoll = epoll_create1(EPOLL_CLOEXEC);
        struct epoll_event event = { .events = EPOLLIN };

        messages_init();
        peer_require(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
        for (;;) {
                if (epoll_wait(epoll, &event, 1, -1) > 0)
                        messages_echo(fd);
        }
}
