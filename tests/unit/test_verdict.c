/* SPDX-License-Identifier: MIT */
#include "probe/verdict.h"

#include "suite.h"

/* The documented exit codes. */
static const char *const words[] = { "ok", "corrupt", "lossy", "refused", "timeout", "reset" };

START_TEST(every_verdict_has_its_word_and_its_exit_code)
{
        ck_assert_uint_eq(VERDICT_COUNT, sizeof(words) / sizeof(words[0]));
        for (unsigned i = 0; i < VERDICT_COUNT; i++)
                ck_assert_str_eq(verdict_word((enum verdict)i), words[i]);
}
END_TEST

START_TEST(any_finding_is_graver_than_ok)
{
        ck_assert_int_eq(verdict_graver(VERDICT_OK, VERDICT_OK), VERDICT_OK);
        for (unsigned i = 1; i < VERDICT_COUNT; i++) {
                ck_assert_uint_eq(verdict_graver((enum verdict)i, VERDICT_OK), i);
                ck_assert_uint_eq(verdict_graver(VERDICT_OK, (enum verdict)i), i);
        }
}
END_TEST

START_TEST(lower_finding_is_the_graver_one)
{
        for (unsigned i = 1; i < VERDICT_COUNT; i++) {
                for (unsigned j = i; j < VERDICT_COUNT; j++) {
                        ck_assert_uint_eq(verdict_graver((enum verdict)i, (enum verdict)j), i);
                        ck_assert_uint_eq(verdict_graver((enum verdict)j, (enum verdict)i), i);
                }
        }
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                every_verdict_has_its_word_and_its_exit_code,
                any_finding_is_graver_than_ok,
                lower_finding_is_the_graver_one,
        };

        return SUITE_RUN("verdict", tests);
}
