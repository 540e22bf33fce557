/* SPDX-License-Identifier: MIT */
/*
 * One turn of one connection: moves bytes between the kernel and the core, and keeps the cached
 * readiness true. A turn is at most one flush, one read and one write, so no connection holds up
 * the others; what is left is done in the next round.
 *
 * Readiness under edge triggering (epoll(7)): an edge sets it, EAGAIN or a short count clears it.
 * A short read is no proof while an alert was seen: recv stops at a TCP urgent mark, and the end
 * of the stream sends no further edge; then only EAGAIN clears it. On a Unix socket a short read
 * never is: passed descriptors and urgent data end a recv early (unix(7)). A connection reads only
 * while it is writable: nobody needs bytes that cannot leave.
 */
#pragma once

#include "core/counters.h"
#include "shell/teller.h"

struct pump {
        struct spill_pool *pool;
        struct counters *counters;
        const struct teller *teller;
        unsigned char *scratch;
        uint32_t scratch_size; /* bytes; = the pool's block size */
};

/* Bytes that a turn without a free block looks at. */
#define PUMP_PEEK_SIZE ((uint32_t)64 * 1024)

/*
 * What a connection is registered for, edge-triggered. TCP for all, once. A Unix socket would tell
 * EPOLLOUT at each read of its peer, so that is asked for only while there is no room.
 */
uint32_t pump_events(const struct conn *conn);

/* Notes EPOLL* events of the connection's descriptor. */
void pump_notice(struct conn *conn, uint32_t events);

/* True when a turn would get something done. */
bool pump_is_ready(const struct conn *conn);

/* An errno of recv: it passes, and readiness is what it says; or the connection is over. */
void pump_note_read_error(struct conn *conn, int error);

/* One turn, of who wants no HEADER. Afterwards nothing is borrowed; it may want CLOSE. */
void pump_turn(struct pump *pump, struct conn *conn, uint64_t now_ns);
