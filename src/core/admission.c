/* SPDX-License-Identifier: MIT */
#include "core/admission.h"

enum counters_refused admission_take(const struct admission *admission, struct ip ip,
                                     uint64_t now_ns, uint32_t *ret_source)
{
        *ret_source = SOURCE_NONE;
        if (admission->access != NULL && !access_allows(admission->access, ip))
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
