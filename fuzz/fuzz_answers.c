/* SPDX-License-Identifier: MIT */
/* What echoprobe makes of arbitrary answers at arbitrary times: see answers_script.h. */
#include "support/answers_script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        answers_script_run(data, size);
        return 0;
}
