/* SPDX-License-Identifier: MIT */
/*
 * What a worker has to tell the operator: fixed records in a bounded ring between one thread that
 * puts (a worker) and one that takes (main). Neither ever waits: a full ring loses the newest
 * record and counts it. The caller owns the memory.
 *
 * Sleeping and waking: the taker sleeps only after events_take() said that there is nothing, and
 * the putter wakes it when events_put() says EVENTS_PUT_FIRST. No wake-up is lost: each side first
 * stores its own index and then loads the other's, all four sequentially consistent. So when the
 * taker does not see a record, the putter of that record sees a ring that was empty before it. The
 * taker must clear what woke it (read the eventfd) before it takes, not after; and one that stops
 * before it was told that there is nothing must come back by itself: nobody will wake it.
 */
#pragma once

#include <stdatomic.h>

#include "core/counters.h"

enum event_kind {
        EVENT_CONNECTION_OPEN,
        EVENT_CONNECTION_PROXIED, /* its header tells of a client */
        EVENT_CONNECTION_CLOSE,
        EVENT_DATA,          /* a message was read */
        EVENT_DATAGRAM,      /* one was received, and is answered or not */
        EVENT_ACCEPT_PAUSED, /* by a listener, for lack of something */
        EVENT_LIMIT_REACHED, /* --max-connections are open */
        EVENT_COUNT,
};

/* How much of a message is shown. */
enum { EVENT_PREVIEW_SIZE = 64 };

struct event_peer {
        uint8_t family;      /* AF_* */
        uint8_t address[16]; /* network order; IPv4: the first four */
        uint16_t port;       /* host order */
};

struct event {
        uint64_t time_ns;    /* monotonic */
        uint64_t connection; /* its number within the worker */
        enum event_kind kind;
        uint8_t listener; /* index */
        union {
                struct event_peer open;
                struct {
                        struct event_peer client;
                        struct event_peer server; /* where the client connected to */
                } proxied;
                struct {
                        uint64_t received; /* bytes */
                        uint64_t sent;
                        uint64_t duration_ns;
                        enum conn_end reason;
                } close;
                struct {
                        uint32_t size; /* of the whole message */
                        uint8_t shown; /* bytes of it that are here */
                        unsigned char bytes[EVENT_PREVIEW_SIZE];
                } data;
                struct {
                        struct event_peer peer;
                        uint8_t drop;  /* enum datagram_drop */
                        uint8_t shown; /* as above */
                        uint32_t size;
                        unsigned char bytes[EVENT_PREVIEW_SIZE];
                } datagram;
                struct {
                        enum counters_accept_error why;
                } paused;
                struct {
                        uint32_t open; /* connections */
                } limit;
        };
};
_Static_assert(sizeof(struct event) <= 128, "an event is two cache lines at most");

/* Indices run freely and wrap; they live on cache lines of their own. Fields are private. */
struct events {
        _Alignas(64) struct event *slots; /* of both sides, never written after init */
        uint32_t mask;
        _Alignas(64) _Atomic uint32_t put; /* the putter's: the next record to put */
        counter lost;
        _Alignas(64) _Atomic uint32_t taken; /* the taker's: the next record to take */
};

enum events_put {
        EVENTS_FULL, /* the record is lost, and counted */
        EVENTS_PUT,
        EVENTS_PUT_FIRST, /* the ring was empty: wake the taker */
};

/* count: a power of two. The slots need no initial value, and are borrowed as long as the ring. */
void events_init(struct events *events, struct event *slots, uint32_t count);

/* Only by the thread that puts. */
enum events_put events_put(struct events *events, const struct event *event);

/* Only by the thread that takes. False: the ring is empty, and *ret_event is not written. */
bool events_take(struct events *events, struct event *ret_event);

/* How many records were lost so far; by any thread. */
uint64_t events_lost(const struct events *events);
