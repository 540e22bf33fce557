/* SPDX-License-Identifier: MIT */
#include "limit.h"

#include <time.h>

uint64_t limit_now_us(void)
{
        struct timespec now = { 0 };

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t limit_now_ms(void)
{
        return limit_now_us() / 1000;
}

struct limit limit_start(void)
{
        return (struct limit){ .end_ms = limit_now_ms() + LIMIT_MS };
}

int limit_left_ms(const struct limit *limit)
{
        uint64_t now = limit_now_ms();

        return now < limit->end_ms ? (int)(limit->end_ms - now) : 0;
}

void limit_pause(void)
{
        limit_watch(2);
}

void limit_watch(unsigned ms)
{
        struct timespec rest = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

        while (nanosleep(&rest, &rest) < 0)
                continue; /* a signal only interrupts it */
}
