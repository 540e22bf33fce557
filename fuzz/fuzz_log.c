/* SPDX-License-Identifier: MIT */
/* Lines of log under arbitrary bytes: see log_script.h. */
#include "support/log_script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        log_script_run(data, size);
        return 0;
}
