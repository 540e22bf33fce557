/* SPDX-License-Identifier: MIT */
#include "core/timers.h"

#include <string.h>

#include "suite.h"

enum { CONNS = 4, STEPS_MAX = 100, BUCKETS = TIMERS_LEVELS * TIMERS_BUCKETS };

#define TICK_NS (UINT64_C(1) << TIMERS_TICK_SHIFT)

/* Ticks that a bucket of a level spans. */
#define SPAN(level) (UINT64_C(1) << ((level)*TIMERS_LEVEL_SHIFT))

static struct timers timers;
static struct conn conns[CONNS];

static void start(uint64_t now_ns)
{
        timers_init(&timers, conns, now_ns);
        for (uint32_t i = 0; i < CONNS; i++)
                timers_clear(&timers, i);
}

/* Where the hands of the levels stand in various ways: at 0, at their ends, in between. */
static const uint64_t starts_ns[] = {
        0,
        1,
        TICK_NS - 1,
        TICK_NS,
        63 * TICK_NS,
        64 * TICK_NS,
        100 * TICK_NS + 12345,
        4095 * TICK_NS + 7,
        (SPAN(4) - 1) * TICK_NS,
        UINT64_C(1000000000) * 86400 * 365 + 987654321,
};
enum { STARTS = sizeof(starts_ns) / sizeof(starts_ns[0]) };

struct run {
        unsigned early; /* how often the timer popped before its deadline */
        uint64_t fired_ns;
};

/* Runs timer 0 to its deadline as a worker does, waking when timers_next() says. */
static struct run run_to(uint64_t deadline_ns)
{
        struct run run = { .early = 0 };

        timers_arm(&timers, 0, deadline_ns);
        for (unsigned step = 0; step < STEPS_MAX; step++) {
                run.fired_ns = timers_next(&timers);
                ck_assert_uint_eq(timers_pop(&timers, run.fired_ns - 1), TIMERS_NONE);
                ck_assert_uint_eq(timers_next(&timers), run.fired_ns);
                ck_assert_uint_eq(timers_pop(&timers, run.fired_ns), 0);
                if (deadline_ns <= run.fired_ns)
                        return run;
                run.early++;
                timers_arm(&timers, 0, deadline_ns);
        }
        ck_abort_msg("the deadline never came");
}

START_TEST(without_timers_there_is_nothing_to_wait_for)
{
        start(5 * TICK_NS);
        ck_assert_uint_eq(timers_next(&timers), UINT64_MAX);
        ck_assert_uint_eq(timers_pop(&timers, 5 * TICK_NS), TIMERS_NONE);
        ck_assert_uint_eq(timers_pop(&timers, UINT64_MAX - 1), TIMERS_NONE);
        ck_assert_uint_eq(timers_next(&timers), UINT64_MAX);
}
END_TEST

START_TEST(what_the_memory_held_before_does_not_matter)
{
        for (uint64_t ticks = 0; ticks < TIMERS_BUCKETS; ticks++) {
                memset(&timers, 0xa5, sizeof(timers));
                memset(conns, 0xa5, sizeof(conns));
                start(0);
                ck_assert_uint_eq(timers_next(&timers), UINT64_MAX);
                timers_arm(&timers, 1, ticks * TICK_NS);
                ck_assert_uint_eq(timers_next(&timers), ticks * TICK_NS);
                ck_assert_uint_eq(timers_pop(&timers, ticks * TICK_NS), 1);
                ck_assert_uint_eq(timers_pop(&timers, ticks * TICK_NS), TIMERS_NONE);
        }
}
END_TEST

START_TEST(near_deadline_pops_at_its_tick_and_never_before)
{
        for (unsigned i = 0; i < STARTS; i++) {
                uint64_t begin_ns = starts_ns[i] / TICK_NS * TICK_NS;
                for (uint64_t ticks = 1; ticks < TIMERS_BUCKETS; ticks++) {
                        start(starts_ns[i]);
                        struct run run = run_to(begin_ns + ticks * TICK_NS);
                        ck_assert_uint_eq(run.early, 0);
                        ck_assert_uint_eq(run.fired_ns, begin_ns + ticks * TICK_NS);
                }
        }
}
END_TEST

