/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <stdlib.h>

#include "process.h"

/* Only counts where check forks; meson has a time limit of its own. */
enum { TIMEOUT_S = 120 };

int suite_run(TCase *tcase)
{
        Suite *suite = suite_create("system");
        SRunner *runner = srunner_create(suite);

        tcase_add_checked_fixture(tcase, NULL, process_kill_all);
        tcase_set_timeout(tcase, TIMEOUT_S);
        suite_add_tcase(suite, tcase);
        srunner_run_all(runner, CK_NORMAL);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
