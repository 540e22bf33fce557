/* SPDX-License-Identifier: MIT */
#include "core/quota.h"

#include "suite.h"

START_TEST(nothing_is_held_at_first)
{
        struct quota quota = { 0 };

        ck_assert_uint_eq(quota_held(&quota), 0);
}
END_TEST

START_TEST(no_more_is_to_be_had_than_allowed)
{
        struct quota quota = { 0 };

        for (unsigned i = 0; i < 3; i++)
                ck_assert(quota_take(&quota, 3));
        ck_assert(!quota_take(&quota, 3));
        ck_assert_uint_eq(quota_held(&quota), 3);
}
END_TEST

START_TEST(one_that_was_refused_is_not_held)
{
        struct quota quota = { 0 };

        ck_assert(!quota_take(&quota, 0));
        ck_assert_uint_eq(quota_held(&quota), 0);
        ck_assert(quota_take(&quota, 1));
}
END_TEST

START_TEST(what_was_given_back_is_to_be_had_again)
{
        struct quota quota = { 0 };

        ck_assert(quota_take(&quota, 1));
        quota_put(&quota);
        ck_assert_uint_eq(quota_held(&quota), 0);
        ck_assert(quota_take(&quota, 1));
}
END_TEST

/* A limit that was lowered holds back newcomers, and takes nothing away. */
START_TEST(less_may_be_allowed_than_is_held)
{
        struct quota quota = { 0 };

        ck_assert(quota_take(&quota, 2));
        ck_assert(quota_take(&quota, 2));
        ck_assert(!quota_take(&quota, 1));
        ck_assert_uint_eq(quota_held(&quota), 2);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                nothing_is_held_at_first,         no_more_is_to_be_had_than_allowed,
                one_that_was_refused_is_not_held, what_was_given_back_is_to_be_had_again,
                less_may_be_allowed_than_is_held,
        };

        return SUITE_RUN("quota", tests);
}
