/* SPDX-License-Identifier: MIT */
/*
 * Walks through a histogram by percentiles that come ever closer to 100, as HdrHistogram reports
 * them: five steps for each halving of the distance to 100, and 100 as the last one. Every value is
 * reported at least once, so there are gaps in the steps where many values are equal.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "probe/histogram.h"

struct histogram_step {
        double percent;    /* this part of the values */
        uint64_t value_ns; /* does not exceed this, */
        uint64_t count;    /* and neither do so many of them; not less than the percentage */
};

/* Private; the histogram is borrowed, and does not change meanwhile. */
struct histogram_steps {
        const struct histogram *histogram;
        uint64_t count; /* of the values in buckets before `next` */
        double percent; /* of the next step */
        uint32_t next;
        bool is_over;
};

void histogram_steps_begin(struct histogram_steps *steps, const struct histogram *histogram);

/* False after the last one, and at once if the histogram is empty. */
bool histogram_steps_next(struct histogram_steps *steps, struct histogram_step *ret_step);
