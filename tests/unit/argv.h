/* SPDX-License-Identifier: MIT */
/* Words as a command line that a parser may permute, and what it must leave alone. */
#pragma once

#include <string.h>

#include "suite.h"

enum { ARGV_WORDS_MAX = 320 };

struct argv {
        char *words[ARGV_WORDS_MAX + 2]; /* ends in NULL; each but the name in its own memory */
        char *copies[ARGV_WORDS_MAX + 2];
        int count;
};

/* The words follow the program's name and end in NULL; argv_free() gives their memory back. */
static inline void argv_make(struct argv *argv, char *name, const char *const *words)
{
        *argv = (struct argv){ .words = { name }, .count = 1 };
        for (; words[argv->count - 1] != NULL; argv->count++) {
                ck_assert_int_le(argv->count, ARGV_WORDS_MAX);
                argv->words[argv->count] = strdup(words[argv->count - 1]);
        }
        memcpy(argv->copies, argv->words, sizeof(argv->words));
}

static inline void argv_free(struct argv *argv)
{
        for (int i = 1; i < argv->count; i++)
                free(argv->copies[i]);
        argv->count = 0;
}

/* Filled with 0x5a before. */
static inline void expect_untouched(const void *data, size_t size)
{
        const unsigned char *bytes = data;

        for (size_t i = 0; i < size; i++)
                ck_assert_uint_eq(bytes[i], 0x5a);
}