START_TEST(deadline_between_ticks_pops_at_the_next)
{
        static const uint64_t offsets_ns[] = { 1, 2, TICK_NS / 2, TICK_NS - 1, TICK_NS };

        for (unsigned i = 0; i < 5; i++) {
                start(10 * TICK_NS);
                struct run run = run_to(20 * TICK_NS + offsets_ns[i]);
                ck_assert_uint_eq(run.early, 0);
                ck_assert_uint_eq(run.fired_ns, 21 * TICK_NS);
        }
}
END_TEST

START_TEST(any_deadline_pops_within_one_tick_after_a_few_early_pops)
{
        for (unsigned i = 0; i < STARTS; i++) {
                for (unsigned shift = 1; shift < 50; shift++) {
                        for (unsigned delta = 0; delta < 3; delta++) {
                                uint64_t delay_ns = (UINT64_C(1) << shift) + delta - 1;
                                start(starts_ns[i]);
                                struct run run = run_to(starts_ns[i] + delay_ns);
                                ck_assert_uint_lt(run.fired_ns - starts_ns[i] - delay_ns, TICK_NS);
                                ck_assert_uint_lt(run.early, TIMERS_LEVELS);
                        }
                }
        }
}
END_TEST

START_TEST(deadline_beyond_the_wheel_pops_early_and_goes_on)
{
        for (unsigned i = 0; i < STARTS; i++) {
                uint64_t deadline_ns = starts_ns[i] + 5 * (UINT64_C(1) << 50) + 1;
                start(starts_ns[i]);
                struct run run = run_to(deadline_ns);
                ck_assert_uint_lt(run.fired_ns - deadline_ns, TICK_NS);
                ck_assert_uint_ge(run.early, 5);
                ck_assert_uint_le(run.early, 5 + TIMERS_LEVELS);
        }
}
END_TEST

START_TEST(the_finest_level_that_reaches_is_taken)
{
        for (unsigned level = 0; level < TIMERS_LEVELS; level++) {
                start(0);
                timers_arm(&timers, 0, 63 * SPAN(level) * TICK_NS);
                ck_assert_uint_ne(timers.occupied[level], 0);
                ck_assert_uint_eq(timers_next(&timers), 63 * SPAN(level) * TICK_NS);
                timers_arm(&timers, 0, 64 * SPAN(level) * TICK_NS);
                ck_assert_uint_ne(timers.occupied[level + 1 < TIMERS_LEVELS ? level + 1 : level],
                                  0);
        }
}
END_TEST

START_TEST(early_pop_comes_at_the_beginning_of_a_coarse_bucket)
{
        start(0);
        timers_arm(&timers, 0, (5 * SPAN(2) + 3 * SPAN(1) + 2) * TICK_NS);
        ck_assert_uint_eq(timers_next(&timers), 5 * SPAN(2) * TICK_NS);
        ck_assert_uint_eq(timers_pop(&timers, 5 * SPAN(2) * TICK_NS), 0);
        timers_arm(&timers, 0, (5 * SPAN(2) + 3 * SPAN(1) + 2) * TICK_NS);
        ck_assert_uint_eq(timers_next(&timers), (5 * SPAN(2) + 3 * SPAN(1)) * TICK_NS);
}
END_TEST

START_TEST(popped_timer_is_disarmed)
{
        start(0);
        timers_arm(&timers, 2, TICK_NS);
        ck_assert_uint_eq(timers_pop(&timers, TICK_NS), 2);
        ck_assert_uint_eq(timers_pop(&timers, TICK_NS), TIMERS_NONE);
        ck_assert_uint_eq(timers_next(&timers), UINT64_MAX);
        ck_assert_uint_eq(conns[2].timer_next, TIMERS_NONE);
        ck_assert_uint_eq(conns[2].timer_prev, TIMERS_NONE);
}
END_TEST

START_TEST(earlier_ticks_pop_first)
{
        start(0);
        timers_arm(&timers, 0, 70 * TICK_NS);
        timers_arm(&timers, 1, 9 * TICK_NS);
        timers_arm(&timers, 2, 3 * TICK_NS);
        timers_arm(&timers, 3, 5000 * TICK_NS);
        ck_assert_uint_eq(timers_pop(&timers, 6000 * TICK_NS), 2);
        ck_assert_uint_eq(timers_pop(&timers, 6000 * TICK_NS), 1);
        ck_assert_uint_eq(timers_pop(&timers, 6000 * TICK_NS), 0);
        ck_assert_uint_eq(timers_pop(&timers, 6000 * TICK_NS), 3);
        ck_assert_uint_eq(timers_pop(&timers, 6000 * TICK_NS), TIMERS_NONE);
}
END_TEST

