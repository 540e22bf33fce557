/* SPDX-License-Identifier: MIT */
/*
 * How much of everything the options and the machine allow: workers, descriptors, connections.
 * Nothing here asks the machine: what it has is an argument.
 */
#pragma once

#include "service/options.h"

/* The scratch buffer of a worker and a block of the pool, in bytes: carries bulk well, costs
 * nothing idle. */
enum { CAPACITY_BLOCK_SIZE = 256 * 1024 };

/* Bytes of buffer memory without which so many workers cannot do. */
uint64_t capacity_least_memory(uint64_t workers);

/*
 * As many workers as are asked for; else one a usable CPU, or as many as the buffer memory is
 * enough for. At least 1.
 */
uint32_t capacity_workers(const struct options *options, uint32_t cpus);

/*
 * Connections that are left of so many descriptors, and not more than are asked for; 1 at least. As
 * if all were in one table: one worker may get all connections, and share the table of main.
 */
uint64_t capacity_connections(const struct options *options, uint32_t workers,
                              uint64_t descriptors);

/* True when the buffer memory is enough for these workers; else the complaint, with a way out. */
bool capacity_has_memory(const struct options *options, uint32_t workers,
                         struct complaint *complaint);
