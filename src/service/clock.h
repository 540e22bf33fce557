/* SPDX-License-Identifier: MIT */
/* Time as clock_gettime(2) has it, in ns: CLOCK_MONOTONIC, or CLOCK_REALTIME since 1970. */
#pragma once

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_ns(clockid_t clock)
{
        struct timespec now = { 0 };

        clock_gettime(clock, &now);
        return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}