START_TEST(one_that_is_not_due_stays_when_others_pop)
{
        start(0);
        timers_arm(&timers, 0, 3 * TICK_NS);
        timers_arm(&timers, 1, 4 * TICK_NS);
        ck_assert_uint_eq(timers_pop(&timers, 4 * TICK_NS - 1), 0);
        ck_assert_uint_eq(timers_pop(&timers, 4 * TICK_NS - 1), TIMERS_NONE);
        ck_assert_uint_eq(timers_next(&timers), 4 * TICK_NS);
        ck_assert_uint_eq(timers_pop(&timers, 4 * TICK_NS), 1);
}
END_TEST

START_TEST(rearmed_earlier_pops_earlier)
{
        start(0);
        timers_arm(&timers, 0, 5000 * TICK_NS);
        timers_arm(&timers, 0, 2 * TICK_NS);
        ck_assert_uint_eq(timers_next(&timers), 2 * TICK_NS);
        ck_assert_uint_eq(timers_pop(&timers, 2 * TICK_NS), 0);
        ck_assert_uint_eq(timers_next(&timers), UINT64_MAX);
}
END_TEST

START_TEST(rearmed_later_does_not_pop_at_the_old_deadline)
{
        start(0);
        timers_arm(&timers, 0, 2 * TICK_NS);
        timers_arm(&timers, 0, 40 * TICK_NS);
        ck_assert_uint_eq(timers_pop(&timers, 39 * TICK_NS), TIMERS_NONE);
        ck_assert_uint_eq(timers_pop(&timers, 40 * TICK_NS), 0);
}
END_TEST

START_TEST(disarmed_timer_does_not_pop)
{
        start(0);
        timers_arm(&timers, 0, 2 * TICK_NS);
        timers_disarm(&timers, 0);
        ck_assert_uint_eq(timers_next(&timers), UINT64_MAX);
        ck_assert_uint_eq(timers_pop(&timers, 3 * TICK_NS), TIMERS_NONE);
        timers_disarm(&timers, 0);
        ck_assert_uint_eq(timers_next(&timers), UINT64_MAX);
}
END_TEST

START_TEST(deadline_of_never_disarms)
{
        start(0);
        timers_arm(&timers, 0, 2 * TICK_NS);
        timers_arm(&timers, 0, UINT64_MAX);
        ck_assert_uint_eq(timers_next(&timers), UINT64_MAX);
        ck_assert_uint_eq(timers_pop(&timers, UINT64_MAX - 1), TIMERS_NONE);
}
END_TEST

/* Every order of leaving a bucket of three or four, by disarming or by popping. */
START_TEST(timers_leave_a_shared_bucket_in_any_order)
{
        for (unsigned disarmed = 0; disarmed < 1U << CONNS; disarmed++) {
                for (unsigned turn = 0; turn < CONNS; turn++) {
                        unsigned popped = 0;
                        uint32_t index;
                        start(0);
                        for (uint32_t i = 0; i < CONNS; i++)
                                timers_arm(&timers, (i + turn) % CONNS, 2 * TICK_NS);
                        for (uint32_t i = 0; i < CONNS; i++)
                                if ((disarmed >> i & 1) != 0)
                                        timers_disarm(&timers, i);
                        while ((index = timers_pop(&timers, 2 * TICK_NS)) != TIMERS_NONE)
                                popped |= 1U << index;
                        ck_assert_uint_eq(popped, ~disarmed & ((1U << CONNS) - 1));
                        for (unsigned level = 0; level < TIMERS_LEVELS; level++)
                                ck_assert_uint_eq(timers.occupied[level], 0);
                }
        }
}
END_TEST

START_TEST(deadline_in_the_past_pops_at_once_before_this_tick_was_popped)
{
        start(100 * TICK_NS + 5);
        timers_arm(&timers, 0, 3);
        ck_assert_uint_eq(timers_next(&timers), 100 * TICK_NS);
        ck_assert_uint_eq(timers_pop(&timers, 100 * TICK_NS + 5), 0);
}
END_TEST

