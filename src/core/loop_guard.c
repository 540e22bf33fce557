/* SPDX-License-Identifier: MIT */
#include "core/loop_guard.h"

#include "core/ensure.h"

/* Of an entry that was never used: further from any time than a gap. */
#define NEVER_NS (UINT64_C(1) << 63)

void loop_guard_init(struct loop_guard *guard, struct loop_guard_entry *entries, uint32_t count,
                     const struct siphash_key *key)
{
        ensure(count >= LOOP_GUARD_WAYS && (count & (count - 1)) == 0);
        *guard = (struct loop_guard){
                .entries = entries,
                .set_mask = count / LOOP_GUARD_WAYS - 1,
                .key = *key,
        };
        for (uint32_t i = 0; i < count; i++)
                entries[i] = (struct loop_guard_entry){ .last_ns = NEVER_NS };
}

uint64_t loop_guard_identify(const struct loop_guard *guard, struct ip source, uint16_t source_port,
                             const unsigned char *payload, uint32_t payload_size)
{
        struct siphash hash;

        siphash_begin(&hash, &guard->key);
        siphash_word(&hash, source.high);
        siphash_word(&hash, source.low);
        siphash_word(&hash, (uint64_t)payload_size << 16 | source_port);
        return siphash_end(&hash, payload, payload_size);
}

static bool is_over(const struct loop_guard_entry *entry, uint64_t now_ns)
{
        return now_ns - entry->last_ns >= LOOP_GUARD_GAP_NS;
}

/*
 * Whether `a` is to be forgotten rather than `b`: it is over, or repeats fewer. Among equals the
 * place decides, so newcomers fight for one place; by age they would take each other's in turn.
 */
static bool is_worth_less(const struct loop_guard_entry *a, const struct loop_guard_entry *b,
                          uint64_t now_ns)
{
        if (is_over(a, now_ns) || is_over(b, now_ns))
                return !is_over(b, now_ns);
        return a->repeats < b->repeats;
}

/* The entry of the identity; if it has none, it takes over another, with no repeats yet. */
static struct loop_guard_entry *find_entry(struct loop_guard *guard, uint64_t identity,
                                           uint64_t now_ns)
{
        struct loop_guard_entry *set =
            guard->entries + (uint64_t)((uint32_t)identity & guard->set_mask) * LOOP_GUARD_WAYS;
        uint32_t tag = (uint32_t)(identity >> 32);
        struct loop_guard_entry *least = set;

        for (unsigned i = 0; i < LOOP_GUARD_WAYS; i++) {
                if (set[i].tag == tag)
                        return &set[i];
                if (is_worth_less(&set[i], least, now_ns))
                        least = &set[i];
        }
        *least = (struct loop_guard_entry){ .last_ns = NEVER_NS, .tag = tag };
        return least;
}

bool loop_guard_admit(struct loop_guard *guard, uint64_t identity, uint64_t now_ns)
{
        struct loop_guard_entry *entry = find_entry(guard, identity, now_ns);

        entry->repeats = is_over(entry, now_ns) ? 0 : entry->repeats + 1;
        entry->last_ns = now_ns;
        if (entry->repeats < LOOP_GUARD_REPEATS + LOOP_GUARD_INTERVAL)
                return true;
        entry->repeats = LOOP_GUARD_REPEATS;
        return false;
}
