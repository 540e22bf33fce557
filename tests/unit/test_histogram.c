/* SPDX-License-Identifier: MIT */
#include "probe/histogram.h"

#include "suite.h"

static struct histogram histogram;

static void record_all(const uint64_t *values, size_t value_count)
{
        histogram_clear(&histogram);
        for (size_t i = 0; i < value_count; i++)
                histogram_record(&histogram, values[i]);
}

START_TEST(empty_histogram_says_zero)
{
        histogram_clear(&histogram);
        ck_assert_uint_eq(histogram.count, 0);
        ck_assert_uint_eq(histogram.min_ns, UINT64_MAX);
        ck_assert_uint_eq(histogram.max_ns, 0);
        ck_assert_uint_eq(histogram_mean(&histogram), 0);
        ck_assert_uint_eq(histogram_percentile(&histogram, 0), 0);
        ck_assert_uint_eq(histogram_percentile(&histogram, 100), 0);
}
END_TEST

START_TEST(every_percentile_of_one_value_is_that_value)
{
        static const uint64_t values[] = { 123456789 };

        record_all(values, 1);
        for (double percent = 0; percent <= 100; percent += 12.5)
                ck_assert_uint_eq(histogram_percentile(&histogram, percent), 123456789);
        ck_assert_uint_eq(histogram_mean(&histogram), 123456789);
}
END_TEST

START_TEST(values_below_512_are_exact)
{
        histogram_clear(&histogram);
        for (uint64_t value = 0; value < 512; value++)
                histogram_record(&histogram, value);
        for (uint64_t value = 0; value < 512; value++)
                ck_assert_uint_eq(histogram_percentile(&histogram, (double)(value + 1) * 100 / 512),
                                  value);
}
END_TEST

/* 1000 and 1001 share a bucket, of which 1001 is the last; 1002 is in the next. */
START_TEST(value_is_read_back_as_the_last_of_its_bucket)
{
        static const uint64_t values[] = { 10, 1000, 2000 };

        record_all(values, 3);
        ck_assert_uint_eq(histogram_percentile(&histogram, 50), 1001);
}
END_TEST

START_TEST(first_and_last_are_exact)
{
        static const uint64_t values[] = { 1000000, 2000000, 3000000 };

        record_all(values, 3);
        ck_assert_uint_eq(histogram_percentile(&histogram, 0), 1000000);
        ck_assert_uint_eq(histogram_percentile(&histogram, 33), 1000000);
        ck_assert_uint_gt(histogram_percentile(&histogram, 34), 1000000);
        ck_assert_uint_eq(histogram_percentile(&histogram, 100), 3000000);
}
END_TEST

/* In binary fractions, 99.9 % of 41000 is a little more than 40959. */
START_TEST(percentile_that_falls_on_a_value_is_that_value)
{
        histogram_clear(&histogram);
        for (unsigned i = 0; i < 40959; i++)
                histogram_record(&histogram, 7);
        for (unsigned i = 40959; i < 41000; i++)
                histogram_record(&histogram, 500);
        ck_assert_uint_eq(histogram_percentile(&histogram, 99.9), 7);
        ck_assert_uint_eq(histogram_percentile(&histogram, 99.91), 500);
}
END_TEST

START_TEST(values_of_more_than_an_hour_are_no_more_than_the_maximum)
{
        static const uint64_t values[] = { 1, HISTOGRAM_VALUE_END - 1, HISTOGRAM_VALUE_END,
                                           HISTOGRAM_VALUE_END << 10 };

        record_all(values, 4);
        ck_assert_uint_eq(histogram_percentile(&histogram, 50), HISTOGRAM_VALUE_END - 1);
        ck_assert_uint_eq(histogram_percentile(&histogram, 75), HISTOGRAM_VALUE_END << 10);
        ck_assert_uint_eq(histogram_percentile(&histogram, 100), HISTOGRAM_VALUE_END << 10);
}
END_TEST

START_TEST(greatest_value_there_is_can_be_recorded)
{
        static const uint64_t values[] = { UINT64_MAX };

        record_all(values, 1);
        ck_assert_uint_eq(histogram.max_ns, UINT64_MAX);
        ck_assert_uint_eq(histogram_percentile(&histogram, 50), UINT64_MAX);
}
END_TEST

START_TEST(empty_histogram_adds_nothing)
{
        static const uint64_t values[] = { 5, 6 };
        static struct histogram empty;

        histogram_clear(&empty);
        record_all(values, 2);
        histogram_add(&histogram, &empty);
        ck_assert_uint_eq(histogram.count, 2);
        ck_assert_uint_eq(histogram.min_ns, 5);
        ck_assert_uint_eq(histogram.max_ns, 6);
}
END_TEST

START_TEST(histogram_is_less_than_100_kilobytes)
{
        ck_assert_uint_lt(sizeof(struct histogram), 100000);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                empty_histogram_says_zero,
                every_percentile_of_one_value_is_that_value,
                values_below_512_are_exact,
                value_is_read_back_as_the_last_of_its_bucket,
                first_and_last_are_exact,
                percentile_that_falls_on_a_value_is_that_value,
                values_of_more_than_an_hour_are_no_more_than_the_maximum,
                greatest_value_there_is_can_be_recorded,
                empty_histogram_adds_nothing,
                histogram_is_less_than_100_kilobytes,
        };

        return SUITE_RUN("histogram", tests);
}
