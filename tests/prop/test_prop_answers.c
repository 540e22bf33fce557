/* SPDX-License-Identifier: MIT */
#include "scripts.h"
#include "suite.h"
#include "support/answers_script.h"

START_TEST(long_random_scripts_agree_with_the_models)
{
        scripts_run_random(answers_script_run);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = { long_random_scripts_agree_with_the_models };

        return SUITE_RUN("prop answers", tests);
}
