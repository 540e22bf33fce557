/* SPDX-License-Identifier: MIT */
/*
 * The workers of the process: one thread each, and what they share. Main owns the crew; between
 * crew_start() and crew_join() only the calls that say so may be made.
 *
 * Each thread has a descriptor table of its own, if the kernel lets it. Main's keeps a copy of the
 * listeners until the drain, so that whoever asks /proc finds the process that listens.
 */
#pragma once

#include <pthread.h>

#include "core/events.h"
#include "service/filter.h"
#include "shell/worker.h"

/* What a worker may have to tell before main gets round to it. */
enum { CREW_EVENTS = 1024 };

/* No worker has entered its filter yet, nor failed to. */
enum { CREW_ENTERS = 1 };

struct crew_setup {
        uint32_t workers;         /* 1 or more */
        uint32_t max_connections; /* of all together */
        uint32_t blocks;          /* of all together; each worker gets the same share */
        uint32_t block_size;      /* bytes, of the scratch buffer too */
        struct conn_limits limits;
        uint64_t drain_timeout_ns;
        struct admission admission; /* what it leads to stays the caller's until crew_close() */
        bool is_verbose;            /* tell of single connections */
};

/* One worker; its fields are private. */
struct crew_member {
        struct worker worker;
        struct counters counters;
        struct events events;
        struct event records[CREW_EVENTS];
        struct crew *crew;
        pthread_t thread;
        bool has_own_table; /* of descriptors, else main's; known once all have started */
        int result;         /* of the last worker_step() */
        atomic_int entered; /* its filter: 0, or -errno, or CREW_ENTERS until it is known */
        atomic_bool is_done;
        atomic_bool is_resting; /* and touches nothing any more */
};

struct crew {
        uint32_t count;
        struct crew_member *members;
        struct quota connections;
        struct admission admission;
        pthread_barrier_t start; /* main and the threads, each with its descriptors */
        const struct filter *filter;
        bool is_filter_required;
        int wake_fd; /* an eventfd, readable when a worker has something to tell, or has ended */
};

/* Opens the workers; 0, or -errno and nothing is left open. */
__attribute__((warn_unused_result)) int crew_open(struct crew *crew,
                                                  const struct crew_setup *setup);

/*
 * Starts the threads, each of which enters the filter before it serves; NULL = there is none. 0,
 * and each has the descriptors it is going to have, or -errno, and those that were started do
 * nothing. *ret_entered becomes 0, or the -errno of a worker that could not enter; if that
 * is_required, it does not serve.
 */
__attribute__((warn_unused_result)) int crew_start(struct crew *crew, const struct filter *filter,
                                                   bool is_required, int *ret_entered);

/* While they run, once: all take what waits, finish what is owed, end. */
void crew_drain(struct crew *crew);

/* While they run: asks each for a round. */
void crew_ask(struct crew *crew);

/* While they run: true when each has made one since it was asked, or has ended. */
bool crew_has_answered(const struct crew *crew);

/* While they run: true when all have ended, or one has failed. */
bool crew_is_done(const struct crew *crew);

/* While they run: a figure of all workers together, by its place in struct counters. */
uint64_t crew_sum(const struct crew *crew, size_t figure_offset);
#define CREW_SUM(crew, figure) crew_sum(crew, offsetof(struct counters, figure))

/* While they run: records that were lost, as nobody took them in time. */
uint64_t crew_lost_events(const struct crew *crew);

/* While they run: connections open now. */
uint64_t crew_open_connections(const struct crew *crew);

/*
 * After crew_is_done(): 0, and no worker touches anything any more, though their threads are there
 * until the process ends; or the -errno that a worker failed with.
 */
__attribute__((warn_unused_result)) int crew_join(const struct crew *crew);

/* Closes the workers; none may run. */
void crew_close(struct crew *crew);
