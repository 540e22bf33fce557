/* SPDX-License-Identifier: MIT */
#include "probe/segments.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

/* Of IPv4 without options and of IPv6, each with that of UDP. */
enum { HEADER_SIZE_IPV4 = 20 + 8, HEADER_SIZE_IPV6 = 40 + 8 };

/* Aligned as the kernel and CMSG_FIRSTHDR() want it; one value, of two bytes or of four. */
union control {
        struct cmsghdr header;
        unsigned char room[CMSG_SPACE(sizeof(int))];
};

int segments_coalesce(int fd)
{
        int on = 1;

        return setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on)) < 0 ? -errno : 0;
}

static void add_size(struct msghdr *message, union control *control, uint16_t size)
{
        control->header = (struct cmsghdr){
                .cmsg_level = IPPROTO_UDP,
                .cmsg_type = UDP_SEGMENT,
                .cmsg_len = CMSG_LEN(sizeof(size)),
        };
        memcpy(CMSG_DATA(&control->header), &size, sizeof(size));
        message->msg_control = control;
        message->msg_controllen = CMSG_SPACE(sizeof(size));
}

int64_t segments_send(int fd, const struct iovec *parts, uint32_t part_count, uint16_t size)
{
        union control control = { 0 };
        struct msghdr message = {
                .msg_iov = (struct iovec *)(uintptr_t)parts,
                .msg_iovlen = part_count,
        };

        if (size > 0)
                add_size(&message, &control, size);
        ssize_t sent = sendmsg(fd, &message, 0);
        return sent < 0 ? -errno : sent;
}

/* What came alone has no size of its own. */
static uint32_t size_of(struct msghdr *message, uint32_t whole_size)
{
        struct cmsghdr *header = CMSG_FIRSTHDR(message);
        int size = 0;

        if (header == NULL || header->cmsg_level != IPPROTO_UDP || header->cmsg_type != UDP_GRO)
                return whole_size;
        memcpy(&size, CMSG_DATA(header), sizeof(size));
        return size > 0 ? (uint32_t)size : whole_size;
}

int64_t segments_receive(int fd, void *data, uint32_t data_size, uint32_t *ret_size)
{
        union control control;
        struct iovec part = { .iov_base = data, .iov_len = data_size };
        struct msghdr message = {
                .msg_iov = &part,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof(control),
        };
        ssize_t got = recvmsg(fd, &message, 0);

        if (got < 0)
                return -errno;
        *ret_size = size_of(&message, (uint32_t)got);
        return got;
}

int segments_size_most(int fd)
{
        int family = 0;
        int mtu = 0;
        socklen_t size = sizeof(int);

        if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) < 0)
                return -errno;
        bool is_ipv6 = family == AF_INET6;
        if (getsockopt(fd, is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, is_ipv6 ? IPV6_MTU : IP_MTU, &mtu,
                       &size) < 0)
                return -errno;
        int header_size = is_ipv6 ? HEADER_SIZE_IPV6 : HEADER_SIZE_IPV4;
        return mtu > header_size ? mtu - header_size : 0;
}
