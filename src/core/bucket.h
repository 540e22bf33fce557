/* SPDX-License-Identifier: MIT */
/*
 * Token buckets, one for each source (see ip_prefix()), in one table of fixed size that all threads
 * share: `rate` tokens a second, and room for twice as many. A source that was not seen before, or
 * not for two seconds, has them all. No lock: a token costs one compare-and-swap.
 *
 * What a source gets is exact: from any moment on, twice the rate and what time adds, and never
 * less; except that, if the rate does not divide a second into whole ns, a token may be there up to
 * 1 ns early. Threads may disagree about the time by up to two seconds; whose clock is ahead may
 * get what the others get later.
 *
 * A bucket is one word, the time at which it will be full again, and the table keeps only what is
 * not full now. When more sources than a set of the table holds are short of tokens at once, the
 * one that lacks least is forgotten, and so has all its tokens: a full table only weakens the
 * limit. A newcomer shares another's bucket once in 2^25, which nobody can aim at.
 */
#pragma once

#include <stdatomic.h>

#include "core/ip.h"
#include "core/siphash.h"

enum {
        BUCKET_RATE_MAX = 1000000000, /* the clock counts ns */
        BUCKET_WAYS = 8,              /* words of a set: one cache line */
        BUCKET_TRIES_MAX = 16,        /* races to lose before a token is refused */
};

typedef _Atomic uint64_t bucket_word;

struct bucket_table {
        bucket_word *words;
        uint64_t set_mask;
        uint64_t second; /* units of time in a second: 10^9 to 2 * 10^9, so that */
        uint64_t token;  /* the units in which one token comes are a power of two */
        struct siphash_key key;
};

/*
 * All buckets are full. `words` is aligned to 64 bytes and stays the caller's; `count`, a power of
 * two of at least BUCKET_WAYS, is how many there are. The rate is 1 to BUCKET_RATE_MAX.
 */
void bucket_init(struct bucket_table *table, bucket_word *words, uint32_t count, uint32_t rate,
                 const struct siphash_key *key);

/* Takes a token of the source that `ip` belongs to; false, and none is taken, if it has none. */
bool bucket_take(struct bucket_table *table, struct ip ip, uint64_t now_ns);
