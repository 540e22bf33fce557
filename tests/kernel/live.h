/* SPDX-License-Identifier: MIT */
/*
 * What the programs that hurt a running server have in common: they need root, and tools that a
 * machine may lack, and each tells what it saw.
 */
#pragma once

#include <stdbool.h>

#include "probe.h"
#include "server.h"

/*
 * False, and it says why, where nothing of it can be done: for who is not root, or without one of
 * these programs, which end in NULL. For main, which ends by SUITE_SKIPPED then.
 */
bool live_is_possible(const char *const *programs);

/* False as well; it says why. */
bool live_is_skipped(const char *why);

/* Prints a line of figures: the log of the suite has it, and ci/kernel shows it. */
__attribute__((format(printf, 1, 2))) void live_tell(const char *format, ...);

/* Runs a command of the shell; false if it failed, which it says itself. Also before any test. */
bool live_try(const char *command);

/* The same, in a test; it must not fail. */
void live_run(const char *command);

/*
 * As probe_finish(), but it may take minutes: what must come back comes slowly, or other work takes
 * the CPUs.
 */
void live_finish(struct probe *probe);

/* The same patience, with connections: waits until the server has so many. */
void live_await_open(struct server *server, unsigned count);
