/* SPDX-License-Identifier: MIT */
/*
 * What must hold of a server on the simulated kernel, told from what the kernel saw alone: each
 * connection ends for a reason that is true, and is counted under it; nobody waits for ever, or
 * longer than a bound; nothing spins. That the echo is a prefix of what was sent, the kernel checks
 * itself at each send. One oracle at a time, as there is one kernel.
 */
#pragma once

#include "shell/worker.h"
#include "support/oracle_datagrams.h"

/* The workers of one process; they need not be open yet, and stay the caller's. */
void oracle_open(const struct worker *workers, uint32_t count);

/* For sim_open(). */
const struct sim_watcher *oracle_watcher(void);

/* After each worker_step(). */
void oracle_step(uint32_t worker);

/* All workers sleep. */
void oracle_settled(void);

/* From now on the server closes everything without asking. */
void oracle_expect_close(void);

/* The client took everything there is: it must be what it sent, if nobody broke the connection. */
void oracle_client_ends(const struct sim_link *link);

/* All connections are over: every counter adds up, nothing is held. */
void oracle_close(void);
