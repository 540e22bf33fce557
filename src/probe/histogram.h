/* SPDX-License-Identifier: MIT */
/*
 * How often which latency was seen: a log-linear histogram, as HdrHistogram keeps it. Values below
 * 512 ns are exact; above, each power of two is split evenly into 256, so that a value read back is
 * never less than the recorded one and at most 1/256 more. Beyond HISTOGRAM_VALUE_END, more than an
 * hour, it is only known to be no more than the maximum. Recording is a few instructions and never
 * fails.
 *
 * Values are ns. The caller owns the struct and clears it by histogram_clear().
 */
#pragma once

#include <stdint.h>

#define HISTOGRAM_VALUE_END (UINT64_C(1) << 42)

/* Two times 256 exact ones, 256 for each power of two from 2^9 to 2^41, and one for all beyond. */
enum { HISTOGRAM_BUCKET_COUNT = 512 + 256 * 33 + 1 };

struct histogram {
        uint64_t count;
        uint64_t sum_ns; /* exact up to 584 years */
        uint64_t min_ns; /* exact; UINT64_MAX while count is 0 */
        uint64_t max_ns; /* exact */
        uint64_t buckets[HISTOGRAM_BUCKET_COUNT];
};

void histogram_clear(struct histogram *histogram);

/* Counts one value. */
void histogram_record(struct histogram *histogram, uint64_t value_ns);

/* Adds all of `other`. */
void histogram_add(struct histogram *histogram, const struct histogram *other);

/*
 * The least value that at least `percent` (0 to 100) of the recorded ones do not exceed; 0 if there
 * are none. The first and the last are exact.
 */
uint64_t histogram_percentile(const struct histogram *histogram, double percent);

/* 0 if nothing was recorded. */
uint64_t histogram_mean(const struct histogram *histogram);

/* What a value of that bucket is read back as; index < HISTOGRAM_BUCKET_COUNT. */
uint64_t histogram_bucket_value(const struct histogram *histogram, uint32_t index);
