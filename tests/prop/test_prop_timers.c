/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/random.h"
#include "support/timers_script.h"

enum { EXHAUSTIVE_LENGTH = 5, LONG_LENGTH = 4096, LONG_COUNT = 500 };

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
enum { EVENTS = sizeof(alphabet) };

/* Counts through all scripts of the length over the alphabet. */
static bool next_script(uint8_t digits[EXHAUSTIVE_LENGTH], unsigned length)
{
        for (unsigned i = 0; i < EXHAUSTIVE_LENGTH && i < length; i++) {
                if (++digits[i] < EVENTS)
                        return true;
                digits[i] = 0;
        }
        return false;
}

START_TEST(every_script_of_up_to_five_events_agrees_with_the_model)
{
        uint64_t count = 0;

        for (unsigned length = 0; length <= EXHAUSTIVE_LENGTH; length++) {
                uint8_t digits[EXHAUSTIVE_LENGTH] = { 0 };
                do {
                        uint8_t script[EXHAUSTIVE_LENGTH];
                        for (unsigned i = 0; i < EXHAUSTIVE_LENGTH; i++)
                                script[i] = alphabet[digits[i]];
                        timers_script_run(script, length);
                        count++;
                } while (next_script(digits, length));
        }
        printf("%" PRIu64 " scripts\n", count);
        ck_assert_uint_eq(count, 1 + 13 + 169 + 2197 + 28561 + 371293);
}
END_TEST

START_TEST(long_random_scripts_agree_with_the_model)
{
        struct random random = random_from_environment();
        static uint8_t script[LONG_LENGTH];

        for (unsigned i = 0; i < LONG_COUNT; i++) {
                for (unsigned j = 0; j < LONG_LENGTH; j++)
                        script[j] = (uint8_t)random_next(&random);
                timers_script_run(script, LONG_LENGTH);
        }
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("prop timers");
        TCase *tests = tcase_create("scripts");
        SRunner *runner = srunner_create(suite);

        tcase_set_timeout(tests, 120);
        tcase_add_test(tests, every_script_of_up_to_five_events_agrees_with_the_model);
        tcase_add_test(tests, long_random_scripts_agree_with_the_model);
        suite_add_tcase(suite, tests);
        srunner_run_all(runner, CK_NORMAL);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
