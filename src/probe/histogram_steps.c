/* SPDX-License-Identifier: MIT */
#include "probe/histogram_steps.h"

/* Steps for each halving of what is left to 100; after so many, steps are no longer made smaller.
 */
enum { STEPS_PER_HALVING = 5, HALVINGS_MAX = 40 };

void histogram_steps_begin(struct histogram_steps *steps, const struct histogram *histogram)
{
        *steps =
            (struct histogram_steps){ .histogram = histogram, .is_over = histogram->count == 0 };
}

/* From 0 on a tenth of 100, from 50 on a tenth of the other 50, and so on. */
static double percent_after(double percent)
{
        double left = 100;

        for (unsigned i = 0; i < HALVINGS_MAX && percent >= 100 - left / 2; i++)
                left /= 2;
        return percent + left / (2 * (double)STEPS_PER_HALVING);
}

/* Takes in buckets until they hold the percentage. */
static void advance(struct histogram_steps *steps)
{
        const struct histogram *histogram = steps->histogram;
        double wanted = (double)histogram->count * steps->percent;

        while (steps->next < HISTOGRAM_BUCKET_COUNT &&
               (steps->count == 0 || (double)steps->count * 100 < wanted))
                steps->count += histogram->buckets[steps->next++];
}

bool histogram_steps_next(struct histogram_steps *steps, struct histogram_step *ret_step)
{
        const struct histogram *histogram = steps->histogram;

        if (steps->is_over)
                return false;
        if (steps->count == histogram->count) {
                steps->is_over = true;
                *ret_step = (struct histogram_step){ 100, histogram->max_ns, steps->count };
                return true;
        }
        advance(steps);
        *ret_step = (struct histogram_step){
                .percent = steps->percent,
                .value_ns = histogram_bucket_value(histogram, steps->next - 1),
                .count = steps->count,
        };
        steps->percent = percent_after(steps->percent);
        return true;
}
