/* SPDX-License-Identifier: MIT */
/* An operator's words under arbitrary bytes: see options_script.h. */
#include "support/options_script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        options_script_run(data, size);
        return 0;
}
