/* SPDX-License-Identifier: MIT */
/*
 * What a run counted. The modes write it, and the progress line, the report and the plot read it.
 * Times are ns, sizes bytes; counters only grow.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "probe/histogram.h"
#include "probe/verdict.h"

/* What the server's process cost; has_* tell what could be read. Local only, by --server-pid. */
struct result_server {
        bool has_cpu;
        bool has_memory;
        uint64_t cpu_ns;              /* user and system, of all its threads and children */
        uint64_t memory_size;         /* of all its processes, with every connection open */
        double memory_per_connection; /* by which it grew with each, after the first tenth */
};

struct result {
        enum verdict verdict;
        char reason[256];               /* the gravest finding in words, or "" */
        uint64_t faults[VERDICT_COUNT]; /* connections that ended so, but for VERDICT_OK */
        uint64_t elapsed_ns;            /* of the measured part */
        uint64_t connections;           /* opened, and reopened by churn */
        uint64_t open_connections;      /* now; at the end: when the measured time was over */
        uint64_t messages;              /* answered whole and right */
        uint64_t sent_size;
        uint64_t received_size; /* verified */
        uint64_t lost;          /* these four are of datagrams */
        uint64_t duplicated;
        uint64_t reordered;
        uint64_t corrupt;       /* and of streams: connections with a wrong byte */
        uint64_t jitter_sum_ns; /* differences of consecutive latencies of a connection */
        uint64_t jitter_count;
        uint64_t in_flight_most;  /* bytes sent and not yet back, of all connections together */
        struct histogram latency; /* churn: of a connection from connect to the last byte */
        struct result_server server;
};

void result_clear(struct result *result);

/* Counts an answered message; `last_ns` is what the one before it took, NULL if there was none. */
void result_record(struct result *result, uint64_t latency_ns, const uint64_t *last_ns);

/* The mean difference of consecutive latencies; 0 if there are none. */
uint64_t result_jitter(const struct result *result);

/* A connection ended so; the words are kept if nothing as grave was found before. */
__attribute__((format(printf, 3, 4))) void result_fault(struct result *result, enum verdict verdict,
                                                        const char *format, ...);
