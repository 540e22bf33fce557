/* SPDX-License-Identifier: MIT */
/* The text of a network: see cidr_script.h. */
#include "support/cidr_script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        cidr_script_run(data, size);
        return 0;
}
