/* SPDX-License-Identifier: MIT */
/*
 * How a property test feeds an interpreter of event scripts: every script up to a length over an
 * alphabet of bytes, and long random ones.
 */
#pragma once

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/random.h"

enum { SCRIPTS_EXHAUSTIVE_MAX = 6, SCRIPTS_LONG_LENGTH = 4096, SCRIPTS_LONG_COUNT = 500 };

typedef void scripts_run(const uint8_t *script, size_t size);

/* Counts through all scripts of the length; false after the last. */
static inline bool scripts_next(uint8_t digits[SCRIPTS_EXHAUSTIVE_MAX], unsigned length,
                                unsigned alphabet_size)
{
        for (unsigned i = 0; i < SCRIPTS_EXHAUSTIVE_MAX && i < length; i++) {
                if (++digits[i] < alphabet_size)
                        return true;
                digits[i] = 0;
        }
        return false;
}

/* Runs every script of 0 to length_max events; returns how many there were. */
static inline uint64_t scripts_run_all(scripts_run *run, const uint8_t *alphabet,
                                       unsigned alphabet_size, unsigned length_max)
{
        uint64_t count = 0;

        for (unsigned length = 0; length <= length_max; length++) {
                uint8_t digits[SCRIPTS_EXHAUSTIVE_MAX] = { 0 };
                do {
                        uint8_t script[SCRIPTS_EXHAUSTIVE_MAX];
                        for (unsigned i = 0; i < SCRIPTS_EXHAUSTIVE_MAX; i++)
                                script[i] = alphabet[digits[i]];
                        run(script, length);
                        count++;
                } while (scripts_next(digits, length, alphabet_size));
        }
        printf("%" PRIu64 " scripts\n", count);
        return count;
}

/* Some scripts of SCRIPTS_LONG_LENGTH events at most. */
static inline void scripts_run_some(scripts_run *run, unsigned count, unsigned length)
{
        struct random random = random_from_environment();
        static uint8_t script[SCRIPTS_LONG_LENGTH];

        ck_assert_uint_le(length, SCRIPTS_LONG_LENGTH);
        for (unsigned i = 0; i < count; i++) {
                for (unsigned j = 0; j < length; j++)
                        script[j] = (uint8_t)random_next(&random);
                run(script, length);
        }
}

static inline void scripts_run_random(scripts_run *run)
{
        scripts_run_some(run, SCRIPTS_LONG_COUNT, SCRIPTS_LONG_LENGTH);
}
