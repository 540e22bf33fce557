/* SPDX-License-Identifier: MIT */
#include "scripts.h"
#include "suite.h"
#include "support/conn_script.h"

START_TEST(every_script_of_up_to_six_events_agrees_with_the_model)
{
        uint8_t operations[CONN_SCRIPT_OPERATIONS]; /* without arguments */

        for (uint8_t i = 0; i < CONN_SCRIPT_OPERATIONS; i++)
                operations[i] = i;
        ck_assert_uint_eq(scripts_run_all(conn_script_run, operations, CONN_SCRIPT_OPERATIONS, 6),
                          1 + 13 + 169 + 2197 + 28561 + 371293 + 4826809);
}
END_TEST

START_TEST(long_random_scripts_agree_with_the_model)
{
        scripts_run_random(conn_script_run);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                every_script_of_up_to_six_events_agrees_with_the_model,
                long_random_scripts_agree_with_the_model,
        };

        return SUITE_RUN("prop conn", tests);
}
