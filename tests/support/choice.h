/* SPDX-License-Identifier: MIT */
/*
 * Decisions, drawn from a seed or from a fuzzer's bytes. 0 is always the tame one, and bytes that
 * have run out decide 0 for ever: no fault, no surprise, so that every input ends and shrinks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "support/random.h"

struct choice {
        struct random random;
        const uint8_t *data; /* NULL: the seed decides; borrowed */
        size_t size;
};

static inline struct choice choice_from_seed(uint64_t seed)
{
        return (struct choice){ .random = { .state = seed } };
}

static inline struct choice choice_from_bytes(const uint8_t *data, size_t size)
{
        static const uint8_t nothing;

        return (struct choice){ .data = data != NULL ? data : &nothing, .size = size };
}

static inline bool choice_is_exhausted(const struct choice *choice)
{
        return choice->data != NULL && choice->size == 0;
}

static inline uint32_t choice_byte(struct choice *choice)
{
        if (choice->size == 0)
                return 0;
        choice->size--;
        return *choice->data++;
}

/* 0 to limit - 1; limit is at least 1. */
static inline uint32_t choice_below(struct choice *choice, uint32_t limit)
{
        if (choice->data == NULL)
                return (uint32_t)((random_next(&choice->random) >> 32) * limit >> 32);
        uint32_t value = choice_byte(choice);
        if (limit > 1 << 8)
                value |= choice_byte(choice) << 8;
        return value % limit;
}

/* Where in 65536 parts a draw falls: faults lie at the bottom, so running out means none. */
static inline uint32_t choice_part(struct choice *choice)
{
        if (choice->data == NULL)
                return (uint32_t)(random_next(&choice->random) >> 48);
        return 65535 - choice_byte(choice) * 257;
}

/* 1 to max, small ones as likely as large ones. */
static inline uint32_t choice_size(struct choice *choice, uint32_t max)
{
        uint32_t bits = 32 - (uint32_t)__builtin_clz(max);
        uint32_t top = UINT32_C(1) << choice_below(choice, bits);
        uint32_t size = top + choice_below(choice, top);

        return size < max ? size : max;
}
