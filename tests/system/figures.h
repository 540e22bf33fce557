/* SPDX-License-Identifier: MIT */
/* What the kernel tells of a process under test, and what it may be forbidden while it runs. */
#pragma once

#include <sys/resource.h>

#include "process.h"

struct figures {
        uint64_t ticks; /* of CPU time, user and system; 100 a second */
        uint64_t wakes; /* how often a thread went to sleep by itself, so was woken before */
};

/* What it has done since its start. */
struct figures figures_read(const struct process *process);

/* Its resident memory now, in bytes; without the pages of its program file, which come and stay. */
uint64_t figures_memory(const struct process *process);

/*
 * Waits until it has no more memory than that. A sanitizer keeps books of all memory, and never
 * gives them back: a process that runs under one has any memory it likes.
 */
void figures_await_memory(const struct process *process, uint64_t most);

/* Sees that it sleeps: two seconds long, it does next to nothing. */
void figures_expect_sleep(const struct process *process);

/* Waits until it has taken every signal that was sent to it. */
void figures_await_signals_taken(const struct process *process);

/*
 * How many descriptors it has open, in the tables of all its threads together; in the fullest one.
 * A table that two threads share counts for both.
 */
unsigned figures_descriptors(const struct process *process);
unsigned figures_descriptors_most(const struct process *process);

/* True when a descriptor is a file that has a name, so no socket and no eventfd. */
bool figures_is_file(const struct process *process, int fd);

/* How many descriptors each of its tables may have. */
struct rlimit figures_descriptor_limit(const struct process *process);

/* Lets each of its tables have that many descriptors, as prlimit(1) does. */
void figures_limit_descriptors(const struct process *process, unsigned count);

/*
 * Leaves one worker so many more, and no worker more than that; a worker's table has gaps that
 * another's has elsewhere. Returns how many all together may open.
 */
unsigned figures_leave_descriptors(const struct process *process, unsigned count);