START_TEST(deadline_in_the_past_pops_at_the_next_tick_after_this_one_was_popped)
{
        start(100 * TICK_NS);
        ck_assert_uint_eq(timers_pop(&timers, 100 * TICK_NS + 5), TIMERS_NONE);
        timers_arm(&timers, 0, 3);
        ck_assert_uint_eq(timers_pop(&timers, 101 * TICK_NS - 1), TIMERS_NONE);
        ck_assert_uint_eq(timers_next(&timers), 101 * TICK_NS);
        ck_assert_uint_eq(timers_pop(&timers, 101 * TICK_NS), 0);
}
END_TEST

START_TEST(popping_again_at_the_same_time_changes_nothing)
{
        start(0);
        timers_arm(&timers, 0, 8 * TICK_NS);
        ck_assert_uint_eq(timers_pop(&timers, 7 * TICK_NS), TIMERS_NONE);
        ck_assert_uint_eq(timers.tick, 8);
        ck_assert_uint_eq(timers_pop(&timers, 7 * TICK_NS), TIMERS_NONE);
        ck_assert_uint_eq(timers.tick, 8);
        ck_assert_uint_eq(timers_pop(&timers, 8 * TICK_NS), 0);
}
END_TEST

START_TEST(clock_that_jumps_over_everything_pops_everything_once)
{
        start(0);
        for (uint32_t i = 0; i < CONNS; i++)
                timers_arm(&timers, i, (UINT64_C(1) << (25 + 10 * i)));
        unsigned popped = 0;
        for (uint32_t i = 0; i < CONNS; i++)
                popped |= 1U << timers_pop(&timers, UINT64_C(1) << 60);
        ck_assert_uint_eq(popped, (1U << CONNS) - 1);
        ck_assert_uint_eq(timers_pop(&timers, UINT64_C(1) << 60), TIMERS_NONE);
}
END_TEST

/* The clock ends in 584 years; a worker that waits for a time in the past would spin until then. */
START_TEST(next_is_not_in_the_past_in_the_last_ticks_of_time)
{
        for (uint64_t left_ns = 1; left_ns < 4 * TICK_NS; left_ns += TICK_NS / 16 - 1) {
                uint64_t now_ns = UINT64_MAX - 5 * TICK_NS;
                start(now_ns);
                timers_arm(&timers, 0, UINT64_MAX - left_ns);
                ck_assert_uint_gt(timers_next(&timers), now_ns);
        }
}
END_TEST

START_TEST(last_deadline_that_can_be_told_in_time_still_pops)
{
        start(UINT64_MAX - 100 * TICK_NS);
        struct run run = run_to(UINT64_MAX - TICK_NS);
        ck_assert_uint_eq(run.fired_ns, UINT64_MAX - TICK_NS + 1);
        timers_arm(&timers, 0, UINT64_MAX - TICK_NS + 1);
        ck_assert_uint_eq(timers_next(&timers), UINT64_MAX);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                without_timers_there_is_nothing_to_wait_for,
                what_the_memory_held_before_does_not_matter,
                near_deadline_pops_at_its_tick_and_never_before,
                deadline_between_ticks_pops_at_the_next,
                any_deadline_pops_within_one_tick_after_a_few_early_pops,
                deadline_beyond_the_wheel_pops_early_and_goes_on,
                the_finest_level_that_reaches_is_taken,
                early_pop_comes_at_the_beginning_of_a_coarse_bucket,
                popped_timer_is_disarmed,
                earlier_ticks_pop_first,
                one_that_is_not_due_stays_when_others_pop,
                rearmed_earlier_pops_earlier,
                rearmed_later_does_not_pop_at_the_old_deadline,
                disarmed_timer_does_not_pop,
                deadline_of_never_disarms,
                timers_leave_a_shared_bucket_in_any_order,
                deadline_in_the_past_pops_at_once_before_this_tick_was_popped,
                deadline_in_the_past_pops_at_the_next_tick_after_this_one_was_popped,
                popping_again_at_the_same_time_changes_nothing,
                clock_that_jumps_over_everything_pops_everything_once,
                next_is_not_in_the_past_in_the_last_ticks_of_time,
                last_deadline_that_can_be_told_in_time_still_pops,
        };

        return SUITE_RUN("timers", tests);
}
