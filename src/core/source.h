/* SPDX-License-Identifier: MIT */
/*
 * How many connections each source has (see ip_prefix()), in one table that all threads share. The
 * counts are exact: a source is in the table from its first connection to its last, and nothing is
 * ever forgotten or shared. Nobody can choose what collides, and no lock is held: a thread that
 * stands still in here keeps no other from going on. Meant for accept and close only.
 *
 * A chain of nodes for each hash, as in M. M. Michael, "High Performance Dynamic Lock-Free Hash
 * Tables and List-Based Sets" (2002): see source.c. The caller owns the memory.
 */
#pragma once

#include <stdatomic.h>

#include "core/ip.h"
#include "core/siphash.h"

enum {
        SOURCE_NODES_MAX = INT32_MAX,
        SOURCE_NODES_PER_THREAD = 2, /* that a thread may have in its hands */
};

/* Private to source: a version and a place, or a number. */
typedef _Atomic uint64_t source_word;

struct source_node {
        source_word next; /* in its chain, or among the free ones */
        source_word held; /* connections */
        source_word high; /* whose they are */
        source_word low;
};

struct source_table {
        struct source_node *nodes;
        source_word *chains;
        uint32_t node_count;
        uint32_t chain_mask;
        struct siphash_key key;
        _Alignas(64) source_word free; /* the first of them */
};

/*
 * Nobody has a connection. There are as many nodes as connections at the most, and
 * SOURCE_NODES_PER_THREAD for each thread; and `chain_count`, a power of two, best of about that
 * size. Both arrays stay the caller's.
 */
void source_init(struct source_table *table, struct source_node *nodes, uint32_t node_count,
                 source_word *chains, uint32_t chain_count, const struct siphash_key *key);

/*
 * One more connection of the source that `ip` belongs to, if it has fewer than `most`, which is 1
 * or more; else false. Never refused while it has fewer. What is written to *ret_index is for
 * source_put().
 */
bool source_take(struct source_table *table, struct ip ip, uint32_t most, uint32_t *ret_index);

/* It has one less. Before the connection is counted as closed anywhere else: others follow it. */
void source_put(struct source_table *table, uint32_t index);

/*
 * Stops the process if the table contradicts itself; how many sources there are. For tests, while
 * no other thread is in here.
 */
uint32_t source_check(const struct source_table *table);
