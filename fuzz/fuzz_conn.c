/* SPDX-License-Identifier: MIT */
/* The core of one connection under arbitrary events: see conn_script.h. */
#include "support/conn_script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        conn_script_run(data, size);
        return 0;
}
