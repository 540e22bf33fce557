/* SPDX-License-Identifier: MIT */
#include "core/admission.h"

#include "core/ensure.h"

bool admission_allows(const struct admission *admission, struct ip ip)
{
        return admission->access == NULL || access_allows(admission->access, ip);
}

enum counters_refused admission_take(const struct admission *admission, struct ip ip,
                                     uint64_t now_ns, uint32_t *ret_source)
{
        *ret_source = SOURCE_NONE;
        if (!admission_allows(admission, ip))
                return REFUSED_ACCESS;
        if (admission->rate != NULL && !bucket_take(admission->rate, ip, now_ns))
                return REFUSED_RATE;
        if (admission->sources != NULL &&
            !source_take(admission->sources, ip, admission->max_per_source, ret_source))
                return REFUSED_SOURCE;
        return REFUSED_NONE;
}

void admission_put(const struct admission *admission, uint32_t source)
{
        if (source != SOURCE_NONE)
                source_put(admission->sources, source);
}

enum conn_end admission_conn_end(enum counters_refused refusal)
{
        static const enum conn_end ends[REFUSED_COUNT] = {
                [REFUSED_ACCESS] = CONN_END_ACCESS,
                [REFUSED_RATE] = CONN_END_RATE,
                [REFUSED_SOURCE] = CONN_END_SOURCE,
        };

        ensure(refusal < REFUSED_COUNT && ends[refusal] != CONN_OPEN);
        return ends[refusal];
}
