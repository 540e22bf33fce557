/* SPDX-License-Identifier: MIT */
#include "scripts.h"
#include "suite.h"
#include "support/access_script.h"

#define EVENT(operation, argument) \
        (ACCESS_SCRIPT_##operation + ACCESS_SCRIPT_OPERATIONS * (argument))

/* Networks within each other and beside each other, and both families. */
static const uint8_t alphabet[] = {
        EVENT(ADDRESS, 0), /* :: */
        EVENT(ADDRESS, 6), /* 10.0.0.1 */
        EVENT(ADDRESS, 8), /* 255.255.255.255 */
        EVENT(FLIP, 40),   /* bit 120 */
        EVENT(LENGTH, 0),  /* 0 */
        EVENT(LENGTH, 32), /* 96 */
        EVENT(LENGTH, 50), /* 121 */
        EVENT(LENGTH, 43), /* 128 */
        EVENT(ALLOW, 0),   EVENT(DENY, 0),
};

START_TEST(every_script_of_up_to_five_events_agrees_with_the_model)
{
        ck_assert_uint_eq(scripts_run_all(access_script_run, alphabet, sizeof(alphabet), 5),
                          111111);
}
END_TEST

START_TEST(random_scripts_agree_with_the_model)
{
        scripts_run_some(access_script_run, 300, 120);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                every_script_of_up_to_five_events_agrees_with_the_model,
                random_scripts_agree_with_the_model,
        };

        return SUITE_RUN("prop access", tests);
}
