/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/conn_script.h"
#include "support/random.h"

enum { EXHAUSTIVE_LENGTH = 6, LONG_LENGTH = 4096, LONG_COUNT = 500 };

/* Counts through all scripts of the length over the operations, without arguments. */
static bool next_script(uint8_t script[EXHAUSTIVE_LENGTH], unsigned length)
{
        for (unsigned i = 0; i < EXHAUSTIVE_LENGTH && i < length; i++) {
                if (++script[i] < CONN_SCRIPT_OPERATIONS)
                        return true;
                script[i] = 0;
        }
        return false;
}

START_TEST(every_script_of_up_to_six_events_agrees_with_the_model)
{
        uint64_t count = 0;

        for (unsigned length = 0; length <= EXHAUSTIVE_LENGTH; length++) {
                uint8_t script[EXHAUSTIVE_LENGTH] = { 0 };
                do {
                        conn_script_run(script, length);
                        count++;
                } while (next_script(script, length));
        }
        printf("%" PRIu64 " scripts\n", count);
        ck_assert_uint_eq(count, 1 + 11 + 121 + 1331 + 14641 + 161051 + 1771561);
}
END_TEST

START_TEST(long_random_scripts_agree_with_the_model)
{
        struct random random = random_from_environment();
        static uint8_t script[LONG_LENGTH];

        for (unsigned i = 0; i < LONG_COUNT; i++) {
                for (unsigned j = 0; j < LONG_LENGTH; j++)
                        script[j] = (uint8_t)random_next(&random);
                conn_script_run(script, LONG_LENGTH);
        }
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("prop conn");
        TCase *tests = tcase_create("scripts");
        SRunner *runner = srunner_create(suite);

        tcase_set_timeout(tests, 120);
        tcase_add_test(tests, every_script_of_up_to_six_events_agrees_with_the_model);
        tcase_add_test(tests, long_random_scripts_agree_with_the_model);
        suite_add_tcase(suite, tests);
        srunner_run_all(runner, CK_NORMAL);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
