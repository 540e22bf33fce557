/* SPDX-License-Identifier: MIT */
/*
 * What is wrong with something an operator wrote: one sentence that names it. Whatever is not
 * printable ASCII is shown as \xNN, so that no word of a sentence can command a terminal.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct complaint {
        char text[1024];
};

/* Writes the sentence, cut where it does not fit; always false, so callers can return it. */
__attribute__((format(printf, 2, 3))) bool complain(struct complaint *complaint, const char *format,
                                                    ...);

/* A word as a sentence repeats it; three of them fit into any sentence here. */
struct complaint_word {
        char text[72];
};

/*
 * The word in backticks, or its beginning and "..." if it is long, so that the sentence's end is
 * not lost. Valid as long as *room; `word` need not end in NUL.
 */
const char *complaint_word(struct complaint_word *room, const char *word, size_t size);
