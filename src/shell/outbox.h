/* SPDX-License-Identifier: MIT */
/*
 * Sends answers: those that follow each other on one way, of one size but the last, leave as one
 * message that the kernel cuts up (UDP_SEGMENT, udp(7)); all messages leave by one sendmmsg(2).
 * Payload is borrowed until outbox_flush().
 *
 * Nothing waits. Each answer that was put is sent or dropped, and counted, by the time the outbox
 * is empty again: a full send buffer takes none of those that are left.
 */
#pragma once

#include "core/counters.h"
#include "shell/inbox.h"

enum {
        OUTBOX_MESSAGES = 64,
        OUTBOX_VECTORS = 256,
        OUTBOX_SEGMENTS_MAX = 64,        /* of a message: what all kernels take */
        OUTBOX_MESSAGE_SIZE_MAX = 65507, /* bytes of payload: the most that IPv4 can carry */
};

struct outbox_message {
        const struct inbox_batch *batch; /* whose way it goes */
        struct iovec *vectors;
        uint32_t vector_count;
        uint32_t segment_size; /* bytes, of each datagram, but the last may have fewer */
        uint32_t segment_count;
        uint32_t size; /* bytes, of all */
        _Alignas(struct cmsghdr) unsigned char control[INBOX_PATH_SIZE + CMSG_SPACE(2)];
};

struct outbox {
        struct counters *counters;
        int fd;
        unsigned count;
        unsigned vector_count;
        unsigned interruptions; /* since it began */
        struct mmsghdr headers[OUTBOX_MESSAGES];
        struct outbox_message messages[OUTBOX_MESSAGES];
        struct iovec vectors[OUTBOX_VECTORS];
};

/* Answers leave by `fd` from now on; it is empty. */
void outbox_begin(struct outbox *outbox, int fd, struct counters *counters);

/* Answers a datagram of that batch; what is there already leaves first if there is no room. */
void outbox_put(struct outbox *outbox, const struct inbox_batch *batch, const unsigned char *data,
                uint32_t size);

/* Everything leaves. */
void outbox_flush(struct outbox *outbox);
