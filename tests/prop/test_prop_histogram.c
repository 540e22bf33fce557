/* SPDX-License-Identifier: MIT */
/*
 * A histogram against the sorted array of what was recorded: each percentile is the exact one or at
 * most 1/256 more. Ranks are counted in integers here.
 */
#include "probe/histogram.h"

#include <string.h>

#include "suite.h"
#include "support/random.h"

enum { VALUES_MAX = 3000, ROUNDS = 100, RANDOM_PERCENTS = 50 };

/* Percentages are counted in units of 1/10000. */
enum { PERCENT = 10000 };

typedef uint64_t draw(struct random *random);

static uint64_t draw_uniform(struct random *random)
{
        return random_next(random) % 10000000;
}

static uint64_t draw_small(struct random *random)
{
        return random_next(random) % 600;
}

/* As many halvings as there are leading zeros: exponential by factors of two, uniform between. */
static uint64_t draw_exponential(struct random *random)
{
        uint64_t halvings = (uint64_t)__builtin_clzll(random_next(random) | 1);

        return 10000 * halvings + random_next(random) % 10000;
}

static uint64_t draw_constant(struct random *random)
{
        (void)random;
        return 265123;
}

static uint64_t draw_power_or_neighbour(struct random *random)
{
        uint64_t power = UINT64_C(1) << random_next(random) % 42;

        return power + random_next(random) % 3 - 1;
}

/* Any order of magnitude the buckets know; all of them together do not overflow a sum. */
static uint64_t draw_any_magnitude(struct random *random)
{
        return random_next(random) >> (22 + random_next(random) % 42);
}

static uint64_t draw_huge(struct random *random)
{
        return random_next(random) >> (12 + random_next(random) % 20);
}

static uint64_t draw_outliers(struct random *random)
{
        return random_next(random) % 1000 == 0 ? random_next(random) >> 23
                                               : 20000 + random_next(random) % 1000;
}

static draw *const draws[] = {
        draw_uniform,  draw_small,         draw_exponential,
        draw_constant, draw_any_magnitude, draw_power_or_neighbour,
        draw_huge,     draw_outliers,
};

static uint64_t values[VALUES_MAX];
static size_t value_count;
static struct histogram histogram;

static int compare(const void *a, const void *b)
{
        const uint64_t *left = a;
        const uint64_t *right = b;

        return *left < *right ? -1 : *left > *right;
}

static void check_percentile(uint64_t percent)
{
        uint64_t rank = (value_count * percent + 100 * PERCENT - 1) / (100 * PERCENT);
        uint64_t exact = values[rank > 0 ? rank - 1 : 0];
        uint64_t read = histogram_percentile(&histogram, (double)percent / (double)PERCENT);

        ck_assert_uint_ge(read, exact);
        ck_assert_uint_le(read, histogram.max_ns);
        if (exact < 512)
                ck_assert_uint_eq(read, exact);
        else if (exact < HISTOGRAM_VALUE_END)
                ck_assert_uint_le(read, exact + exact / 256);
}

static void check_totals(void)
{
        uint64_t sum = 0;

        for (size_t i = 0; i < value_count; i++)
                sum += values[i];
        ck_assert_uint_eq(histogram.count, value_count);
        ck_assert_uint_eq(histogram.sum_ns, sum);
        ck_assert_uint_eq(histogram.min_ns, values[0]);
        ck_assert_uint_eq(histogram.max_ns, values[value_count - 1]);
        ck_assert_uint_eq(histogram_mean(&histogram), sum / value_count);
}

/* Records some of the values in one histogram and the rest in another, and adds them. */
static void check_adding(struct random *random)
{
        static struct histogram parts[2];

        histogram_clear(&parts[0]);
        histogram_clear(&parts[1]);
        for (size_t i = 0; i < value_count; i++)
                histogram_record(&parts[random_next(random) % 2], values[i]);
        histogram_add(&parts[0], &parts[1]);
        ck_assert_mem_eq(&parts[0], &histogram, sizeof(histogram));
}

static void check_round(struct random *random, draw *next)
{
        static const uint64_t percents[] = { 0,
                                             50 * PERCENT,
                                             90 * PERCENT,
                                             99 * PERCENT,
                                             100 * PERCENT - PERCENT / 10,
                                             100 * PERCENT - PERCENT / 100,
                                             100 * PERCENT };

        histogram_clear(&histogram);
        value_count = 1 + random_next(random) % VALUES_MAX;
        for (size_t i = 0; i < value_count; i++) {
                values[i] = next(random);
                histogram_record(&histogram, values[i]);
        }
        qsort(values, value_count, sizeof(values[0]), compare);
        check_totals();
        for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++)
                check_percentile(percents[i]);
        for (unsigned i = 0; i < RANDOM_PERCENTS; i++)
                check_percentile(random_next(random) % (100 * PERCENT + 1));
        check_adding(random);
}

START_TEST(percentiles_agree_with_a_sorted_array)
{
        struct random random = random_from_environment();

        for (unsigned round = 0; round < ROUNDS; round++)
                for (size_t i = 0; i < sizeof(draws) / sizeof(draws[0]); i++)
                        check_round(&random, draws[i]);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = { percentiles_agree_with_a_sorted_array };

        return SUITE_RUN("prop histogram", tests);
}
