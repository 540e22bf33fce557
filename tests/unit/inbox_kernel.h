/* SPDX-License-Identifier: MIT */
/* An inbox before a kernel that tells of each datagram what it is told to. */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <string.h>

#include "core/ensure.h"
#include "core/poison.h"
#include "shell/inbox.h"
#include "shell/sys.h"
#include "suite.h"
#include "support/ips.h"

enum { FD = 7, PORT = 40000, INTERFACE = 3, OPTIONS_MAX = 8 };

/* What one of the datagrams that wait is, and what is told of it. */
struct arrival {
        uint32_t size;
        int flags; /* MSG_* */
        size_t control_size;
        _Alignas(struct cmsghdr) unsigned char control[INBOX_CONTROL_SIZE];
};

struct option {
        int level;
        int name;
};

static struct inbox inbox;
static struct arrival arrivals[INBOX_SLOTS];
static unsigned arrival_count; /* that wait */
static char latest_call;       /* 'p' = the plain one, 's' = the one for several */
static int receive_error;      /* that they return, negative */
static struct option options[OPTIONS_MAX];
static unsigned option_count;
static unsigned refused_option; /* so many options are set before one is refused */

int sys_setsockopt_int(int fd, int level, int name, int value)
{
        ck_assert_int_eq(fd, FD);
        ck_assert_int_eq(value, 1);
        if (option_count == refused_option)
                return -ENOPROTOOPT;
        ensure(option_count < OPTIONS_MAX);
        options[option_count++] = (struct option){ level, name };
        return 0;
}

/* The slot must be whole again, whatever was in it before. */
static inline unsigned fill(struct msghdr *message, const struct arrival *arrival)
{
        struct sockaddr_in peer = { .sin_family = AF_INET, .sin_port = htons(PORT) };

        ck_assert_uint_eq(message->msg_namelen, sizeof(struct sockaddr_in6));
        ck_assert_uint_eq(message->msg_controllen, INBOX_CONTROL_SIZE);
        ck_assert_uint_eq(message->msg_iovlen, 1);
        ck_assert_uint_eq(message->msg_iov->iov_len, INBOX_SLOT_SIZE);
        memcpy(message->msg_name, &peer, sizeof(peer));
        message->msg_namelen = sizeof(peer);
        memcpy(message->msg_control, arrival->control, arrival->control_size);
        message->msg_controllen = arrival->control_size;
        memset(message->msg_iov->iov_base, 'x', arrival->size);
        message->msg_flags = arrival->flags;
        return arrival->size;
}

long sys_recvmsg(int fd, struct msghdr *message)
{
        ck_assert_int_eq(fd, FD);
        latest_call = 'p';
        if (receive_error != 0)
                return receive_error;
        return fill(message, &arrivals[0]);
}

int sys_recvmmsg(int fd, struct mmsghdr *messages, unsigned count)
{
        unsigned got = arrival_count < count ? arrival_count : count;

        ck_assert_int_eq(fd, FD);
        latest_call = 's';
        for (unsigned i = 0; i < got; i++)
                messages[i].msg_len = fill(&messages[i].msg_hdr, &arrivals[i]);
        return receive_error != 0 ? receive_error : (int)got;
}

static inline void start(void)
{
        memset(arrivals, 0, sizeof(arrivals));
        unpoison(&inbox, sizeof(inbox));
        memset(&inbox, 0, sizeof(inbox));
        arrival_count = 0;
        receive_error = 0;
        inbox_init(&inbox);
}

/* One more waits. */
static inline struct arrival *arrive(uint32_t size)
{
        struct arrival *arrival = &arrivals[arrival_count++];

        *arrival = (struct arrival){ .size = size };
        return arrival;
}

static inline void tell(struct arrival *arrival, int level, int type, const void *value,
                        size_t size)
{
        struct cmsghdr *control =
            (struct cmsghdr *)(void *)(arrival->control + arrival->control_size);

        ensure(CMSG_SPACE(size) <= INBOX_CONTROL_SIZE - arrival->control_size);
        *control =
            (struct cmsghdr){ .cmsg_level = level, .cmsg_type = type, .cmsg_len = CMSG_LEN(size) };
        memcpy(CMSG_DATA(control), value, size);
        arrival->control_size += CMSG_SPACE(size);
}

static inline void tell_ip4(struct arrival *arrival, const char *destination, const char *interface)
{
        struct in_pktinfo info = { .ipi_ifindex = INTERFACE };

        ensure(inet_pton(AF_INET, destination, &info.ipi_addr) == 1);
        ensure(inet_pton(AF_INET, interface, &info.ipi_spec_dst) == 1);
        tell(arrival, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
}

static inline void tell_ip6(struct arrival *arrival, const char *destination)
{
        struct in6_pktinfo info = { .ipi6_ifindex = INTERFACE };

        ensure(inet_pton(AF_INET6, destination, &info.ipi6_addr) == 1);
        tell(arrival, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
}

static inline void tell_segment_size(struct arrival *arrival, int size)
{
        tell(arrival, IPPROTO_UDP, UDP_GRO, &size, sizeof(size));
}

static inline void tell_overflows(struct arrival *arrival, uint32_t overflows)
{
        tell(arrival, SOL_SOCKET, SO_RXQ_OVFL, &overflows, sizeof(overflows));
}

static inline const struct inbox_batch *receive(void)
{
        ck_assert_int_eq(inbox_receive(&inbox, FD, 1), 1);
        return &inbox.batches[0];
}

static inline void check_path4(const struct inbox_batch *batch, const char *source)
{
        const struct cmsghdr *control = (const struct cmsghdr *)(const void *)batch->path;
        struct in_pktinfo info;

        ck_assert_uint_eq(batch->path_size, CMSG_SPACE(sizeof(info)));
        ck_assert_int_eq(control->cmsg_level, IPPROTO_IP);
        ck_assert_int_eq(control->cmsg_type, IP_PKTINFO);
        ck_assert_uint_eq(control->cmsg_len, CMSG_LEN(sizeof(info)));
        memcpy(&info, CMSG_DATA(control), sizeof(info));
        ck_assert(ip_is_equal(ip_from_v4(info.ipi_spec_dst), ips_parse(source)));
        ck_assert_int_eq(info.ipi_ifindex, 0);
}

static inline void check_path6(const struct inbox_batch *batch, const char *source,
                               unsigned interface)
{
        const struct cmsghdr *control = (const struct cmsghdr *)(const void *)batch->path;
        struct in6_pktinfo info;

        ck_assert_uint_eq(batch->path_size, CMSG_SPACE(sizeof(info)));
        ck_assert_int_eq(control->cmsg_level, IPPROTO_IPV6);
        ck_assert_int_eq(control->cmsg_type, IPV6_PKTINFO);
        ck_assert_uint_eq(control->cmsg_len, CMSG_LEN(sizeof(info)));
        memcpy(&info, CMSG_DATA(control), sizeof(info));
        ck_assert(ip_is_equal(ip_from_v6(&info.ipi6_addr), ips_parse(source)));
        ck_assert_uint_eq(info.ipi6_ifindex, interface);
}
