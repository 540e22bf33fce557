/* SPDX-License-Identifier: MIT */
/* Calls that no caller may make stop the process: each runs in a child that must die of it. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/slots.h"
#include "suite.h"

enum { BLOCK_SIZE = 64 };

static struct spill_pool pool;
static uint64_t words[4];
static _Alignas(8) unsigned char block[BLOCK_SIZE];
static unsigned char scratch[2 * BLOCK_SIZE];
static struct conn conn;

static void start(void)
{
        spill_init(&pool, block, BLOCK_SIZE, words, 1);
        conn_init(&conn, 0);
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
TRAP(blocking_while_lingering, start_lingering(); conn_blocked(&conn, 0);)
TRAP(blocking_while_owing,
     start(); conn_received(&conn, scratch, 1, 0); conn_blocked(&conn, 0);)
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
TRAP(parked_and_blocked, start_parked(); conn.flags |= CONN_BLOCKED; conn_check(&conn, &pool);)
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
                blocking_while_lingering,
                blocking_while_owing,
                parked_and_blocked,
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
        };

        return SUITE_RUN_RAISING("traps", tests, SIGILL);
}
