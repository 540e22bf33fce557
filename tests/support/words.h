/* SPDX-License-Identifier: MIT */
/* Command lines from arbitrary bytes, one word a line, and what every parser of them promises. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "words/address.h"

/* More words, and what is longer of a word, are ignored. */
enum { WORDS_MAX = 64, WORDS_SIZE_MAX = 4096 };

/* What nobody may have written. */
enum { WORDS_UNTOUCHED = 0x5a };

struct words {
        char *words[WORDS_MAX + 2]; /* each in memory of its own size; the last one is NULL */
        int count;
};

/* The name of the program, then a word a line; words_free() gives the memory back. */
void words_split(struct words *words, const char *name, const uint8_t *data, size_t size);
void words_free(struct words *words);

bool words_are_untouched(const void *data, size_t size);
bool words_are_printable(const char *text, size_t size);

/* These stop the process where a promise is broken. A complaint: written if and only if so. */
void words_check_complaint(const struct complaint *complaint, bool is_written);
void words_check_equal_addresses(const struct address *a, const struct address *b);

/* It reads back, by that parser, from what it is shown as. */
void words_check_address(const struct address *address,
                         bool (*parse)(const char *, struct address *, struct complaint *));
