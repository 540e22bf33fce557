/* SPDX-License-Identifier: MIT */
#include "probe/histogram_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "probe/histogram_steps.h"
#include "suite.h"

static struct histogram histogram;

static const char *text_of_histogram(void)
{
        static char text[32768];
        FILE *stream = fmemopen(text, sizeof(text), "w");

        ck_assert_int_eq(histogram_file_print(stream, &histogram), 0);
        fclose(stream);
        return text;
}

/* How many steps there are up to 100. */
static unsigned count_steps(void)
{
        struct histogram_steps steps;
        struct histogram_step step;
        unsigned count = 0;

        histogram_steps_begin(&steps, &histogram);
        while (count < 1000 && histogram_steps_next(&steps, &step))
                count++;
        return count;
}

START_TEST(empty_histogram_has_no_steps)
{
        histogram_clear(&histogram);
        ck_assert_str_eq(text_of_histogram(),
                         "       Value     Percentile TotalCount 1/(1-Percentile)\n"
                         "\n"
                         "#[Mean    =        0.000, StdDeviation   =        0.000]\n"
                         "#[Max     =        0.000, Total count    =            0]\n"
                         "#[Buckets =           34, SubBuckets     =          512]\n");
}
END_TEST

START_TEST(values_are_told_by_percentile)
{
        static const uint64_t values[] = { 100, 200, 300, 400, 500 };

        histogram_clear(&histogram);
        for (unsigned i = 0; i < 5; i++)
                histogram_record(&histogram, values[i]);
        ck_assert_str_eq(text_of_histogram(),
                         "       Value     Percentile TotalCount 1/(1-Percentile)\n"
                         "\n"
                         "       0.100 0.000000000000          1           1.00\n"
                         "       0.100 0.100000000000          1           1.11\n"
                         "       0.100 0.200000000000          1           1.25\n"
                         "       0.200 0.300000000000          2           1.43\n"
                         "       0.200 0.400000000000          2           1.67\n"
                         "       0.300 0.500000000000          3           2.00\n"
                         "       0.300 0.550000000000          3           2.22\n"
                         "       0.300 0.600000000000          3           2.50\n"
                         "       0.400 0.650000000000          4           2.86\n"
                         "       0.400 0.700000000000          4           3.33\n"
                         "       0.400 0.750000000000          4           4.00\n"
                         "       0.400 0.775000000000          4           4.44\n"
                         "       0.400 0.800000000000          4           5.00\n"
                         "       0.500 0.825000000000          5           5.71\n"
                         "       0.500 1.000000000000          5\n"
                         "#[Mean    =        0.300, StdDeviation   =        0.141]\n"
                         "#[Max     =        0.500, Total count    =            5]\n"
                         "#[Buckets =           34, SubBuckets     =          512]\n");
}
END_TEST

START_TEST(one_value_is_told_twice)
{
        histogram_clear(&histogram);
        histogram_record(&histogram, 1234567);
        ck_assert_uint_eq(count_steps(), 2);
}
END_TEST

START_TEST(percentage_is_told_of_no_more_values_than_have_it)
{
        struct histogram_steps steps;
        struct histogram_step step = { 0 };
        double last = -1;

        histogram_clear(&histogram);
        for (uint64_t i = 0; i < 100000; i++)
                histogram_record(&histogram, i * i);
        histogram_steps_begin(&steps, &histogram);
        while (histogram_steps_next(&steps, &step)) {
                ck_assert_double_gt(step.percent, last);
                ck_assert_double_ge((double)step.count, step.percent * 100000 / 100);
                last = step.percent;
        }
        ck_assert_double_eq(last, 100);
        ck_assert_uint_eq(step.value_ns, histogram.max_ns);
}
END_TEST

START_TEST(steps_end_even_if_a_single_value_of_billions_is_last)
{
        histogram_clear(&histogram);
        histogram_record(&histogram, 1);
        histogram.buckets[1] = UINT64_C(1) << 60;
        histogram.count = UINT64_C(1) << 60;
        histogram_record(&histogram, 1000);
        ck_assert_uint_lt(count_steps(), 400);
}
END_TEST

START_TEST(file_that_cannot_be_opened_is_an_error)
{
        histogram_clear(&histogram);
        ck_assert_int_eq(histogram_file_write("/nonexistent/file", &histogram), -ENOENT);
}
END_TEST

START_TEST(full_disk_is_an_error)
{
        histogram_clear(&histogram);
        ck_assert_int_eq(histogram_file_write("/dev/full", &histogram), -ENOSPC);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                empty_histogram_has_no_steps,
                values_are_told_by_percentile,
                one_value_is_told_twice,
                percentage_is_told_of_no_more_values_than_have_it,
                steps_end_even_if_a_single_value_of_billions_is_last,
                file_that_cannot_be_opened_is_an_error,
                full_disk_is_an_error,
        };

        return SUITE_RUN("histogram file", tests);
}
