/* SPDX-License-Identifier: MIT */
#include "probe/payload.h"

#include <string.h>

/* Streams begin that far from each other: a prime again, near the golden section of the period. */
enum { STRIDE = 81001 };

static unsigned char table[PAYLOAD_PERIOD + PAYLOAD_RUN_SIZE];

/* The finalizer of SplitMix64 (Steele et al., 2014): neighbouring numbers share no bits. */
static uint64_t mix(uint64_t number)
{
        number = (number ^ (number >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        number = (number ^ (number >> 27)) * UINT64_C(0x94d049bb133111eb);
        return number ^ (number >> 31);
}

void payload_init(void)
{
        for (uint32_t i = 0; i < PAYLOAD_PERIOD; i++)
                table[i] = (unsigned char)mix(i + 1);
        for (uint32_t i = PAYLOAD_PERIOD; i < sizeof(table); i++)
                table[i] = table[i - PAYLOAD_PERIOD];
}

const unsigned char *payload_at(uint64_t stream, uint64_t offset)
{
        uint64_t first = stream % PAYLOAD_PERIOD * STRIDE;

        return table + (first + offset % PAYLOAD_PERIOD) % PAYLOAD_PERIOD;
}

static uint32_t first_difference(const unsigned char *a, const unsigned char *b, uint32_t size)
{
        uint32_t same = 0;

        while (same < size && a[same] == b[same])
                same++;
        return same;
}

uint32_t payload_match(uint64_t stream, uint64_t offset, const unsigned char *data, uint32_t size)
{
        uint32_t matched = 0;

        while (matched < size) {
                uint32_t part = size - matched;
                if (part > PAYLOAD_RUN_SIZE)
                        part = PAYLOAD_RUN_SIZE;
                const unsigned char *expected = payload_at(stream, offset + matched);
                if (memcmp(expected, data + matched, part) != 0)
                        return matched + first_difference(expected, data + matched, part);
                matched += part;
        }
        return matched;
}
