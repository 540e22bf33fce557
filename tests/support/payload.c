/* SPDX-License-Identifier: MIT */
#include "support/payload.h"

#include <string.h>

#include "support/pattern.h"

enum { PERIOD = 65536, STRIDE = 40503 };

/* Two periods, so that a run of one period may begin anywhere in the first. */
static unsigned char table[2 * PERIOD];

static const unsigned char *run_at(uint32_t stream, uint64_t offset)
{
        if (table[1] != pattern(0, 1))
                pattern_fill(table, sizeof(table), 0, 0);
        return table + (stream * STRIDE + offset) % PERIOD;
}

void payload_fill(unsigned char *data, uint32_t size, uint32_t stream, uint64_t offset)
{
        while (size > 0) {
                uint32_t part = size < PERIOD ? size : PERIOD;
                memcpy(data, run_at(stream, offset), part);
                data += part;
                offset += part;
                size -= part;
        }
}

bool payload_matches(const unsigned char *data, uint32_t size, uint32_t stream, uint64_t offset)
{
        while (size > 0) {
                uint32_t part = size < PERIOD ? size : PERIOD;
                if (memcmp(data, run_at(stream, offset), part) != 0)
                        return false;
                data += part;
                offset += part;
                size -= part;
        }
        return true;
}
