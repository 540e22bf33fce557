/* SPDX-License-Identifier: MIT */
/*
 * What a run found, as a table for a person; its last line is the verdict. Lines that do not apply
 * are left out. Nothing is read but the arguments; all text is printable, whatever the target's.
 */
#pragma once

#include <stdio.h>

#include "probe/options.h"
#include "probe/result.h"

/* 0, or a negative errno if not all of it could be written. */
__attribute__((warn_unused_result)) int
report_print(FILE *stream, const struct probe_options *options, const struct result *result);

/* So much in a second of so many ns; 0 if there was no time. */
double report_per_second(uint64_t amount, uint64_t elapsed_ns);

/* Whether messages are datagrams, so that loss and order are counted by message. */
bool report_has_datagrams(const struct probe_options *options);

/* Whether time was spent on messages: idle connections say theirs when it is over. */
bool report_has_rates(const struct probe_options *options);

/* Whether --depth applies: the mode is a closed loop that awaits answers. */
bool report_has_depth(const struct probe_options *options);
