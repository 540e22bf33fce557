/* SPDX-License-Identifier: MIT */
/* The words of echoprobe's command line under arbitrary bytes: see probe_options_script.h. */
#include "support/probe_options_script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        probe_options_script_run(data, size);
        return 0;
}
