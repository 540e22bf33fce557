/* SPDX-License-Identifier: MIT */
/*
 * One worker: one epoll, its listeners, its connections, its UDP sockets. worker_step() is one
 * round: fetch events, take turns, accept, expire. Production loops over it in a thread; tests call
 * it step by step.
 *
 * A connection has at most one turn a round: at once when an event comes for it, or, if an earlier
 * turn left it ready, after the events.
 *
 * Only what says so may be called from another thread. All memory is reserved by worker_open().
 * On the echo path workers share nothing; at accept and close they ask the same limits.
 */
#pragma once

#include <sys/epoll.h>

#include "core/admission.h"
#include "core/counters.h"
#include "core/quota.h"
#include "core/ready.h"
#include "core/slots.h"
#include "core/timers.h"
#include "shell/acceptor.h"
#include "shell/pump.h"
#include "shell/reflector.h"
#include "shell/teller.h"
#include "shell/waker.h"

enum {
        WORKER_EVENTS_MAX = 256, /* fetched a round */
        WORKER_ACCEPTS_MAX = 64, /* taken from one listener a round */
};

/* The least a worker can do with: below it nearly every slow reader takes the peek path. */
enum { WORKER_BLOCKS_MIN = 4 };

struct worker_config {
        struct quota *connections;  /* open ones of all workers; the caller's */
        struct admission admission; /* of all workers alike; what it leads to is the caller's */
        struct teller teller;       /* whom it tells what happens */
        uint32_t max_connections;   /* of all workers together; 1 to VACANCY_COUNT_MAX */
        uint32_t block_count;       /* this worker's; 0 to VACANCY_COUNT_MAX; 0 = peek always */
        uint32_t scratch_size;      /* bytes, of the scratch buffer and of a block; pages */
        struct conn_limits limits;
        uint64_t drain_timeout_ns; /* how long connections may finish; 0 = not at all */
};

struct worker {
        struct worker_config config;
        struct counters *counters;
        struct slots slots;
        struct spill_pool pool;
        struct timers timers;
        struct ready ready;
        struct pump pump;
        void *memory;
        size_t memory_size;
        int poll_fd;
        struct waker waker;
        struct acceptor acceptor;
        struct reflector reflector;
        bool is_draining;
        atomic_bool is_asked_to_drain;
        atomic_bool owes_round; /* since worker_ask() */
        uint64_t now_ns;        /* read once a round */
        uint64_t trim_ns;       /* when to give free pages back; UINT64_MAX = nothing to give */
        uint64_t drain_ns;      /* when draining ends by force; UINT64_MAX = not draining */
        struct epoll_event events[WORKER_EVENTS_MAX];
};

/* What worker_step() returns when all is well. */
enum { WORKER_RUNS = 1, WORKER_DRAINED = 0 };

/*
 * Reserves memory and opens the epoll. `counters`, zeroed, stays the caller's. 0 or -errno;
 * nothing is left open on failure.
 */
__attribute__((warn_unused_result)) int
worker_open(struct worker *worker, const struct worker_config *config, struct counters *counters);

/*
 * Accepts from a listening socket from now on; on success (0) the worker owns the descriptor, else
 * -errno. Workers that share a socket have a descriptor of it each (dup(2)).
 */
__attribute__((warn_unused_result)) int worker_listen(struct worker *worker,
                                                      const struct listener *listener);

/* Answers datagrams at a socket from now on; likewise. */
__attribute__((warn_unused_result)) int worker_reflect(struct worker *worker,
                                                       const struct reflector_setup *setup);

/*
 * One round; waits for events at most timeout_ms, -1 = as long as there is nothing to do.
 * WORKER_RUNS, WORKER_DRAINED when draining has ended, or -errno when its epoll or timer is broken.
 */
__attribute__((warn_unused_result)) int worker_step(struct worker *worker, int timeout_ms);

/* From any thread, once or more: take what waits, finish what is owed, end. */
void worker_drain(struct worker *worker);

/* From any thread: make a round, for a sign of life. An idle worker is woken for that alone. */
void worker_ask(struct worker *worker);

/* From any thread: true when a round has begun since it was asked last. */
bool worker_has_answered(const struct worker *worker);

/* Connections are reset, memory is given back. */
void worker_close(struct worker *worker);
