/* SPDX-License-Identifier: MIT */
#include "probe/pace.h"

#include "suite.h"

static const uint64_t second_ns = 1000000000;
static const uint64_t year_ns = UINT64_C(365) * 24 * 3600 * 1000000000;

START_TEST(first_message_is_due_at_the_start)
{
        const struct pace pace = { .start_ns = 12345, .rate = 7 };

        ck_assert_uint_eq(pace_due(&pace, 0), 12345);
        ck_assert_uint_eq(pace_count(&pace, 12344), 0);
        ck_assert_uint_eq(pace_count(&pace, 12345), 1);
}
END_TEST

START_TEST(nothing_is_due_before_the_start)
{
        const struct pace pace = { .start_ns = UINT64_MAX / 2, .rate = 1000000 };

        ck_assert_uint_eq(pace_count(&pace, 0), 0);
        ck_assert_uint_eq(pace_count(&pace, UINT64_MAX / 2 - 1), 0);
}
END_TEST

START_TEST(one_a_second_is_due_at_whole_seconds)
{
        const struct pace pace = { .start_ns = 5, .rate = 1 };

        for (uint64_t number = 0; number < 1000; number++)
                ck_assert_uint_eq(pace_due(&pace, number), 5 + number * second_ns);
}
END_TEST

START_TEST(greatest_rate_is_one_a_nanosecond)
{
        const struct pace pace = { .start_ns = 100, .rate = 1000000000 };

        for (uint64_t number = 0; number < 1000; number++)
                ck_assert_uint_eq(pace_due(&pace, number), 100 + number);
        ck_assert_uint_eq(pace_count(&pace, 100 + 999), 1000);
}
END_TEST

/* 333,333,333.3 and 666,666,666.7 ns, rounded down; the fourth is a whole second again. */
START_TEST(fractions_of_a_nanosecond_do_not_add_up)
{
        const struct pace pace = { .start_ns = 0, .rate = 3 };

        ck_assert_uint_eq(pace_due(&pace, 1), 333333333);
        ck_assert_uint_eq(pace_due(&pace, 2), 666666666);
        ck_assert_uint_eq(pace_due(&pace, 3), second_ns);
        ck_assert_uint_eq(pace_due(&pace, 3000000), 1000000 * second_ns);
        ck_assert_uint_eq(pace_count(&pace, 333333332), 1);
        ck_assert_uint_eq(pace_count(&pace, 333333333), 2);
}
END_TEST

START_TEST(schedule_does_not_drift_in_a_hundred_years)
{
        const struct pace pace = { .start_ns = 77, .rate = 999999937 };
        uint64_t seconds = 100 * year_ns / second_ns;

        ck_assert_uint_eq(pace_due(&pace, seconds * pace.rate), 77 + 100 * year_ns);
        ck_assert_uint_eq(pace_count(&pace, 77 + 100 * year_ns), seconds * pace.rate + 1);
        ck_assert_uint_eq(pace_count(&pace, 76 + 100 * year_ns), seconds * pace.rate);
}
END_TEST

START_TEST(message_beyond_all_time_is_never_due)
{
        const struct pace slow = { .start_ns = 1, .rate = 1 };
        const struct pace late = { .start_ns = UINT64_MAX - 5, .rate = 1 };

        ck_assert_uint_eq(pace_due(&slow, UINT64_MAX), UINT64_MAX);
        ck_assert_uint_eq(pace_due(&slow, UINT64_MAX / second_ns + 1), UINT64_MAX);
        ck_assert_uint_eq(pace_due(&late, 1), UINT64_MAX);
        ck_assert_uint_eq(pace_due(&late, 1000), UINT64_MAX);
}
END_TEST

START_TEST(message_within_the_last_second_of_all_time_is_due)
{
        const struct pace slow = { .start_ns = 0, .rate = 1 };
        const struct pace late = { .start_ns = UINT64_MAX - 5, .rate = 1000000000 };
        uint64_t last = UINT64_MAX / second_ns;

        ck_assert_uint_eq(pace_due(&slow, last), last * second_ns);
        ck_assert_uint_eq(pace_due(&late, 0), UINT64_MAX - 5);
        ck_assert_uint_eq(pace_due(&late, 4), UINT64_MAX - 1);
        ck_assert_uint_eq(pace_due(&late, 6), UINT64_MAX);
        ck_assert_uint_eq(pace_count(&late, UINT64_MAX - 1), 5);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                first_message_is_due_at_the_start,
                nothing_is_due_before_the_start,
                one_a_second_is_due_at_whole_seconds,
                greatest_rate_is_one_a_nanosecond,
                fractions_of_a_nanosecond_do_not_add_up,
                schedule_does_not_drift_in_a_hundred_years,
                message_beyond_all_time_is_never_due,
                message_within_the_last_second_of_all_time_is_due,
        };

        return SUITE_RUN("pace", tests);
}
