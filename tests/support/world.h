/* SPDX-License-Identifier: MIT */
/*
 * One run of the whole server on the simulated kernel: limits, clients and kinds of faults are
 * drawn (a swarm: whole kinds are on or off), then come two phases. Safety: clients, server and
 * clock move in drawn order, with faults. Liveness: the faults stop, and everything must finish
 * within a budget. Whatever goes wrong ends the process in sim_fail() or a trap.
 */
#pragma once

#include <stdio.h>

#include "support/choice.h"
#include "support/sim.h"

struct world_settings {
        uint32_t
            steps; /* of the first phase, at most; it ends early when the choice is exhausted */
        bool are_datagrams; /* nearly all that moves is datagrams, most in batches */
        FILE *trace;        /* a line an event; NULL = none */
};

struct world_result {
        struct sim_figures figures;
        uint64_t complete; /* connections that ended whole */
        uint64_t hash;     /* of all events, in order */
};

struct world_result world_run(struct choice *choice, const struct world_settings *settings);
