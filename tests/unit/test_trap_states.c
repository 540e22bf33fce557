/* SPDX-License-Identifier: MIT */
/* What no caller may do stops the process, whatever the state. */
#include "core/poison.h"
#include "core/slots.h"
#include "core/timers.h"
#include "trap_states.h"

enum { EXIT_POISON_FOUND = 4 };

/* The states in which nothing may be taken from the peer; lingering allows no echo besides. */
static const enum conn_state busy_states[] = {
        STATE_BORROWED,    STATE_BORROWED_PARTLY_SENT,  STATE_PARKED, STATE_PARKED_PARTLY_SENT,
        STATE_PARKED_SENT, STATE_AHEAD_PARTLY_CONSUMED, STATE_AHEAD,  STATE_HEADED,
        STATE_LINGERING,   STATE_LINGERING_DISCARDED,
};
enum { NO_ECHO_STATES = sizeof(busy_states) / sizeof(busy_states[0]) };
enum { BUSY_STATES = NO_ECHO_STATES - 2 };

START_TEST(receiving_in_a_busy_state)
{
        fixture_open_in(&fixture, busy_states[_i]);
        expect_trap();
        conn_received(&fixture.conn, fixture.scratch, 1, SENT_NS);
}
END_TEST

START_TEST(end_of_stream_in_a_busy_state)
{
        fixture_open_in(&fixture, busy_states[_i]);
        expect_trap();
        conn_peer_finished(&fixture.conn);
}
END_TEST

START_TEST(echoing_in_a_busy_or_lingering_state)
{
        fixture_open_in(&fixture, busy_states[_i]);
        expect_trap();
        conn_echoed(&fixture.conn, 1, SENT_NS);
}
END_TEST

START_TEST(sending_one_byte_more_than_is_owed)
{
        fixture_open_in(&fixture, (enum conn_state)_i);
        uint32_t owed = conn_owed(&fixture.conn, &fixture.pool).size;
        expect_trap();
        conn_sent(&fixture.conn, owed + 1, SENT_NS);
}
END_TEST

START_TEST(consuming_one_byte_more_than_is_ahead)
{
        fixture_open_in(&fixture, (enum conn_state)_i);
        uint32_t ahead = conn_ahead(&fixture.conn);
        expect_trap();
        conn_consumed(&fixture.conn, ahead + 1);
}
END_TEST

START_TEST(finishing_without_draining)
{
        fixture_open_in(&fixture, (enum conn_state)_i);
        expect_trap();
        conn_finished(&fixture.conn, SENT_NS);
}
END_TEST

START_TEST(finishing_in_a_busy_or_lingering_state)
{
        fixture_open_in(&fixture, busy_states[_i]);
        conn_drain(&fixture.conn);
        expect_trap();
        conn_finished(&fixture.conn, SENT_NS);
}
END_TEST

START_TEST(receiving_after_any_end)
{
        fixture_open(&fixture);
        conn_fail(&fixture.conn, (enum conn_end)_i);
        expect_trap();
        conn_received(&fixture.conn, fixture.scratch, 1, SENT_NS);
}
END_TEST

START_TEST(end_of_stream_after_any_end)
{
        fixture_open(&fixture);
        conn_fail(&fixture.conn, (enum conn_end)_i);
        expect_trap();
        conn_peer_finished(&fixture.conn);
}
END_TEST

START_TEST(echoing_after_any_end)
{
        fixture_open(&fixture);
        conn_fail(&fixture.conn, (enum conn_end)_i);
        expect_trap();
        conn_echoed(&fixture.conn, 1, SENT_NS);
}
END_TEST

START_TEST(sending_after_any_end)
{
        fixture_open_in(&fixture, STATE_PARKED);
        conn_fail(&fixture.conn, (enum conn_end)_i);
        expect_trap();
        conn_sent(&fixture.conn, 1, SENT_NS);
}
END_TEST

START_TEST(finishing_after_any_end)
{
        fixture_open(&fixture);
        conn_drain(&fixture.conn);
        conn_fail(&fixture.conn, (enum conn_end)_i);
        expect_trap();
        conn_finished(&fixture.conn, SENT_NS);
}
END_TEST

START_TEST(failing_an_ended_connection_with_a_wrong_reason)
{
        static const int reasons[] = { CONN_OPEN, CONN_END_COUNT, CONN_END_COUNT + 1, 257, -1 };

        fixture_open(&fixture);
        conn_fail(&fixture.conn, CONN_END_IDLE);
        expect_trap();
        conn_fail(&fixture.conn, (enum conn_end)reasons[_i]);
}
END_TEST

START_TEST(settling_with_all_blocks_taken)
{
        fixture_open_in(&fixture, STATE_BORROWED);
        while (spill_free(&fixture.pool) > 0)
                (void)spill_take(&fixture.pool);
        expect_trap();
        fixture_settle(&fixture, SENT_NS);
}
END_TEST

/* Block 1 looks like one byte ahead: only the two flags contradict each other. */
START_TEST(parked_and_ahead_with_nothing_owed)
{
        fixture_open(&fixture);
        (void)spill_take(&fixture.pool);
        fixture_receive(&fixture, CHUNK_SIZE, CHUNK_NS);
        fixture_settle(&fixture, CHUNK_NS);
        conn_sent(&fixture.conn, CHUNK_SIZE, SENT_NS);
        conn_check(&fixture.conn, &fixture.pool);
        fixture.conn.flags |= CONN_AHEAD;
        expect_trap();
        conn_check(&fixture.conn, &fixture.pool);
}
END_TEST

