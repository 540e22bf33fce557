/* SPDX-License-Identifier: MIT */
/*
 * Payload that knows its place: the byte at an offset of a connection's stream. Loss, repeats,
 * reordering and bytes of another connection all show as a wrong byte.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

static inline unsigned char pattern(unsigned conn, uint64_t offset)
{
        return (unsigned char)((offset * 31) ^ (offset >> 8) ^ (conn * 101));
}

static inline void pattern_fill(unsigned char *data, uint64_t size, unsigned conn, uint64_t offset)
{
        for (uint64_t i = 0; i < size; i++)
                data[i] = pattern(conn, offset + i);
}

/* The first index where data is not the pattern; size if all is right. */
static inline uint64_t pattern_check(const unsigned char *data, uint64_t size, unsigned conn,
                                     uint64_t offset)
{
        uint64_t i = 0;

        while (i < size && data[i] == pattern(conn, offset + i))
                i++;
        return i;
}
