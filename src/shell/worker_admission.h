/* SPDX-License-Identifier: MIT */
/* How a worker takes an accepted socket in: past the limits, into its table, into its epoll. */
#pragma once

#include "shell/worker.h"

/*
 * The socket is a connection, or it was refused by a limit; true either way. False when the kernel
 * cannot watch one more, and it was refused for that.
 */
bool worker_admit(struct worker *worker, int fd, unsigned listener,
                  const struct acceptor_peer *peer);

/*
 * The source that a connection was charged to is free of it. Before the peer can see the end, or it
 * may come again and find its own place still taken; and before the quota is put, by which it is
 * bounded how many sources there are.
 */
void worker_admission_put(const struct worker *worker, uint32_t source);
