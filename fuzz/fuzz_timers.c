/* SPDX-License-Identifier: MIT */
/* The timer wheel under arbitrary events: see timers_script.h. */
#include "support/timers_script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        timers_script_run(data, size);
        return 0;
}
