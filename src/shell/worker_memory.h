/* SPDX-License-Identifier: MIT */
/*
 * The memory of a worker: one reservation for its connections, blocks and scratch buffer, each on
 * pages of its own. Pages are touched as they are used, and those that fell free go back.
 */
#pragma once

#include "shell/worker.h"

/* Bytes; what the scratch buffer and a block are multiples of. */
#define WORKER_PAGE_SIZE ((size_t)4096)

/* As worker->config wants it. 0 or -ENOMEM; nothing is left reserved on failure. */
__attribute__((warn_unused_result)) int worker_memory_reserve(struct worker *worker);

/* Gives the pages back that nothing lies on since the last time. */
void worker_memory_trim(struct worker *worker);

/* Gives everything back. */
void worker_memory_release(struct worker *worker);
