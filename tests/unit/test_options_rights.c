/* SPDX-License-Identifier: MIT */
/* What the options about users and the sandbox mean. */
#include "service/options.h"

#include <stdio.h>

#include "command_line.h"

START_TEST(user_is_a_name_or_two_numbers)
{
        ck_assert_int_eq(PARSE(NULL), OPTIONS_RUN);
        ck_assert(!options.is_user_given);
        ck_assert_int_eq(PARSE("--user", "echo"), OPTIONS_RUN);
        ck_assert(options.is_user_given);
        ck_assert_str_eq(options.user.name, "echo");
        ck_assert_int_eq(PARSE("--user=echo", "--user=4294967294:0"), OPTIONS_RUN);
        ck_assert_ptr_null(options.user.name);
        ck_assert_uint_eq(options.user.uid, 4294967294);
        ck_assert_uint_eq(options.user.gid, 0);
        ck_assert_uint_eq(options.max_connections, 65536);
}
END_TEST

START_TEST(sandbox_is_left_out_or_required_by_name)
{
        ck_assert_int_eq(PARSE(NULL), OPTIONS_RUN);
        ck_assert(!options.no_sandbox && !options.require_sandbox);
        ck_assert_int_eq(PARSE("--no-sandbox"), OPTIONS_RUN);
        ck_assert(options.no_sandbox && !options.require_sandbox);
        ck_assert_int_eq(PARSE("--require-sandbox"), OPTIONS_RUN);
        ck_assert(!options.no_sandbox && options.require_sandbox);
}
END_TEST

/* By its number root may have been meant for another user. */
START_TEST(root_is_only_to_be_had_by_its_name)
{
        EXPECT_WRONG("--user: `0:5`: expected another user, or the name root", "--user=0:5");
        EXPECT_WRONG("--user: `00:0`: expected another user, or the name root", "--user", "00:0");
}
END_TEST

START_TEST(user_by_numbers_has_two_of_them)
{
        static const char *const wrong[] = { ":",   "1:",   ":1", "4294967295:1", "1:99999999999",
                                             "a:b", "1:2:3" };
        char why[128];

        for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
                snprintf(why, sizeof(why),
                         "--user: `%s`: expected a name, or numbers as 65534:65534", wrong[i]);
                EXPECT_WRONG(why, "--user", wrong[i]);
        }
}
END_TEST

START_TEST(user_is_not_empty)
{
        EXPECT_WRONG("--user: ``: expected NAME|UID:GID", "--user=");
        EXPECT_WRONG("--user: no value: expected NAME|UID:GID", "--user");
}
END_TEST

START_TEST(sandbox_is_not_both_required_and_left_out)
{
        EXPECT_WRONG("--require-sandbox: expected no --no-sandbox beside it", "--no-sandbox",
                     "--require-sandbox");
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                user_is_a_name_or_two_numbers,
                sandbox_is_left_out_or_required_by_name,
                root_is_only_to_be_had_by_its_name,
                user_by_numbers_has_two_of_them,
                user_is_not_empty,
                sandbox_is_not_both_required_and_left_out,
        };

        return SUITE_RUN("options rights", tests);
}
