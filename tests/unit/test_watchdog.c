/* SPDX-License-Identifier: MIT */
/* When main looks whether all workers live. */
#include "service/watchdog.h"

#include "suite.h"

static const uint64_t ms_ns = 1000000;

static struct watchdog watchdog;

START_TEST(nobody_watches)
{
        watchdog_init(&watchdog);
        ck_assert_uint_eq(watchdog.next_ns, UINT64_MAX);
        ck_assert(!watchdog_is_due(&watchdog, UINT64_MAX - 1));
        watchdog_start(&watchdog, 0, 5);
        ck_assert(!watchdog_is_due(&watchdog, UINT64_MAX - 1));
}
END_TEST

START_TEST(timeout_has_four_looks)
{
        watchdog_start(&watchdog, 4000 * ms_ns, 100);
        for (uint64_t look = 1; look <= 4; look++) {
                ck_assert_uint_eq(watchdog.next_ns, 100 + look * 1000 * ms_ns);
                ck_assert(!watchdog_is_due(&watchdog, watchdog.next_ns - 1));
                ck_assert(watchdog_is_due(&watchdog, watchdog.next_ns));
        }
}
END_TEST

START_TEST(missed_looks_are_not_made_up_for)
{
        watchdog_start(&watchdog, 4000 * ms_ns, 0);
        ck_assert(watchdog_is_due(&watchdog, 10000 * ms_ns));
        ck_assert(!watchdog_is_due(&watchdog, 10001 * ms_ns));
        ck_assert_uint_eq(watchdog.next_ns, 11000 * ms_ns);
}
END_TEST

START_TEST(looks_leave_time_for_the_rest)
{
        watchdog_start(&watchdog, 1, 0);
        ck_assert_uint_eq(watchdog.next_ns, ms_ns);
        watchdog_start(&watchdog, 4 * ms_ns, 0);
        ck_assert_uint_eq(watchdog.next_ns, ms_ns);
        watchdog_start(&watchdog, 4 * ms_ns + 4, 0);
        ck_assert_uint_eq(watchdog.next_ns, ms_ns + 1);
}
END_TEST

START_TEST(longest_timeout_is_never_over)
{
        watchdog_start(&watchdog, UINT64_MAX, UINT64_MAX - 1);
        ck_assert_uint_eq(watchdog.next_ns, UINT64_MAX);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                nobody_watches,
                timeout_has_four_looks,
                missed_looks_are_not_made_up_for,
                looks_leave_time_for_the_rest,
                longest_timeout_is_never_over,
        };

        return SUITE_RUN("watchdog", tests);
}
