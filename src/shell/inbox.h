/* SPDX-License-Identifier: MIT */
/*
 * Receives datagrams: one by recvmsg(2), or up to INBOX_SLOTS by one recvmmsg(2). What the kernel
 * coalesced (UDP_GRO, udp(7)) is one batch: datagrams of one source, sent to one address.
 *
 * Everything that is received stays valid, and is written to by nobody, until the next call.
 */
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "core/ip.h"

/* A slot holds what any datagram or batch can be: their sizes have 16 bits. */
enum { INBOX_SLOTS = 16, INBOX_SLOT_SIZE = 64 * 1024 };

/* Bytes of the control message that pins the address which an answer leaves from. */
enum { INBOX_PATH_SIZE = CMSG_SPACE(sizeof(struct in6_pktinfo)) };

/* Likewise of all that the kernel tells: on a dual-stack socket it tells both families' address. */
enum {
        INBOX_CONTROL_SIZE = CMSG_SPACE(sizeof(struct in_pktinfo)) +
                             CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int)) +
                             CMSG_SPACE(sizeof(uint32_t)),
};

struct inbox_batch {
        const unsigned char *data;
        uint32_t size;            /* bytes of all its datagrams */
        uint32_t segment_size;    /* of each of them, but the last may have fewer; = size if one */
        struct sockaddr_in6 peer; /* or a sockaddr_in: what sendmsg(2) takes */
        uint32_t peer_size;
        struct ip destination; /* where it was sent, if the kernel told, else not written */
        uint32_t path_size;    /* 0 = the kernel did not tell */
        _Alignas(struct cmsghdr) unsigned char path[INBOX_PATH_SIZE]; /* for the answer */
        uint32_t overflows; /* that the socket had so far, if has_overflows */
        bool has_overflows;
        bool is_truncated;
        bool is_broadcast;
};

/* The kernel's view of a slot. */
struct inbox_slot {
        struct iovec vector;
        _Alignas(struct cmsghdr) unsigned char control[INBOX_CONTROL_SIZE];
};

struct inbox {
        _Alignas(64) unsigned char data[INBOX_SLOTS][INBOX_SLOT_SIZE];
        struct mmsghdr headers[INBOX_SLOTS];
        struct inbox_slot slots[INBOX_SLOTS];
        struct inbox_batch batches[INBOX_SLOTS];
};

/* Options without which the kernel tells less; before bind(2), which starts reception. */
__attribute__((warn_unused_result)) int inbox_prepare(int fd, int family, bool is_wildcard);

/* For memory that is all zero. */
void inbox_init(struct inbox *inbox);

/*
 * Receives into inbox->batches: at most `most`, which is 1, for the plain call, to
 * INBOX_SLOTS. How many there are, or -errno: -EAGAIN = none waits.
 */
int inbox_receive(struct inbox *inbox, int fd, unsigned most);

/* Nothing of it is needed any more: who still looks at it is caught by the sanitizer. */
void inbox_done(struct inbox *inbox, unsigned count);
