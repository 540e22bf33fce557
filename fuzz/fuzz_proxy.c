/* SPDX-License-Identifier: MIT */
/* What any bytes are taken for as a PROXY header: see proxy_check.h. */
#include "support/proxy_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        proxy_check_run(data, size);
        return 0;
}
