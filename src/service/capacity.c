/* SPDX-License-Identifier: MIT */
#include "service/capacity.h"

#include <inttypes.h>

#include "shell/worker.h"

/* Of the process: stdio, signalfd, eventfd, and some that libc or a sanitizer may open. */
enum { OWN_DESCRIPTORS = 16 };

/* Of a worker: its epoll, its eventfd and its timer, besides a listener each. */
enum { WORKER_DESCRIPTORS = 3 };

/* Of a Unix socket with a path: its folder and its inode, to give the path back. */
enum { PATH_DESCRIPTORS = 2 };

uint64_t capacity_least_memory(uint64_t workers)
{
        return workers * WORKER_BLOCKS_MIN * CAPACITY_BLOCK_SIZE;
}

uint32_t capacity_workers(const struct options *options, uint32_t cpus)
{
        uint64_t workers = options->workers;

        if (workers == 0) {
                uint64_t most = options->buffer_memory / capacity_least_memory(1);
                workers = cpus < most ? cpus : most;
        }
        if (workers > OPTIONS_WORKERS_MAX)
                return OPTIONS_WORKERS_MAX;
        return workers > 0 ? (uint32_t)workers : 1;
}

uint64_t capacity_connections(const struct options *options, uint32_t workers, uint64_t descriptors)
{
        uint64_t taken = OWN_DESCRIPTORS + (WORKER_DESCRIPTORS + options->listener_count) * workers;

        for (uint64_t i = 0; i < options->listener_count; i++)
                if (options->listeners[i].transport == ADDRESS_UNIX)
                        taken += PATH_DESCRIPTORS;
        if (descriptors <= taken)
                return 1;
        return descriptors - taken < options->max_connections ? descriptors - taken
                                                              : options->max_connections;
}

bool capacity_has_memory(const struct options *options, uint32_t workers,
                         struct complaint *complaint)
{
        uint64_t least = capacity_least_memory(workers);
        uint64_t enough_for = options->buffer_memory / capacity_least_memory(1);

        if (least <= options->buffer_memory)
                return true;
        if (enough_for == 0)
                return complain(complaint,
                                "each worker needs 4 blocks of 256K: at least %" PRIu64
                                "M for %" PRIu32,
                                least >> 20, workers);
        return complain(complaint,
                        "each worker needs 4 blocks of 256K: at least %" PRIu64 "M for %" PRIu32
                        ", or --workers=%" PRIu64,
                        least >> 20, workers, enough_for);
}
