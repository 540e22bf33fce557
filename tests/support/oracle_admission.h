/* SPDX-License-Identifier: MIT */
/*
 * What the limits that know the peer must say of each connection that the simulated kernel hands
 * out, told without the code under test: tokens are fractions, places are counted by looking.
 */
#pragma once

#include "core/counters.h"
#include "support/sim.h"

/* Where clients come from: numbers, the first of them by IPv4. */
enum { ORACLE_SOURCES = 6, ORACLE_IP4_SOURCES = 3 };

struct ip oracle_source(uint32_t number);

struct oracle_limits {
        uint32_t denied; /* bit i: source i may not come */
        uint32_t rate;   /* divides a second; 0 = any */
        uint32_t most;   /* connections of a source; 0 = any */
};

/* All zero = no limits. */
void oracle_admission_open(const struct oracle_limits *limits);

/* The kernel hands the connection out, now. */
void oracle_admission_accepted(const struct sim_link *link);

/* A proxy has told for whom it comes, and what counts from now on is that. */
void oracle_admission_headed(const struct sim_link *link);

/* What must become of it, as far as these limits go, as of then. */
enum counters_refused oracle_admission_verdict(const struct sim_link *link);
