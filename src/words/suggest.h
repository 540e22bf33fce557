/* SPDX-License-Identifier: MIT */
/* "Did you mean": the known name nearest to a mistyped word. */
#pragma once

#include <stddef.h>

/* Nothing is near to a longer word or name. */
enum { SUGGEST_WORD_MAX = 48 };

/*
 * The name itself, or else the first one that begins with the word (two letters at least), or else
 * the one with the fewest letters added, dropped, changed or swapped with their neighbour, at most
 * a third of the word's length; NULL if none is near. `word` need not end in NUL.
 */
const char *suggest_nearest(const char *word, size_t word_size, const char *const *names,
                            size_t name_count);
