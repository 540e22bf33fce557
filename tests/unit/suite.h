/* SPDX-License-Identifier: MIT */
/* The main of a check program: runs an array of tests, all as one case; each may have to trap. */
#pragma once

#include <check.h>
#include <stdlib.h>

#define SUITE_RUN(name, tests) SUITE_RUN_RAISING(name, tests, 0)
#define SUITE_RUN_RAISING(name, tests, signal) \
        suite_run(name, tests, sizeof(tests) / sizeof((tests)[0]), signal)

static inline int suite_run(const char *name, const TTest *const *tests, size_t test_count,
                            int signal)
{
        Suite *suite = suite_create(name);
        TCase *tcase = tcase_create(name);
        SRunner *runner = srunner_create(suite);

        tcase_set_timeout(tcase, 120);
        suite_add_tcase(suite, tcase);
        for (size_t i = 0; i < test_count; i++)
                tcase_add_test_raise_signal(tcase, tests[i], signal);
        srunner_run_all(runner, CK_NORMAL);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
