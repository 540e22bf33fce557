/* SPDX-License-Identifier: MIT */
/* What becomes of datagrams, under arbitrary events: see datagram_script.h. */
#include "support/datagram_script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        datagram_script_run(data, size);
        return 0;
}
