/* SPDX-License-Identifier: MIT */
/*
 * A limit of what a source may do a second, for all workers: the buckets of core/bucket.h with
 * their memory and a key that nobody knows.
 */
#pragma once

#include "core/bucket.h"

/* Sources that are short of tokens at once, before the limit weakens: 128 KiB. */
enum { RATE_BUCKETS = 16384 };

struct rate {
        struct bucket_table buckets;
        bucket_word *words; /* NULL = there is no limit */
};

/* A key for a table that strangers write into; 0 or -errno. */
__attribute__((warn_unused_result)) int rate_draw_key(struct siphash_key *ret_key);

/*
 * `per_second` is 0, for no limit, to BUCKET_RATE_MAX. 0; or -errno, and there is nothing to
 * close.
 */
__attribute__((warn_unused_result)) int rate_open(struct rate *rate, uint64_t per_second);

/* What workers ask; NULL = no limit. Borrowed until rate_close(). */
struct bucket_table *rate_buckets(struct rate *rate);

/* After the workers have ended. */
void rate_close(struct rate *rate);
