/* SPDX-License-Identifier: MIT */
/* Draws the latencies of a run by percentile, as SVG or PNG: gnuplot does it. */
#pragma once

#include "probe/options.h"
#include "probe/result.h"
#include "words/complaint.h"

/*
 * Writes the picture to that file, which ends in .svg or .png; waits until it is done. False, and
 * the complaint, if it could not be drawn: then a file that was there is as it was.
 */
__attribute__((warn_unused_result)) bool plot_draw(const char *path,
                                                   const struct probe_options *options,
                                                   const struct result *result,
                                                   struct complaint *complaint);
