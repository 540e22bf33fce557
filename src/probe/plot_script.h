/* SPDX-License-Identifier: MIT */
/*
 * What gnuplot is told to draw: the latencies of a run by percentile, with ever more room for the
 * last few. A pure function of its arguments; the picture goes to gnuplot's standard output.
 */
#pragma once

#include <stdio.h>

#include "probe/options.h"
#include "probe/result.h"

enum plot_format { PLOT_SVG, PLOT_PNG };

/* Writes the script to the stream, whose errors are the caller's; some latency was measured. */
void plot_script_print(FILE *stream, enum plot_format format, const struct probe_options *options,
                       const struct result *result);
