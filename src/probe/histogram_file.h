/* SPDX-License-Identifier: MIT */
/*
 * A histogram as the text that HdrHistogram's tools read and plot: values in µs by percentile. See
 * https://hdrhistogram.github.io/HdrHistogram/plotFiles.html.
 */
#pragma once

#include <stdio.h>

#include "probe/histogram.h"

/* 0, or a negative errno if not all of it could be written. */
__attribute__((warn_unused_result)) int histogram_file_print(FILE *stream,
                                                             const struct histogram *histogram);

/* The same to a file, whose former content is lost. */
__attribute__((warn_unused_result)) int histogram_file_write(const char *path,
                                                             const struct histogram *histogram);
