/* SPDX-License-Identifier: MIT */
/*
 * Breaks loops with other echo servers by deliberate loss. Such a server on a high port looks like
 * any client; but it sends back what it got, so only a loop dies when one datagram is left
 * unanswered. A client that repeats itself that fast loses one in 64, as networks do.
 *
 * A repeat is the same payload from the same address and port less than 100 ms after the last one.
 * After LOOP_GUARD_REPEATS of them in a row every LOOP_GUARD_INTERVAL-th is refused. So:
 * - One datagram that circulates is gone after LOOP_GUARD_REPEATS + LOOP_GUARD_INTERVAL repeats.
 *   Of n that are alike, one more goes with every further LOOP_GUARD_INTERVAL; different ones are
 *   counted separately.
 * - Nothing is ever refused to a client unless it sent the same payload 1,064 times in a row with
 *   less than 100 ms between each two: more than ten a second for 100 s, say. A client that
 *   alternates between a few payloads counts as that many loops.
 * - A loop whose datagrams come further apart than that, or in bursts with such a gap between
 *   them, is not seen: the rate of its source bounds it.
 *
 * The table has a fixed size. When more loops meet in a set than it holds, the one with fewest
 * repeats is forgotten, so the others still come to their end, and then it does: a full table
 * delays, it does not refuse. One thread only. The kernel gives all datagrams of one peer to one of
 * the sockets that share a port, so each worker has a guard of its own; where workers share a
 * socket, each sees a part of a loop and ends it so much later.
 */
#pragma once

#include "core/ip.h"
#include "core/siphash.h"

enum {
        LOOP_GUARD_REPEATS = 1000,
        LOOP_GUARD_INTERVAL = 64,
        LOOP_GUARD_WAYS = 4, /* entries of a set: one cache line */
};

/* Repeats come less than this apart. */
#define LOOP_GUARD_GAP_NS UINT64_C(100000000)

struct loop_guard_entry {
        uint64_t last_ns;
        uint32_t tag;
        uint32_t repeats; /* in a row; below LOOP_GUARD_REPEATS + LOOP_GUARD_INTERVAL */
};

struct loop_guard {
        struct loop_guard_entry *entries;
        uint32_t set_mask;
        struct siphash_key key;
};

/*
 * `entries` stays the caller's; `count`, a power of two of at least LOOP_GUARD_WAYS, is how many
 * there are. Best aligned to 64 bytes.
 */
void loop_guard_init(struct loop_guard *guard, struct loop_guard_entry *entries, uint32_t count,
                     const struct siphash_key *key);

/* What a repeat has in common with the datagram that it repeats. Reads the whole payload. */
uint64_t loop_guard_identify(const struct loop_guard *guard, struct ip source, uint16_t source_port,
                             const unsigned char *payload, uint32_t payload_size);

/* Counts the datagram; false if it must be left unanswered. */
bool loop_guard_admit(struct loop_guard *guard, uint64_t identity, uint64_t now_ns);
