/* SPDX-License-Identifier: MIT */
/*
 * One run of the probe: what all modes share. A mode opens links, and waits by run_wait() until its
 * end; that a link came up, or ended, goes to the mode's own functions.
 *
 * Single-threaded. Times are monotonic ns. The run owns links, buffers and descriptors from
 * run_open() to run_close().
 */
#pragma once

#include <stddef.h>

#include "probe/link.h"
#include "probe/options.h"
#include "probe/progress.h"

/* Bytes read at once. */
enum { RUN_SCRATCH_SIZE = 256 * 1024 };

/* What a mode does of its own; NULL = nothing. */
struct run_mode {
        void (*opened)(struct run *run, struct link *link);
        /* It ended; `is_whole`: without a fault. */
        void (*closed)(struct run *run, struct link *link, bool is_whole);
        void (*ticked)(struct run *run); /* every 100 ms */
        /* What the kernel told; links go to link_notice() if it is NULL. */
        void (*noticed)(struct run *run, void *place, uint32_t events);
        bool counts_connecting; /* a message's latency begins with its connection */
        bool keeps_sockets;     /* of links that ended whole, until run_close() */
};

struct run {
        const struct probe_options *options;
        const struct run_mode *mode;
        struct result *result;
        struct progress progress;
        struct pace pace;
        struct link *links; /* NULL before run_make_links() */
        void *sockets;      /* mode_datagram's */
        uint64_t *begun_ns; /* of all streams, `depth` each; NULL in an open loop */
        unsigned char *scratch;
        uint64_t now_ns;
        uint64_t start_ns;  /* of the measured part */
        uint64_t tick_ns;   /* when the next tick is due */
        uint64_t cpu_ns;    /* the server's, at the start of the measured part */
        uint64_t in_flight; /* bytes, of all links */
        uint32_t link_count;
        uint32_t deaf_size; /* bytes that a deaf link reads at a time */
        uint32_t connecting_count;
        uint32_t open_count; /* not closed */
        int poll_fd;
        bool is_finishing;
};

/* Progress is told on stderr from here to run_close(). */
void run_open(struct run *run, const struct probe_options *options, const struct run_mode *mode,
              struct result *result);
void run_close(struct run *run);

/* Makes the links of the options, all closed. */
void run_make_links(struct run *run);

/* Messages of --count that fall to that connection; UINT64_MAX without a count. */
uint64_t run_share(const struct run *run, uint64_t number);

/* Zeroed memory, for free(3); never NULL. */
void *run_allocate(size_t count, size_t size);

/* What the machine refuses is no finding about a server: says so and exits. */
_Noreturn void run_fail(const char *what, int error);

/* A connection or socket of that number ended by an errno of `doing`, which tells the verdict. */
void run_fault(struct run *run, const char *what, uint64_t number, const char *doing, int error);

/* Reads the clock; run->now_ns is what it said last. */
uint64_t run_clock(struct run *run);

/* Waits until then at most, passes on what happened, and ticks. */
void run_wait(struct run *run, uint64_t until_ns);

/*
 * Opens links from `first` up to but not `end`, a bounded number at a time, and waits until each is
 * open or has ended; `has_sources`: each comes from an address of its own, see endpoint.h.
 */
void run_open_links(struct run *run, uint32_t first, uint32_t end, bool has_sources);

/* The measured part begins: its time, and what the server has used, count from now. */
void run_start(struct run *run);

/* When its time is over; with a signal to end, that is now. */
uint64_t run_end_ns(const struct run *run);

/* The time is over: how many are open now stays told, whatever ends from here on. */
void run_time_over(struct run *run);

/* The measured part is over. */
void run_measured(struct run *run);

/* Begins no further message, and waits until each link has ended. */
void run_finish(struct run *run);
