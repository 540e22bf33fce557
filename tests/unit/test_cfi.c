/* SPDX-License-Identifier: MIT */
/* What a build with CFI stops: each of these goes on, with whatever it finds, in another one. */
#include <limits.h>
#include <signal.h>

#include "suite.h"

/* The compiler must not know what is in these. */
static volatile int number = INT_MAX;
static volatile unsigned place = 4;
static int table[4];

static int takes_a_number(int value)
{
        return value;
}

static int (*volatile right)(int) = takes_a_number;
static int (*volatile wrong)(const char *) = (int (*)(const char *))(void (*)(void))takes_a_number;

START_TEST(call_of_another_type)
{
        ck_assert_int_ne(wrong(""), 0);
}
END_TEST

START_TEST(index_behind_the_end)
{
        table[place]++;
}
END_TEST

START_TEST(sum_that_overflows)
{
        number = number + 1;
}
END_TEST

START_TEST(call_of_its_type)
{
        ck_assert_int_eq(right(1), 1);
}
END_TEST

static int run_traps(void)
{
        const TTest *const tests[] = {
                call_of_another_type,
                index_behind_the_end,
                sum_that_overflows,
        };

        return SUITE_RUN_RAISING("cfi traps", tests, SIGILL);
}

int main(void)
{
        const TTest *const tests[] = { call_of_its_type };

        int status = SUITE_RUN("cfi", tests);

        return run_traps() == EXIT_SUCCESS ? status : EXIT_FAILURE;
}