START_TEST(using_a_pool_without_blocks)
{
        struct spill_pool pool;

        spill_init(&pool, NULL, 8, NULL, 0);
        expect_trap();
        if (_i == 0)
                (void)spill_take(&pool);
        else
                (void)spill_data(&pool, 0);
}
END_TEST

START_TEST(putting_a_block_twice)
{
        fixture_open(&fixture);
        uint32_t block = spill_take(&fixture.pool);
        spill_put(&fixture.pool, block);
        expect_trap();
        spill_put(&fixture.pool, block);
}
END_TEST

START_TEST(putting_a_block_out_of_range)
{
        fixture_open(&fixture);
        expect_trap();
        spill_put(&fixture.pool, BLOCKS + (uint32_t)_i);
}
END_TEST

START_TEST(putting_an_index_twice)
{
        struct vacancy vacancy;
        uint64_t words[4];

        vacancy_init(&vacancy, words, 64);
        for (uint32_t i = 0; i < 64; i++)
                (void)vacancy_take(&vacancy);
        vacancy_put(&vacancy, (uint32_t)_i);
        expect_trap();
        vacancy_put(&vacancy, (uint32_t)_i);
}
END_TEST

START_TEST(putting_a_slot_twice)
{
        struct conn conns[2] = { { .fd = 0 } };
        struct slots slots;
        uint64_t words[4];

        slots_init(&slots, conns, words, 2);
        struct conn *conn = slots_take(&slots);
        slots_put(&slots, conn);
        expect_trap();
        slots_put(&slots, conn);
}
END_TEST

START_TEST(looking_at_a_slot_at_or_above_the_top)
{
        struct conn conns[4] = { { .fd = 0 } };
        struct slots slots;
        uint64_t words[4];

        slots_init(&slots, conns, words, 4);
        (void)slots_take(&slots);
        slots_put(&slots, slots_take(&slots));
        slots_trim(&slots);
        expect_trap();
        (void)slots_at(&slots, 1 + (uint32_t)_i);
}
END_TEST

START_TEST(a_timer_left_behind_the_hand)
{
        struct conn conns[1] = { { .fd = 0 } };
        struct timers timers;

        timers_init(&timers, conns, 0);
        timers_clear(&timers, 0);
        timers_arm(&timers, 0, UINT64_C(64) << TIMERS_TICK_SHIFT);
        timers.tick = 65;
        expect_trap();
        (void)timers_pop(&timers, UINT64_C(100) << TIMERS_TICK_SHIFT);
}
END_TEST

#ifdef POISON_WORKS
static void on_poison_found(void)
{
        _exit(EXIT_POISON_FOUND);
}

START_TEST(reading_a_block_that_was_put_back)
{
        fixture_open_in(&fixture, STATE_PARKED);
        const volatile unsigned char *data = conn_owed(&fixture.conn, &fixture.pool).data;
        conn_sent(&fixture.conn, CHUNK_SIZE, SENT_NS);
        ck_assert_uint_eq(data[0], pattern(0, 0));
        fixture_settle(&fixture, SENT_NS);
        __asan_set_death_callback(on_poison_found);
        ck_assert_uint_eq(data[0], pattern(0, 0));
}
END_TEST
#endif

static void add_states(TCase *tcase)
{
        trap_states_add(tcase, receiving_in_a_busy_state, BUSY_STATES);
        trap_states_add(tcase, end_of_stream_in_a_busy_state, BUSY_STATES);
        trap_states_add(tcase, echoing_in_a_busy_or_lingering_state, NO_ECHO_STATES);
        trap_states_add(tcase, sending_one_byte_more_than_is_owed, STATE_COUNT);
        trap_states_add(tcase, consuming_one_byte_more_than_is_ahead, STATE_COUNT);
        trap_states_add(tcase, finishing_without_draining, STATE_COUNT);
        trap_states_add(tcase, finishing_in_a_busy_or_lingering_state, NO_ECHO_STATES);
}

static void add_ends(TCase *tcase)
{
        const TTest *const tests[] = {
                receiving_after_any_end, end_of_stream_after_any_end, echoing_after_any_end,
                sending_after_any_end,   finishing_after_any_end,
        };

        for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
                trap_states_add_from(tcase, tests[i], CONN_OPEN + 1, CONN_END_COUNT);
        trap_states_add(tcase, failing_an_ended_connection_with_a_wrong_reason, 5);
}

static void add_tables(TCase *tcase)
{
        trap_states_add(tcase, settling_with_all_blocks_taken, 1);
        trap_states_add(tcase, parked_and_ahead_with_nothing_owed, 1);
        trap_states_add(tcase, using_a_pool_without_blocks, 2);
        trap_states_add(tcase, putting_a_block_twice, 1);
        trap_states_add(tcase, putting_a_block_out_of_range, 2);
        trap_states_add(tcase, putting_an_index_twice, 64);
        trap_states_add(tcase, putting_a_slot_twice, 1);
        trap_states_add(tcase, looking_at_a_slot_at_or_above_the_top, 3);
        trap_states_add(tcase, a_timer_left_behind_the_hand, 1);
#ifdef POISON_WORKS
        tcase_add_exit_test(tcase, reading_a_block_that_was_put_back, EXIT_POISON_FOUND);
#endif
}

int main(void)
{
        TCase *tcase = trap_states_open("trap states");

        add_states(tcase);
        add_ends(tcase);
        add_tables(tcase);
        return trap_states_run();
}
