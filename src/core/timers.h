/* SPDX-License-Identifier: MIT */
/*
 * A hierarchical timing wheel over the connection table, re-armed lazily: data never touches it.
 * A timer may pop early (a far deadline waits in a coarse bucket), never late by more than one
 * tick. Whoever pops it recomputes the deadline and arms it again if that is still to come; so
 * cascading between the levels, and deadlines that moved on, are the same thing.
 *
 * Intrusive: the links live in the connections, the array stays the caller's.
 */
#pragma once

#include "core/conn.h"

enum {
        TIMERS_TICK_SHIFT = 20, /* a tick is 2^20 ns, about a millisecond */
        TIMERS_LEVEL_SHIFT = 6,
        TIMERS_LEVELS = 5, /* reaches 2^50 ns, 13 days; later deadlines pop early and go on */
        TIMERS_BUCKETS = 1 << TIMERS_LEVEL_SHIFT,
};

#define TIMERS_NONE UINT32_MAX

struct timers {
        struct conn *conns;
        uint64_t tick; /* all buckets before this tick are empty */
        uint64_t occupied[TIMERS_LEVELS];
        uint32_t head[TIMERS_LEVELS * TIMERS_BUCKETS];
};

void timers_init(struct timers *timers, struct conn *conns, uint64_t now_ns);

/* A connection's links before its first timers_arm(). */
void timers_clear(struct timers *timers, uint32_t index);

/* Arms the timer, or moves it; UINT64_MAX, or less than a tick before that, disarms it. */
void timers_arm(struct timers *timers, uint32_t index, uint64_t deadline_ns);

/* Disarms the timer if it is armed. */
void timers_disarm(struct timers *timers, uint32_t index);

/*
 * Disarms one timer that is due, or that waits in a bucket to be sorted finer, and returns its
 * index; TIMERS_NONE when there is none until timers_next(). Ends, if what is armed again lies
 * after now_ns.
 */
uint32_t timers_pop(struct timers *timers, uint64_t now_ns);

/* When timers_pop() will return something next; UINT64_MAX = no timer is armed. */
uint64_t timers_next(const struct timers *timers);
