/* SPDX-License-Identifier: MIT */
/*
 * Whether a source may have one more connection: it has to be on no list of those who may not, may
 * not come too often, and may not have too many. The first limit that says no is the reason, and
 * none behind it is asked: who is not welcome takes no token, who comes too often no place.
 *
 * All threads ask the same limits, at accept and close only. All zero = no limits.
 */
#pragma once

#include "core/access.h"
#include "core/bucket.h"
#include "core/counters.h"
#include "core/source.h"

/* Of a connection that no source is charged with. */
#define SOURCE_NONE UINT32_MAX

/* What it leads to is the caller's. NULL = there is no such limit. */
struct admission {
        const struct access_list *access;
        struct bucket_table *rate;
        struct source_table *sources;
        uint32_t max_per_source; /* with sources: 1 or more */
};

/*
 * REFUSED_NONE, and *ret_source is for admission_put(); or why not, which is REFUSED_ACCESS,
 * REFUSED_RATE or REFUSED_SOURCE, and there is nothing to give back: *ret_source is SOURCE_NONE.
 */
enum counters_refused admission_take(const struct admission *admission, struct ip ip,
                                     uint64_t now_ns, uint32_t *ret_source);

/*
 * False of who is on a list of those who may not. A proxy is asked this alone: for the other limits
 * its clients count.
 */
bool admission_allows(const struct admission *admission, struct ip ip);

/* The end of a connection that is refused when it is open already, for its proxy's header. */
enum conn_end admission_conn_end(enum counters_refused refusal);

/* The connection is over, or never was. Before anything else counts it as closed. */
void admission_put(const struct admission *admission, uint32_t source);
