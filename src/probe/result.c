/* SPDX-License-Identifier: MIT */
#include "probe/result.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/ensure.h"

void result_clear(struct result *result)
{
        memset(result, 0, sizeof(*result));
        histogram_clear(&result->latency);
}

void result_record(struct result *result, uint64_t latency_ns, const uint64_t *last_ns)
{
        result->messages++;
        histogram_record(&result->latency, latency_ns);
        if (last_ns == NULL)
                return;
        result->jitter_count++;
        result->jitter_sum_ns +=
            latency_ns > *last_ns ? latency_ns - *last_ns : *last_ns - latency_ns;
}

uint64_t result_jitter(const struct result *result)
{
        return result->jitter_count == 0 ? 0 : result->jitter_sum_ns / result->jitter_count;
}

void result_fault(struct result *result, enum verdict verdict, const char *format, ...)
{
        va_list arguments;

        ensure(verdict != VERDICT_OK);
        result->faults[verdict]++;
        if (verdict_graver(result->verdict, verdict) == result->verdict)
                return;
        result->verdict = verdict;
        va_start(arguments, format);
        (void)vsnprintf(result->reason, sizeof(result->reason), format, arguments);
        va_end(arguments);
}
