/* SPDX-License-Identifier: MIT */
#include "probe/histogram.h"

#include <string.h>

#include "core/ensure.h"

/* Each power of two has 256 buckets: a value's highest nine bits are kept, of which the first is 1.
 */
enum { SPLIT_BITS = 8, SPLIT_COUNT = 1 << SPLIT_BITS };

static uint32_t bucket_index(uint64_t value_ns)
{
        if (value_ns >= HISTOGRAM_VALUE_END)
                return HISTOGRAM_BUCKET_COUNT - 1;
        uint32_t leading = (uint32_t)__builtin_clzll(value_ns | SPLIT_COUNT);
        uint32_t shift = 63 - SPLIT_BITS - leading;

        return shift * SPLIT_COUNT + (uint32_t)(value_ns >> shift);
}

/* The greatest value that bucket_index() maps to it. */
static uint64_t bucket_last(uint32_t index)
{
        if (index < 2 * SPLIT_COUNT)
                return index;
        if (index == HISTOGRAM_BUCKET_COUNT - 1)
                return UINT64_MAX;
        uint32_t shift = index / SPLIT_COUNT - 1;
        uint64_t kept = index - shift * SPLIT_COUNT;

        return ((kept + 1) << shift) - 1;
}

void histogram_clear(struct histogram *histogram)
{
        memset(histogram, 0, sizeof(*histogram));
        histogram->min_ns = UINT64_MAX;
}

void histogram_record(struct histogram *histogram, uint64_t value_ns)
{
        histogram->count++;
        histogram->sum_ns += value_ns;
        if (value_ns < histogram->min_ns)
                histogram->min_ns = value_ns;
        if (value_ns > histogram->max_ns)
                histogram->max_ns = value_ns;
        histogram->buckets[bucket_index(value_ns)]++;
}

void histogram_add(struct histogram *histogram, const struct histogram *other)
{
        histogram->count += other->count;
        histogram->sum_ns += other->sum_ns;
        if (other->min_ns < histogram->min_ns)
                histogram->min_ns = other->min_ns;
        if (other->max_ns > histogram->max_ns)
                histogram->max_ns = other->max_ns;
        for (uint32_t i = 0; i < HISTOGRAM_BUCKET_COUNT; i++)
                histogram->buckets[i] += other->buckets[i];
}

/*
 * How many values must not exceed the percentile: count * percent / 100, rounded up. A hair is
 * taken off first, for 99.9 % of 1000 values is 999 of them, but 999.0000000000001 in binary
 * fractions.
 */
static uint64_t rank_of(uint64_t count, double percent)
{
        double exact = (double)count * percent / 100 * (1 - 1e-15);
        uint64_t rank = (uint64_t)exact;

        if ((double)rank < exact)
                rank++;
        return rank < count ? rank : count;
}

uint64_t histogram_percentile(const struct histogram *histogram, double percent)
{
        ensure(percent >= 0 && percent <= 100);
        if (histogram->count == 0)
                return 0;
        uint64_t rank = rank_of(histogram->count, percent);
        if (rank <= 1)
                return histogram->min_ns;

        uint64_t seen = 0;
        for (uint32_t i = 0; i < HISTOGRAM_BUCKET_COUNT; i++) {
                seen += histogram->buckets[i];
                if (seen >= rank)
                        return histogram_bucket_value(histogram, i);
        }
        return histogram->max_ns;
}

uint64_t histogram_mean(const struct histogram *histogram)
{
        return histogram->count == 0 ? 0 : histogram->sum_ns / histogram->count;
}

uint64_t histogram_bucket_value(const struct histogram *histogram, uint32_t index)
{
        ensure(index < HISTOGRAM_BUCKET_COUNT);
        uint64_t last = bucket_last(index);

        return last < histogram->max_ns ? last : histogram->max_ns;
}
