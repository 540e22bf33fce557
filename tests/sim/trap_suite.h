/* SPDX-License-Identifier: MIT */
/* The main of a check program about the simulated kernel: what it must die of, and what it does. */
#pragma once

#include <check.h>
#include <signal.h>
#include <stdlib.h>

#define TRAP_SUITE_RUN(name, traps, rest)                                     \
        trap_suite_run(name, traps, sizeof(traps) / sizeof((traps)[0]), rest, \
                       sizeof(rest) / sizeof((rest)[0]))

static inline int trap_suite_run(const char *name, const TTest *const *traps, size_t trap_count,
                                 const TTest *const *rest, size_t rest_count)
{
        Suite *suite = suite_create(name);
        TCase *tcase = tcase_create(name);
        SRunner *runner = srunner_create(suite);

        suite_add_tcase(suite, tcase);
        for (size_t i = 0; i < trap_count; i++)
                tcase_add_test_raise_signal(tcase, traps[i], SIGABRT);
        for (size_t i = 0; i < rest_count; i++)
                tcase_add_test(tcase, rest[i]);
        srunner_run_all(runner, CK_NORMAL);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
