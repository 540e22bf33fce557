/* SPDX-License-Identifier: MIT */
/* The whole server on a simulated kernel that the input steers: see world.h. */
#include "support/world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct choice choice = choice_from_bytes(data, size);

        (void)world_run(&choice, &(struct world_settings){ .steps = UINT32_MAX });
        return 0;
}
