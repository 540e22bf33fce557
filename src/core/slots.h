/* SPDX-License-Identifier: MIT */
/*
 * The table of connections. A connection is known outside by its token, which holds the slot's
 * index and the generation of this use of the slot: a token kept past the connection's end finds
 * nothing, also when the slot has been taken again.
 *
 * The caller owns the array, zeroed at first; above slots_trim() it may be replaced by zeros.
 */
#pragma once

#include "core/conn.h"

struct slots {
        struct conn *conns;
        uint32_t generation; /* of the latest slots_take(); runs on, never 0 */
        uint32_t top;        /* slots at or above this index were not touched since slots_trim() */
        struct vacancy vacancy;
};

/* `words` holds vacancy_words(count) words; both arrays stay the caller's. */
void slots_init(struct slots *slots, struct conn *conns, uint64_t *words, uint32_t count);

/* Slots in use. */
uint32_t slots_used(const struct slots *slots);

/* Takes the lowest free slot; NULL when there is none. Its stream part is not initialised. */
struct conn *slots_take(struct slots *slots);

/* Frees the slot; its token is dead. */
void slots_put(struct slots *slots, struct conn *conn);

uint32_t slots_index(const struct slots *slots, const struct conn *conn);

/* Never below 2^32: smaller numbers are free for the caller's other uses. */
uint64_t slots_token(const struct slots *slots, const struct conn *conn);

/* The connection of that token; NULL when it has ended. */
struct conn *slots_find(const struct slots *slots, uint64_t token);

/* The connection at that index, below `top`; NULL when the slot is free. */
struct conn *slots_at(const struct slots *slots, uint32_t index);

/* Lowers `top` to just above the highest slot in use; the bytes above are the caller's to clear. */
void slots_trim(struct slots *slots);
