/* SPDX-License-Identifier: MIT */
/*
 * What must stop the process in a certain state: each test runs in a child of its own that must die
 * of it, and not before expect_trap().
 */
#pragma once

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "conn_states.h"
#include "suite.h"

enum { EXIT_TRAPPED_TOO_EARLY = 3 };

static struct fixture fixture;
static volatile sig_atomic_t is_trap_expected;
static SRunner *runner;

/* Called again by the same instruction, the default action is the end. */
static void on_trap(int number)
{
        if (!is_trap_expected)
                _exit(EXIT_TRAPPED_TOO_EARLY);
        signal(number, SIG_DFL);
}

static void set_up(void)
{
        const struct rlimit none = { 0, 0 };

        (void)setrlimit(RLIMIT_CORE, &none);
        signal(SIGILL, on_trap);
}

static inline void expect_trap(void)
{
        is_trap_expected = 1;
}

/* For each state, end or number below `end`. */
static inline void trap_states_add_from(TCase *tcase, const TTest *test, int first, int end)
{
        tcase_add_loop_test_raise_signal(tcase, test, SIGILL, first, end);
}

static inline void trap_states_add(TCase *tcase, const TTest *test, int count)
{
        trap_states_add_from(tcase, test, 0, count);
}

static inline TCase *trap_states_open(const char *name)
{
        Suite *suite = suite_create(name);
        TCase *tcase = tcase_create(name);

        runner = srunner_create(suite);
        suite_add_tcase(suite, tcase);
        tcase_add_checked_fixture(tcase, set_up, NULL);
        return tcase;
}

static inline int trap_states_run(void)
{
        srunner_run_all(runner, CK_NORMAL);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
