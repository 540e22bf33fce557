/* SPDX-License-Identifier: MIT */
/*
 * Which of `count` indices are free. The lowest free one is always taken first, so what is in use
 * stays together at the bottom of a table and the pages at its top can go back to the system.
 *
 * A tree of 64-bit words, one bit an index, a set bit means free; four levels, so each operation
 * touches four words whatever the count. The caller owns the words.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
        VACANCY_LEVELS = 4,
        VACANCY_COUNT_MAX = 1 << 24, /* 64 to the power of VACANCY_LEVELS */
};

#define VACANCY_NONE UINT32_MAX

struct vacancy {
        uint64_t *words;
        uint32_t level[VACANCY_LEVELS]; /* where each level's words begin */
        uint32_t count;
        uint32_t free;
};

/* Words that vacancy_init() needs for `count` indices, 1 to VACANCY_COUNT_MAX. */
uint32_t vacancy_words(uint32_t count);

/* All indices free. `words` holds vacancy_words(count) words and stays the caller's. */
void vacancy_init(struct vacancy *vacancy, uint64_t *words, uint32_t count);

/* Takes the lowest free index; VACANCY_NONE when there is none. */
uint32_t vacancy_take(struct vacancy *vacancy);

/* Frees an index that was taken. */
void vacancy_put(struct vacancy *vacancy, uint32_t index);

bool vacancy_is_free(const struct vacancy *vacancy, uint32_t index);
