/* SPDX-License-Identifier: MIT */
/*
 * Event scripts for the timer wheel: one byte an event, any bytes are a script. The exhaustive and
 * the random property test, the fuzz target and the corpus replay all run this.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum timers_script_operation {
        TIMERS_SCRIPT_ARM,     /* a timer: argument % TIMERS_SCRIPT_TIMERS, and a delay: the rest */
        TIMERS_SCRIPT_EXTEND,  /* the same; the deadline moves on, the wheel is not told */
        TIMERS_SCRIPT_DISARM,  /* a timer */
        TIMERS_SCRIPT_ADVANCE, /* the clock, by a step, or to where timers_next() says */
        TIMERS_SCRIPT_POP,     /* as many, or 0 = all that are due */
        TIMERS_SCRIPT_OPERATIONS,
};

enum { TIMERS_SCRIPT_TIMERS = 4 };

/*
 * Runs a script against timers.c and a trivial model of it, lets all timers fire at the end, and
 * stops the process where they differ. Script bytes: operation = byte % TIMERS_SCRIPT_OPERATIONS,
 * argument = byte / TIMERS_SCRIPT_OPERATIONS.
 */
void timers_script_run(const uint8_t *script, size_t size);
