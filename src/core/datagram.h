/* SPDX-License-Identifier: MIT */
/*
 * Whether a datagram is answered, and if not, why. An answer is the same bytes, sent from where the
 * datagram went to where it came from: never more than came. A drop is silent, and counted by its
 * one reason.
 *
 * UDP lets anybody put any source on a datagram, so an answer may hit somebody who asked for
 * nothing, and if that is a service that answers in turn, the two talk for ever. What can be told
 * by looking is refused by looking: what nobody sends from, ourselves, the ports of services; and
 * so is whom the operator does not want. The rest is bounded, by the rate of its source and by the
 * loop guard. A loopback source that comes from elsewhere is not looked for: the kernel drops it.
 */
#pragma once

#include "core/access.h"
#include "core/bucket.h"
#include "core/loop_guard.h"

/* In the order of the checks: the first that applies is the reason, and none behind it is made. */
enum datagram_drop {
        DATAGRAM_DROP_NONE,               /* it is answered */
        DATAGRAM_DROP_TRUNCATED,          /* the kernel had more bytes than there was room for */
        DATAGRAM_DROP_PORT_ZERO,          /* nobody can be answered there */
        DATAGRAM_DROP_UNSPECIFIED_SOURCE, /* 0.0.0.0/8, :: */
        DATAGRAM_DROP_MULTICAST_SOURCE,
        DATAGRAM_DROP_BROADCAST_SOURCE, /* 255.0.0.0/8, or that of a network of ours */
        DATAGRAM_DROP_MULTICAST,        /* it was sent to a group: many would answer */
        DATAGRAM_DROP_BROADCAST,
        DATAGRAM_DROP_SELF,     /* the source is a socket of ours, or would be */
        DATAGRAM_DROP_LOW_PORT, /* below 1024, or 2049: a service, not a client */
        DATAGRAM_DROP_ACCESS,   /* of all that can be sent, that source's is not wanted */
        DATAGRAM_DROP_RATE,
        DATAGRAM_DROP_LOOP, /* left unanswered on purpose */
        /* The shell's: it was to be answered. */
        DATAGRAM_DROP_SEND_BUFFER, /* the kernel has no room for the answer now */
        DATAGRAM_DROP_SEND_ERROR,  /* the kernel refuses it */
        DATAGRAM_DROP_COUNT,
};

struct datagram {
        struct ip source;
        struct ip destination; /* where the sender sent it, as the kernel tells */
        const unsigned char *payload;
        uint32_t payload_size;
        uint16_t source_port;
        bool is_truncated;
        bool is_broadcast; /* the kernel tells that it came by broadcast, whatever the address */
};

/* One that this process receives datagrams at, by a socket that takes one family or both. */
struct datagram_port {
        uint16_t number;
        bool takes_ip4;
        bool takes_ip6;
};

/*
 * What is known of this host, and what a listener grants. All of it is borrowed for as long as the
 * rules are used. All zero = nothing is known, no limit, low ports refused.
 */
struct datagram_rules {
        const struct datagram_port *ports;
        uint32_t port_count;
        bool grants_low_ports;
        struct ip_set own;                /* the addresses of our interfaces; loopback is known */
        struct ip_set broadcasts;         /* and their broadcast addresses */
        const struct access_list *access; /* NULL = everybody may */
        struct bucket_table *buckets;     /* NULL = no limit of the rate */
        struct loop_guard *guard;         /* NULL = loops are left alone */
};

/*
 * A datagram that comes as far as the last two checks takes a token, and counts as a repeat,
 * whatever becomes of it.
 */
enum datagram_drop datagram_decide(const struct datagram *datagram,
                                   const struct datagram_rules *rules, uint64_t now_ns);
