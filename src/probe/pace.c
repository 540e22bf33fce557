/* SPDX-License-Identifier: MIT */
#include "probe/pace.h"

#include "core/ensure.h"

static const uint64_t second_ns = 1000000000;

/* Seconds and the rest apart, so that no product overflows. */
uint64_t pace_due(const struct pace *pace, uint64_t number)
{
        ensure(pace->rate > 0 && pace->rate <= second_ns);
        uint64_t seconds = number / pace->rate;
        uint64_t rest_ns = number % pace->rate * second_ns / pace->rate;
        uint64_t left_ns = UINT64_MAX - pace->start_ns;
        if (seconds > left_ns / second_ns || rest_ns > left_ns - seconds * second_ns)
                return UINT64_MAX;
        return pace->start_ns + seconds * second_ns + rest_ns;
}

/* Whole ns are due times rounded down: a message is due once its exact time is before now + 1. */
uint64_t pace_count(const struct pace *pace, uint64_t now_ns)
{
        ensure(pace->rate > 0 && pace->rate <= second_ns);
        if (now_ns < pace->start_ns)
                return 0;
        uint64_t past_ns = now_ns - pace->start_ns;
        uint64_t whole = past_ns / second_ns * pace->rate;
        uint64_t parts = (past_ns % second_ns + 1) * pace->rate;
        return whole + (parts + second_ns - 1) / second_ns;
}
