/* SPDX-License-Identifier: MIT */
/*
 * A fixed day of a server on the simulated kernel, from opening to closing, that takes every path
 * which makes a kernel call: good clients, slow ones, resets, refusals, timeouts, drain.
 */
#pragma once

#include <stdbool.h>

#include "support/sim.h"

/*
 * Runs it with some calls failing on purpose; count 0 = none. Afterwards the faults stop and all
 * must finish. What goes wrong ends the process in sim_fail(). Returns how many calls failed.
 */
uint64_t workload_run(const struct sim_injection *injection);
