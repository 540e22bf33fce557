/* SPDX-License-Identifier: MIT */
#include "scripts.h"
#include "suite.h"
#include "support/timers_script.h"

#define EVENT(operation, argument) \
        (TIMERS_SCRIPT_##operation + TIMERS_SCRIPT_OPERATIONS * (argument))
#define WITH_TIMER(timer, delay) ((timer) + TIMERS_SCRIPT_TIMERS * (delay))

/*
 * Two timers that share a bucket or do not, on the finest level, at its end, one above and beyond
 * the wheel; steps that stop short of them, meet them and jump over everything.
 */
static const uint8_t alphabet[] = {
        EVENT(ARM, WITH_TIMER(0, 2)),    /* one tick */
        EVENT(ARM, WITH_TIMER(0, 4)),    /* 64 ticks */
        EVENT(ARM, WITH_TIMER(1, 2)),    /* one tick */
        EVENT(ARM, WITH_TIMER(1, 7)),    /* 4096 ticks and 1 ns */
        EVENT(ARM, WITH_TIMER(1, 11)),   /* 2^31 ticks */
        EVENT(EXTEND, WITH_TIMER(0, 5)), /* 64 ticks and 1 ns */
        EVENT(DISARM, 0),
        EVENT(ADVANCE, 2),  /* one tick */
        EVENT(ADVANCE, 5),  /* 63 ticks */
        EVENT(ADVANCE, 9),  /* 4096 ticks */
        EVENT(ADVANCE, 14), /* to timers_next() */
        EVENT(POP, 0),      /* all */
        EVENT(POP, 1),      /* one */
};

START_TEST(every_script_of_up_to_five_events_agrees_with_the_model)
{
        ck_assert_uint_eq(scripts_run_all(timers_script_run, alphabet, sizeof(alphabet), 5),
                          1 + 13 + 169 + 2197 + 28561 + 371293);
}
END_TEST

START_TEST(long_random_scripts_agree_with_the_model)
{
        scripts_run_random(timers_script_run);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                every_script_of_up_to_five_events_agrees_with_the_model,
                long_random_scripts_agree_with_the_model,
        };

        return SUITE_RUN("prop timers", tests);
}
