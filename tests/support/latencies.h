/* SPDX-License-Identifier: MIT */
/* What a model has seen of latencies, in the plainest terms, to hold a result against. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/ensure.h"
#include "probe/result.h"

struct latencies {
        uint64_t count;
        uint64_t sum_ns;
        uint64_t min_ns;
        uint64_t max_ns;
        uint64_t last_ns;
        uint64_t jitter_sum_ns;
};

static inline void latencies_add(struct latencies *latencies, uint64_t latency_ns)
{
        if (latencies->count > 0 && latency_ns > latencies->last_ns)
                latencies->jitter_sum_ns += latency_ns - latencies->last_ns;
        if (latencies->count > 0 && latency_ns < latencies->last_ns)
                latencies->jitter_sum_ns += latencies->last_ns - latency_ns;
        if (latencies->count == 0 || latency_ns < latencies->min_ns)
                latencies->min_ns = latency_ns;
        if (latency_ns > latencies->max_ns)
                latencies->max_ns = latency_ns;
        latencies->count++;
        latencies->sum_ns += latency_ns;
        latencies->last_ns = latency_ns;
}

static inline void latencies_check(const struct latencies *latencies, const struct result *result)
{
        ensure(result->messages == latencies->count);
        ensure(result->latency.count == latencies->count);
        ensure(result->latency.sum_ns == latencies->sum_ns);
        ensure(result->latency.max_ns == latencies->max_ns);
        ensure(latencies->count == 0 || result->latency.min_ns == latencies->min_ns);
        ensure(result->jitter_sum_ns == latencies->jitter_sum_ns);
        ensure(result->jitter_count == (latencies->count > 0 ? latencies->count - 1 : 0));
}
