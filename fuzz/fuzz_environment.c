/* SPDX-License-Identifier: MIT */
/* What a service manager may put into the environment: see environment_script.h. */
#include "support/environment_script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        environment_script_run(data, size);
        return 0;
}
