/* SPDX-License-Identifier: MIT */
/*
 * The book of one socket's datagrams: which were sent, which came back, lost, twice or out of
 * order, and how long each took. Pure: it knows neither socket nor clock.
 *
 * The first eight bytes of a datagram, or all if it is shorter, are its number, lowest byte first;
 * the rest is the payload of a stream of its own. An answer is right if it is that datagram again,
 * byte for byte. One that is not back in time is lost, for good: an answer that comes later is
 * verified and otherwise passed over.
 *
 * Closed loop: at most `depth` datagrams are awaited, and `batch` of them are sent together, or the
 * last ones of all. Open loop: as in stream.h, as many together as are due.
 *
 * The caller owns the struct and `sent_ns`, and keeps both as long as the book is used.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "probe/pace.h"
#include "probe/result.h"

enum { DATAGRAMS_HEAD_SIZE = 8 };

struct datagrams {
        uint64_t number;       /* which socket: its payload differs, and its part of the schedule */
        uint64_t next;         /* number of the next datagram to send */
        uint64_t oldest;       /* all before are settled: answered or lost */
        uint64_t awaited;      /* neither answered nor lost */
        uint64_t answered_end; /* highest number answered, plus one */
        uint64_t limit;        /* datagrams that may be sent in all */
        uint64_t last_latency_ns;
        uint64_t *sent_ns; /* when each of the last `window` was sent; private marks if settled */
        const struct pace *pace; /* NULL = closed loop */
        uint64_t stride;         /* sockets that share the schedule */
        uint32_t window; /* a power of two, depth at least; at most datagrams_window_most() */
        uint32_t depth;
        uint32_t batch; /* 1 to depth; an open loop has no use for it */
        uint32_t size;  /* bytes of a datagram, 0 to 65,507 */
};

/* The largest window in which datagrams of that size can be told apart: 2^31 from four bytes on. */
uint32_t datagrams_window_most(uint32_t size);

/* How many may be sent at that time. */
uint64_t datagrams_sendable(const struct datagrams *datagrams, uint64_t now_ns);

/*
 * Writes the head of the next datagram, or of the one that is so many `ahead` of it; the rest is at
 * *ret_rest. Returns the head's size.
 */
uint32_t datagrams_next(const struct datagrams *datagrams, uint32_t ahead,
                        unsigned char head[DATAGRAMS_HEAD_SIZE], const unsigned char **ret_rest);

/* The next datagram was sent. If the window is full, the oldest is lost. */
void datagrams_sent(struct datagrams *datagrams, uint64_t now_ns, struct result *result);

/* A datagram came; false if it is not one that was sent, byte for byte. */
bool datagrams_received(struct datagrams *datagrams, const unsigned char *data, uint32_t size,
                        uint64_t now_ns, struct result *result);

/* Those sent at `before_ns` or earlier and not answered are lost. */
void datagrams_expire(struct datagrams *datagrams, uint64_t before_ns, struct result *result);

void datagrams_stop(struct datagrams *datagrams);
