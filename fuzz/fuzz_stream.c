/* SPDX-License-Identifier: MIT */
/* Arbitrary bytes in arbitrary pieces come out as they went in: see stream_script.h. */
#include "support/stream_script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        stream_script_run(data, size);
        return 0;
}
