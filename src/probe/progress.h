/* SPDX-License-Identifier: MIT */
/*
 * A line on a terminal that tells how a run is getting on, and is gone at its end. On anything but
 * a terminal nothing is written. Time is an argument: ns of one clock.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "probe/options.h"
#include "probe/result.h"

/* Private. */
struct progress {
        const struct probe_options *options;
        uint64_t start_ns;
        uint64_t shown_ns;       /* when the last line was written, or the run began */
        uint64_t shown_messages; /* what it told */
        int fd;                  /* negative: not a terminal */
        bool is_shown;
};

/* Both are borrowed: the options and the descriptor, which is nothing but written. */
void progress_begin(struct progress *progress, const struct probe_options *options, int fd,
                    uint64_t now_ns);

/* Writes the line anew, if the last one is a fifth of a second old. */
void progress_update(struct progress *progress, const struct result *result, uint64_t now_ns);

/* Clears the line. */
void progress_end(struct progress *progress);

/*
 * The line's text, of at most `columns` and of text_size bytes with its NUL: what does not fit is
 * left out, the least important last.
 */
void progress_format(const struct progress *progress, const struct result *result, uint64_t now_ns,
                     size_t columns, char *ret_text, size_t text_size);
