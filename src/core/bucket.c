/* SPDX-License-Identifier: MIT */
/*
 * The generic cell rate algorithm: a bucket is the time at which it will be full, a token moves it
 * on, and it may lie no more than two seconds ahead. Time is counted in units that make a token a
 * power of two, so nothing is rounded when tokens add up.
 *
 * A word is that time plus the source's tag, which has zeros where the time's low bits are. Those
 * bits tell everybody how much a bucket lacks; the ones above, once the tag is taken off, are near
 * the present only for the source itself. So a word says whose it is and when, with nothing to be
 * swept: one that is long past is like no one's.
 */
#include "core/bucket.h"

#include "core/ensure.h"

enum { TIME_BITS = 36, BURST_SECONDS = 2, SKEW_SECONDS = 2 };

#define SPAN (UINT64_C(1) << TIME_BITS) /* of time: half a minute to a whole one */
#define NS_PER_SECOND UINT64_C(1000000000)

/* A word of a set: the source's own, or the one that it may take for its own. */
struct way {
        bucket_word *place;
        uint64_t seen;    /* what was there */
        uint64_t full_at; /* units */
};

void bucket_init(struct bucket_table *table, bucket_word *words, uint32_t count, uint32_t rate,
                 const struct siphash_key *key)
{
        ensure((uintptr_t)words % (BUCKET_WAYS * sizeof(*words)) == 0);
        ensure(count >= BUCKET_WAYS && (count & (count - 1)) == 0);
        ensure(rate > 0 && rate <= BUCKET_RATE_MAX);
        *table = (struct bucket_table){
                .words = words,
                .set_mask = count / BUCKET_WAYS - 1,
                .second = rate,
                .token = 1,
                .key = *key,
        };
        while (table->second < NS_PER_SECOND) {
                table->second <<= 1;
                table->token <<= 1;
        }
        for (uint32_t i = 0; i < count; i++)
                atomic_init(&words[i], 0);
}

static uint64_t units_from(const struct bucket_table *table, uint64_t ns)
{
        return ns / NS_PER_SECOND * table->second +
               ns % NS_PER_SECOND * table->second / NS_PER_SECOND;
}

static uint64_t hash_source(const struct bucket_table *table, struct ip ip)
{
        struct ip prefix = ip_prefix(ip);
        struct siphash hash;

        siphash_begin(&hash, &table->key);
        siphash_word(&hash, prefix.high);
        siphash_word(&hash, prefix.low);
        return siphash_end(&hash, NULL, 0);
}

/* What a bucket may lack for a thread whose clock is behind that of another. */
static uint64_t most_lack(const struct bucket_table *table)
{
        return (BURST_SECONDS + SKEW_SECONDS) * table->second;
}

/* How many units a bucket lacks, whoever's it is; 0 = it may be forgotten. */
static uint64_t lack_of(const struct bucket_table *table, uint64_t word, uint64_t now)
{
        uint64_t ahead = (word - now) & (SPAN - 1);

        return word != 0 && ahead <= most_lack(table) ? ahead : 0;
}

/* The source's word, or else the word of the set that lacks least. */
static struct way find_way(const struct bucket_table *table, uint64_t hash, uint64_t now)
{
        bucket_word *set = table->words + (hash & table->set_mask) * BUCKET_WAYS;
        uint64_t tag = hash & ~(SPAN - 1);
        struct way best = { .full_at = now };
        uint64_t least = UINT64_MAX;

        for (unsigned i = 0; i < BUCKET_WAYS; i++) {
                uint64_t word = atomic_load_explicit(&set[i], memory_order_relaxed);
                uint64_t lack = lack_of(table, word, now);
                if (word - tag - now + SPAN / 2 <= SPAN / 2 + most_lack(table))
                        return (struct way){ &set[i], word, now + lack };
                if (lack < least) {
                        least = lack;
                        best.place = &set[i];
                        best.seen = word;
                }
        }
        return best;
}

bool bucket_take(struct bucket_table *table, struct ip ip, uint64_t now_ns)
{
        uint64_t hash = hash_source(table, ip);
        uint64_t tag = hash & ~(SPAN - 1);
        uint64_t now = units_from(table, now_ns);

        for (unsigned tries = 0; tries < BUCKET_TRIES_MAX; tries++) {
                struct way way = find_way(table, hash, now);
                uint64_t full_at = way.full_at + table->token;
                if (full_at - now > BURST_SECONDS * table->second)
                        return false;
                if (atomic_compare_exchange_strong_explicit(way.place, &way.seen, full_at + tag,
                                                            memory_order_relaxed,
                                                            memory_order_relaxed))
                        return true;
        }
        return false;
}
