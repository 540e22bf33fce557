/* SPDX-License-Identifier: MIT */
/*
 * The layout of the one shared page of figures. Each worker writes its own part, alone, with
 * relaxed stores; anybody who maps the page may read it at any time, no lock held. All figures
 * count up from 0 and never wrap in practice, but for the gauges, which say what is now.
 */
#pragma once

#include <stdatomic.h>

#include "core/conn.h"
#include "core/datagram.h"

/* Why an accepted socket was reset before it became a connection. */
enum counters_refused {
        REFUSED_NONE,      /* it was not */
        REFUSED_LIMIT,     /* --max-connections are open */
        REFUSED_NO_MEMORY, /* the kernel could not watch one more descriptor */
        REFUSED_ACCESS,    /* --allow and --deny */
        REFUSED_RATE,      /* its source comes too often: --accept-rate */
        REFUSED_SOURCE,    /* its source has --max-connections-per-source */
        REFUSED_COUNT,
};

/* Why accept(2) gave no socket, by what the server does about it. */
enum counters_accept_error {
        ACCEPT_GONE,           /* the peer left while it waited: ECONNABORTED and network errors */
        ACCEPT_NO_DESCRIPTORS, /* EMFILE, ENFILE: pause */
        ACCEPT_NO_MEMORY,      /* ENOBUFS, ENOMEM: pause */
        ACCEPT_OTHER,          /* anything else: pause, so that it cannot spin */
        ACCEPT_ERROR_COUNT,
};

typedef _Atomic uint64_t counter;

struct counters {
        _Alignas(64) counter accepted;  /* connections taken into the table */
        counter closed[CONN_END_COUNT]; /* by enum conn_end; closed[CONN_OPEN] stays 0 */
        counter refused[REFUSED_COUNT]; /* [REFUSED_NONE] stays 0 */
        counter accept_errors[ACCEPT_ERROR_COUNT];
        counter accept_pauses;
        counter received_bytes; /* of streams: taken for echoing */
        counter sent_bytes;
        counter peek_turns; /* turns that found no free block and echoed out of the kernel */
        counter parked;     /* gauge: connections that hold a block */
        /* Every datagram received is sent or dropped by the end of a turn. */
        counter datagrams_received;
        counter datagrams_sent;
        counter datagrams_dropped[DATAGRAM_DROP_COUNT]; /* [DATAGRAM_DROP_NONE] stays 0 */
        counter datagram_received_bytes;                /* of payload, as far as there was room */
        counter datagram_sent_bytes;
        counter datagrams_overflowed; /* the kernel dropped them before we could receive them */
};

static inline void counter_add(counter *figure, uint64_t amount)
{
        /* One writer: a plain add, not a locked one. */
        uint64_t now = atomic_load_explicit(figure, memory_order_relaxed);
        atomic_store_explicit(figure, now + amount, memory_order_relaxed);
}

static inline void counter_set(counter *figure, uint64_t value)
{
        atomic_store_explicit(figure, value, memory_order_relaxed);
}

static inline uint64_t counter_read(const counter *figure)
{
        return atomic_load_explicit(figure, memory_order_relaxed);
}

/* Stable names for logs and metrics, such as "peer_finished"; NULL for CONN_OPEN. */
const char *counters_closed_name(enum conn_end end);

/* Likewise, such as "no_memory"; NULL for REFUSED_NONE. */
const char *counters_refused_name(enum counters_refused refused);

/* Likewise, such as "low_port"; NULL for DATAGRAM_DROP_NONE. */
const char *counters_dropped_name(enum datagram_drop drop);

/* Connections open now: accepted minus all closed. */
uint64_t counters_open(const struct counters *counters);

/* Datagrams dropped for whatever reason. */
uint64_t counters_dropped(const struct counters *counters);
