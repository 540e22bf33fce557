/* SPDX-License-Identifier: MIT */
/* Calls that no caller may make stop the process: each runs in a child that must die of it. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/access.h"
#include "core/bucket.h"
#include "core/events.h"
#include "core/loop_guard.h"
#include "core/poison.h"
#include "core/proxy.h"
#include "core/quota.h"
#include "core/slots.h"
#include "core/source.h"
#include "suite.h"

enum { BLOCK_SIZE = 64 };

static struct spill_pool pool;
static uint64_t words[4];
static _Alignas(8) unsigned char block[BLOCK_SIZE];
static unsigned char scratch[2 * BLOCK_SIZE];
static struct conn conn;
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

static void start(void)
{
        spill_init(&pool, block, BLOCK_SIZE, words, 1);
        conn_init(&conn, 0);
}

static void start_sources(void)
{
        source_init(&sources, source_nodes, 2, source_chains, 1, &key);
        (void)source_take(&sources, (struct ip){ .high = 1 }, 1, &source_index);
}

static void start_parked(void)
{
        start();
        conn_received(&conn, scratch, 10, 0);
        conn_settle(&conn, &pool, 0);
}

static void start_lingering(void)
{
        start();
        conn_drain(&conn);
        conn_finished(&conn, 0);
}

#define TRAP(name, ...) START_TEST(name){ __VA_ARGS__ } END_TEST

/* clang-format off */
TRAP(receiving_while_owing,
     start(); conn_received(&conn, scratch, 1, 0); conn_received(&conn, scratch, 1, 0);)
TRAP(receiving_while_a_drained_block_is_not_settled,
     start_parked(); conn_sent(&conn, 10, 0); conn_received(&conn, scratch, 1, 0);)
TRAP(receiving_while_ahead,
     start(); conn_echoed(&conn, 1, 0); conn_received(&conn, scratch, 1, 0);)
TRAP(receiving_after_the_end,
     start(); conn_fail(&conn, CONN_END_IDLE); conn_received(&conn, scratch, 1, 0);)
TRAP(receiving_nothing, start(); conn_received(&conn, scratch, 0, 0);)
TRAP(sending_more_than_owed,
     start(); conn_received(&conn, scratch, 1, 0); conn_sent(&conn, 2, 0);)
TRAP(sending_after_the_end,
     start(); conn_fail(&conn, CONN_END_IDLE); conn_sent(&conn, 0, 0);)
TRAP(parking_without_a_free_block,
     start(); (void)spill_take(&pool); conn_received(&conn, scratch, 1, 0);
     conn_settle(&conn, &pool, 0);)
TRAP(parking_more_than_a_block,
     start(); conn_received(&conn, scratch, BLOCK_SIZE + 1, 0); conn_settle(&conn, &pool, 0);)
TRAP(end_of_stream_while_owing,
     start(); conn_received(&conn, scratch, 1, 0); conn_peer_finished(&conn);)
TRAP(echoing_while_owing,
     start(); conn_received(&conn, scratch, 1, 0); conn_echoed(&conn, 1, 0);)
TRAP(echoing_while_lingering, start_lingering(); conn_echoed(&conn, 1, 0);)
TRAP(echoing_nothing, start(); conn_echoed(&conn, 0, 0);)
TRAP(consuming_more_than_ahead,
     start(); conn_echoed(&conn, 1, 0); conn_consumed(&conn, 2);)
TRAP(finishing_unasked, start(); conn_finished(&conn, 0);)
TRAP(failing_without_a_reason, start(); conn_fail(&conn, CONN_OPEN);)
TRAP(failing_with_an_unknown_reason, start(); conn_fail(&conn, CONN_END_COUNT);)
TRAP(unknown_end, start(); conn.end = CONN_END_COUNT; conn_check(&conn, &pool);)
TRAP(owing_more_than_received, start(); conn.owed = 1; conn_check(&conn, &pool);)
TRAP(owing_more_than_a_block,
     start(); conn.owed = BLOCK_SIZE + 1; conn.received = BLOCK_SIZE + 1;
     conn_check(&conn, &pool);)
TRAP(parked_and_ahead, start_parked(); conn.flags |= CONN_AHEAD; conn_check(&conn, &pool);)
TRAP(ahead_of_nothing, start(); conn.flags |= CONN_AHEAD; conn_check(&conn, &pool);)
TRAP(ahead_and_owing,
     start(); conn_echoed(&conn, 1, 0); conn.owed = 1; conn_check(&conn, &pool);)
TRAP(parked_beyond_the_block,
     start_parked(); conn.parked.offset = BLOCK_SIZE; conn_check(&conn, &pool);)
TRAP(parked_in_a_free_block,
     start_parked(); spill_put(&pool, conn.parked.block); conn_check(&conn, &pool);)
TRAP(lingering_and_owing,
     start_lingering(); conn.owed = 1; conn.received = 1; conn_check(&conn, &pool);)
TRAP(lingering_and_ahead,
     start_lingering(); conn.flags |= CONN_AHEAD; conn.ahead = 1; conn_check(&conn, &pool);)

TRAP(taking_from_an_empty_pool, start(); (void)spill_take(&pool); (void)spill_take(&pool);)
TRAP(putting_a_free_block, start(); spill_put(&pool, 0);)
TRAP(block_out_of_range, start(); (void)spill_data(&pool, 1);)
TRAP(block_size_of_zero, spill_init(&pool, block, 0, words, 1);)
TRAP(block_size_that_cannot_be_poisoned, spill_init(&pool, block, 12, words, 1);)

TRAP(no_indices, struct vacancy vacancy; vacancy_init(&vacancy, words, 0);)
TRAP(too_many_indices,
     struct vacancy vacancy; vacancy_init(&vacancy, words, VACANCY_COUNT_MAX + 1);)
TRAP(index_out_of_range,
     struct vacancy vacancy; vacancy_init(&vacancy, words, 3); (void)vacancy_is_free(&vacancy, 3);)
TRAP(putting_a_free_index,
     struct vacancy vacancy; vacancy_init(&vacancy, words, 3); vacancy_put(&vacancy, 1);)

TRAP(slot_above_the_top,
     struct slots slots; slots_init(&slots, &conn, words, 1); (void)slots_at(&slots, 0);)

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
TRAP(name_of_an_unknown_verdict, (void)proxy_verdict_name(PROXY_VERDICT_COUNT);)
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
                receiving_while_owing,
                receiving_while_a_drained_block_is_not_settled,
                receiving_while_ahead,
                receiving_after_the_end,
                receiving_nothing,
                sending_more_than_owed,
                sending_after_the_end,
                parking_without_a_free_block,
                parking_more_than_a_block,
                end_of_stream_while_owing,
                echoing_while_owing,
                echoing_while_lingering,
                echoing_nothing,
                consuming_more_than_ahead,
                finishing_unasked,
                failing_without_a_reason,
                failing_with_an_unknown_reason,
                unknown_end,
                owing_more_than_received,
                owing_more_than_a_block,
                parked_and_ahead,
                ahead_of_nothing,
                ahead_and_owing,
                parked_beyond_the_block,
                parked_in_a_free_block,
                lingering_and_owing,
                lingering_and_ahead,
                taking_from_an_empty_pool,
                putting_a_free_block,
                block_out_of_range,
                block_size_of_zero,
                block_size_that_cannot_be_poisoned,
                no_indices,
                too_many_indices,
                index_out_of_range,
                putting_a_free_index,
                slot_above_the_top,
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
                name_of_an_unknown_verdict,
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

        return SUITE_RUN_RAISING("traps", tests, SIGILL);
}
