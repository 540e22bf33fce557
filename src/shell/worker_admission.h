/* SPDX-License-Identifier: MIT */
/* The limits that know the peer, as a worker asks them: not at Unix sockets, whose peers have no
 * address. */
#pragma once

#include "shell/worker.h"

/* REFUSED_NONE, and *ret_source is for worker_admission_put(); else there is nothing to put. */
enum counters_refused worker_admission_take(const struct worker *worker, unsigned listener,
                                            const struct acceptor_peer *peer, uint32_t *ret_source);

/*
 * Before the peer can see the end, or it may come again and find its own place still taken; and
 * before the quota is put, by which it is bounded how many sources there are.
 */
void worker_admission_put(const struct worker *worker, uint32_t source);
