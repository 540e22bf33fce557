/* SPDX-License-Identifier: MIT */
/* Traps of what threads share, of lists and of names: each runs in a child that must die of it. */
#include <signal.h>

#include "core/access.h"
#include "core/admission.h"
#include "core/bucket.h"
#include "core/events.h"
#include "core/loop_guard.h"
#include "core/proxy.h"
#include "core/quota.h"
#include "core/source.h"
#include "suite.h"

static struct events events;
static const struct siphash_key key;
static _Alignas(64) bucket_word bucket_words[2 * BUCKET_WAYS];
static struct bucket_table table;
static struct loop_guard_entry guard_entries[2 * LOOP_GUARD_WAYS];
static struct loop_guard guard;
static struct access_entry access_entries[1];
static struct access_list list;
static struct source_node source_nodes[2];
static source_word source_chains[3];
static struct source_table sources;
static uint32_t source_index;

static void start_sources(void)
{
        source_init(&sources, source_nodes, 2, source_chains, 1, &key);
        (void)source_take(&sources, (struct ip){ .high = 1 }, 1, &source_index);
}

#define TRAP(name, ...) START_TEST(name){ __VA_ARGS__ } END_TEST

/* clang-format off */
TRAP(network_of_too_many_bits, access_init(&list, access_entries, 1);
     (void)access_add(&list, (struct network){ .bits = NETWORK_BITS_MAX + 1 }, true);)
TRAP(network_with_bits_behind_its_length, access_init(&list, access_entries, 1);
     (void)access_add(&list, (struct network){ .ip = { .low = 1 }, .bits = 127 }, true);)
TRAP(source_table_without_nodes, source_init(&sources, source_nodes, 0, source_chains, 1, &key);)
TRAP(source_table_of_too_many_nodes,
     source_init(&sources, source_nodes, SOURCE_NODES_MAX + 1U, source_chains, 1, &key);)
TRAP(source_table_without_chains, source_init(&sources, source_nodes, 2, source_chains, 0, &key);)
TRAP(source_table_of_an_odd_size, source_init(&sources, source_nodes, 2, source_chains, 3, &key);)
TRAP(source_that_may_have_none, start_sources();
     (void)source_take(&sources, (struct ip){ .high = 1 }, 0, &source_index);)
TRAP(more_sources_than_nodes, start_sources();
     (void)source_take(&sources, (struct ip){ .high = 2 }, 1, &source_index);
     (void)source_take(&sources, (struct ip){ .high = 3 }, 1, &source_index);)
TRAP(place_beyond_the_sources, start_sources(); source_put(&sources, 2);)
TRAP(place_that_nobody_holds, start_sources(); source_put(&sources, source_index);
     source_put(&sources, source_index);)
TRAP(source_beyond_the_nodes, start_sources(); source_chains[0] = 3;
     (void)source_check(&sources);)
TRAP(source_that_leads_to_itself, start_sources(); source_nodes[source_index].next = 1;
     (void)source_check(&sources);)
TRAP(source_without_connections, start_sources(); source_nodes[source_index].held = 0;
     (void)source_check(&sources);)
TRAP(source_in_the_chain_of_another, source_init(&sources, source_nodes, 2, source_chains, 2, &key);
     (void)source_take(&sources, (struct ip){ .high = 1 }, 1, &source_index);
     uint64_t chain = source_chains[0]; source_chains[0] = source_chains[1];
     source_chains[1] = chain; (void)source_check(&sources);)
TRAP(source_whose_node_is_lost, start_sources(); source_chains[0] = 0;
     (void)source_check(&sources);)
TRAP(name_of_an_unknown_end, (void)counters_closed_name(CONN_END_COUNT);)
TRAP(name_of_an_unknown_refusal, (void)counters_refused_name(REFUSED_COUNT);)
TRAP(name_of_an_unknown_drop, (void)counters_dropped_name(DATAGRAM_DROP_COUNT);)
TRAP(end_of_a_header_that_is_complete, (void)proxy_conn_end(PROXY_COMPLETE);)
TRAP(end_of_an_unknown_verdict, (void)proxy_conn_end(PROXY_VERDICT_COUNT);)
TRAP(end_of_a_client_who_is_let_in, (void)admission_conn_end(REFUSED_NONE);)
TRAP(end_of_a_refusal_at_accept, (void)admission_conn_end(REFUSED_LIMIT);)
TRAP(end_of_an_unknown_refusal, (void)admission_conn_end(REFUSED_COUNT);)
TRAP(giving_back_what_was_not_taken, struct quota quota = { 0 }; quota_put(&quota);)
TRAP(ring_of_nothing, events_init(&events, NULL, 0);)
TRAP(ring_of_no_power_of_two, events_init(&events, NULL, 3);)
TRAP(buckets_across_cache_lines,
     bucket_init(&table, bucket_words + 1, BUCKET_WAYS, 1, &key);)
TRAP(buckets_of_less_than_a_set,
     bucket_init(&table, bucket_words, BUCKET_WAYS / 2, 1, &key);)
TRAP(buckets_of_no_power_of_two,
     bucket_init(&table, bucket_words, BUCKET_WAYS + 1, 1, &key);)
TRAP(bucket_without_a_rate, bucket_init(&table, bucket_words, BUCKET_WAYS, 0, &key);)
TRAP(bucket_faster_than_its_clock,
     bucket_init(&table, bucket_words, BUCKET_WAYS, BUCKET_RATE_MAX + 1, &key);)
TRAP(guard_of_less_than_a_set, loop_guard_init(&guard, guard_entries, 2, &key);)
TRAP(guard_of_no_power_of_two, loop_guard_init(&guard, guard_entries, 6, &key);)
/* clang-format on */

int main(void)
{
        const TTest *const tests[] = {
                network_of_too_many_bits,
                network_with_bits_behind_its_length,
                source_table_without_nodes,
                source_table_of_too_many_nodes,
                source_table_without_chains,
                source_table_of_an_odd_size,
                source_that_may_have_none,
                more_sources_than_nodes,
                place_beyond_the_sources,
                place_that_nobody_holds,
                source_beyond_the_nodes,
                source_that_leads_to_itself,
                source_without_connections,
                source_in_the_chain_of_another,
                source_whose_node_is_lost,
                name_of_an_unknown_end,
                name_of_an_unknown_refusal,
                name_of_an_unknown_drop,
                end_of_a_header_that_is_complete,
                end_of_an_unknown_verdict,
                end_of_a_client_who_is_let_in,
                end_of_a_refusal_at_accept,
                end_of_an_unknown_refusal,
                giving_back_what_was_not_taken,
                ring_of_nothing,
                ring_of_no_power_of_two,
                buckets_across_cache_lines,
                buckets_of_less_than_a_set,
                buckets_of_no_power_of_two,
                bucket_without_a_rate,
                bucket_faster_than_its_clock,
                guard_of_less_than_a_set,
                guard_of_no_power_of_two,
        };

        return SUITE_RUN_RAISING("traps shared", tests, SIGILL);
}
