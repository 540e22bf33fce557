/* SPDX-License-Identifier: MIT */
/*
 * The connections that have something to do and wait for their turn: first in, first out, each at
 * most once. Intrusive: the links live in the connections, the array stays the caller's.
 */
#pragma once

#include "core/conn.h"

struct ready {
        struct conn *conns;
        uint32_t first;
        uint32_t last;
};

#define READY_NONE UINT32_MAX

void ready_init(struct ready *ready, struct conn *conns);

/* A connection's link before its first ready_put(). */
void ready_clear(struct ready *ready, uint32_t index);

bool ready_has(const struct ready *ready, uint32_t index);

bool ready_is_empty(const struct ready *ready);

/* The one that was put last; READY_NONE if the list is empty. */
uint32_t ready_last(const struct ready *ready);

/* Appends; nothing happens if it is on the list already. */
void ready_put(struct ready *ready, uint32_t index);

/* Removes and returns the first; READY_NONE if the list is empty. */
uint32_t ready_take(struct ready *ready);
