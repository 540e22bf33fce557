/* SPDX-License-Identifier: MIT */
#include "scripts.h"
#include "suite.h"
#include "support/events_script.h"

#define EVENT(operation, times) (EVENTS_SCRIPT_##operation + EVENTS_SCRIPT_OPERATIONS * ((times)-1))

/* One, as many as a small ring has, and one more. */
static const uint8_t alphabet[] = {
        EVENT(PUT, 1),  EVENT(PUT, 3),  EVENT(PUT, 4),  EVENT(PUT, 5),
        EVENT(TAKE, 1), EVENT(TAKE, 2), EVENT(TAKE, 4),
};

START_TEST(every_script_of_up_to_six_events_agrees_with_the_model)
{
        ck_assert_uint_eq(scripts_run_all(events_script_run, alphabet, sizeof(alphabet), 6),
                          1 + 7 + 49 + 343 + 2401 + 16807 + 117649);
}
END_TEST

START_TEST(long_random_scripts_agree_with_the_model)
{
        scripts_run_random(events_script_run);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                every_script_of_up_to_six_events_agrees_with_the_model,
                long_random_scripts_agree_with_the_model,
        };

        return SUITE_RUN("prop events", tests);
}
