/* SPDX-License-Identifier: MIT */
/*
 * The descriptor tables of a process under test, as /proc shows them: one for each thread, though
 * some may be the same table. None changes while it is read, but by what a test left going on.
 */
#pragma once

#include "process.h"

enum { TABLES_MAX = 16, TABLE_DESCRIPTORS_MAX = 1024, TABLE_TARGET_SIZE = 48 };

struct table {
        unsigned count;
        int fds[TABLE_DESCRIPTORS_MAX];
        char targets[TABLE_DESCRIPTORS_MAX][TABLE_TARGET_SIZE]; /* such as "socket:[862]" */
};

struct tables {
        struct table main;
        unsigned count; /* of the other threads, which are the workers, and a sanitizer's own */
        struct table others[TABLES_MAX];
};

void tables_read(const struct process *process, struct tables *ret_tables);

/* How many descriptors are open, in all tables together and in the fullest one. */
unsigned tables_sum(const struct tables *tables);
unsigned tables_most(const struct tables *tables);

/* How many numbers below the limit are free. */
unsigned table_room(const struct table *table, unsigned limit);

/* How many descriptors have a target that begins so. */
unsigned table_count(const struct table *table, const char *target);

/* True when that number is open there, on that target. */
bool table_has(const struct table *table, int fd, const char *target);
