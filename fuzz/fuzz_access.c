/* SPDX-License-Identifier: MIT */
/* Access lists of any networks: see access_script.h. */
#include "support/access_script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        access_script_run(data, size);
        return 0;
}
