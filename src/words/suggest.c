/* SPDX-License-Identifier: MIT */
#include "words/suggest.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
        return a < b ? a : b;
}

/*
 * Levenshtein's distance with swaps of neighbours (optimal string alignment): steps[i][j] turn the
 * first i bytes of a into the first j of b.
 */
static size_t distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
        size_t steps[SUGGEST_WORD_MAX + 1][SUGGEST_WORD_MAX + 1];

        for (size_t i = 0; i <= a_size && i <= SUGGEST_WORD_MAX; i++)
                steps[i][0] = i;
        for (size_t j = 0; j <= b_size && j <= SUGGEST_WORD_MAX; j++)
                steps[0][j] = j;
        for (size_t i = 1; i <= a_size; i++) {
                for (size_t j = 1; j <= b_size; j++) {
                        size_t changed = steps[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
                        size_t longer = least(steps[i - 1][j], steps[i][j - 1]) + 1;
                        bool is_swap =
                            i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                        steps[i][j] = least(changed, longer);
                        if (is_swap)
                                steps[i][j] = least(steps[i][j], steps[i - 2][j - 2] + 1);
                }
        }
        return steps[a_size][b_size];
}

/* 0 the same, 1 the name's beginning, else more; SIZE_MAX for what is too long to compare. */
static size_t strangeness(const char *word, size_t word_size, const char *name)
{
        size_t name_size = strlen(name);

        if (word_size > SUGGEST_WORD_MAX || name_size > SUGGEST_WORD_MAX)
                return SIZE_MAX;
        if (word_size >= 2 && word_size <= name_size && memcmp(word, name, word_size) == 0)
                return word_size < name_size;
        return distance(word, word_size, name, name_size) + 1;
}

const char *suggest_nearest(const char *word, size_t word_size, const char *const *names,
                            size_t name_count)
{
        const char *nearest = NULL;
        size_t nearest_strangeness = word_size / 3 + 2;

        for (size_t i = 0; i < name_count; i++) {
                size_t strange = strangeness(word, word_size, names[i]);
                if (strange < nearest_strangeness) {
                        nearest = names[i];
                        nearest_strangeness = strange;
                }
        }
        return nearest;
}
