/* SPDX-License-Identifier: MIT */
/* What must hold in every state a connection can be in, for every end, in every order. */
#include <string.h>

#include "conn_states.h"
#include "suite.h"

enum { R = CONN_WANT_READ, W = CONN_WANT_WRITE, F = CONN_WANT_FINISH, H = CONN_WANT_HEADER };

/* What is true of each state, plain and while draining. */
static const struct expected {
        unsigned wants;
        unsigned wants_draining;
        uint32_t owed;
        uint32_t ahead;
        uint32_t blocks;
        uint32_t received;
} expected[STATE_COUNT] = {
        [STATE_FRESH] = { R, R | F, 0, 0, 0, 0 },
        [STATE_BORROWED] = { W, W, 10, 0, 0, 10 },
        [STATE_BORROWED_PARTLY_SENT] = { W, W, 6, 0, 0, 10 },
        [STATE_BORROWED_SENT] = { R, R | F, 0, 0, 0, 10 },
        [STATE_ECHOED_AT_ONCE] = { R, R | F, 0, 0, 0, 10 },
        [STATE_PARKED] = { W, W, 10, 0, 1, 10 },
        [STATE_PARKED_PARTLY_SENT] = { W, W, 6, 0, 1, 10 },
        [STATE_PARKED_SENT] = { R, R, 0, 0, 1, 10 },
        [STATE_UNPARKED] = { R, R | F, 0, 0, 0, 10 },
        [STATE_AHEAD] = { R, R, 0, 10, 0, 10 },
        [STATE_AHEAD_PARTLY_CONSUMED] = { R, R, 0, 6, 0, 10 },
        [STATE_CONSUMED] = { R, R | F, 0, 0, 0, 10 },
        [STATE_BLOCKED] = { R, R | F, 0, 0, 0, 10 },
        [STATE_HEADLESS] = { H, H | F, 0, 0, 0, 0 },
        [STATE_HEADED] = { R, R, 0, 10, 0, 0 },
        [STATE_HEADER_SKIPPED] = { R, R | F, 0, 0, 0, 0 },
        [STATE_LINGERING] = { R, R, 0, 0, 0, 0 },
        [STATE_LINGERING_DISCARDED] = { R, R, 0, 0, 0, 0 },
};

static struct fixture fixture;

START_TEST(every_state_wants_what_it_should)
{
        for (unsigned state = 0; state < STATE_COUNT; state++) {
                fixture_open_in(&fixture, state);
                ck_assert_uint_eq(conn_wants(&fixture.conn), expected[state].wants);
        }
}
END_TEST

START_TEST(draining_asks_to_finish_when_nothing_is_owed_kept_or_ahead)
{
        for (unsigned state = 0; state < STATE_COUNT; state++) {
                fixture_open_in(&fixture, state);
                conn_drain(&fixture.conn);
                ck_assert_uint_eq(conn_wants(&fixture.conn), expected[state].wants_draining);
                conn_drain(&fixture.conn);
                ck_assert_uint_eq(conn_wants(&fixture.conn), expected[state].wants_draining);
        }
}
END_TEST

START_TEST(the_last_byte_owed_is_still_to_be_written)
{
        fixture_open_in(&fixture, STATE_PARKED);
        conn_sent(&fixture.conn, CHUNK_SIZE - 1, SENT_NS);
        ck_assert_uint_eq(conn_wants(&fixture.conn), CONN_WANT_WRITE);
}
END_TEST

START_TEST(every_state_accounts_for_its_bytes)
{
        for (unsigned state = 0; state < STATE_COUNT; state++) {
                fixture_open_in(&fixture, state);
                conn_check(&fixture.conn, &fixture.pool);
                struct conn_view view = conn_owed(&fixture.conn, &fixture.pool);
                ck_assert_uint_eq(view.size, expected[state].owed);
                ck_assert_uint_eq(pattern_check(view.data, view.size, 0, CHUNK_SIZE - view.size),
                                  view.size);
                ck_assert_uint_eq(conn_ahead(&fixture.conn), expected[state].ahead);
                ck_assert_uint_eq(spill_used(&fixture.pool), expected[state].blocks);
                ck_assert_int_eq(conn_is_parked(&fixture.conn), expected[state].blocks > 0);
                ck_assert_uint_eq(fixture.conn.received, expected[state].received);
        }
}
END_TEST

START_TEST(every_end_is_told_and_wants_only_to_close)
{
        for (unsigned state = 0; state < STATE_COUNT; state++) {
                for (unsigned end = CONN_OPEN + 1; end < CONN_END_COUNT; end++) {
                        fixture_open_in(&fixture, state);
                        conn_fail(&fixture.conn, end);
                        ck_assert_uint_eq(fixture.conn.end, end);
                        ck_assert_uint_eq(conn_wants(&fixture.conn), CONN_WANT_CLOSE);
                        conn_drain(&fixture.conn);
                        ck_assert_uint_eq(conn_wants(&fixture.conn), CONN_WANT_CLOSE);
                        conn_check(&fixture.conn, &fixture.pool);
                }
        }
}
END_TEST

START_TEST(of_any_two_ends_the_first_sticks)
{
        for (unsigned first = CONN_OPEN + 1; first < CONN_END_COUNT; first++) {
                for (unsigned second = CONN_OPEN + 1; second < CONN_END_COUNT; second++) {
                        fixture_open(&fixture);
                        conn_fail(&fixture.conn, first);
                        conn_fail(&fixture.conn, second);
                        ck_assert_uint_eq(fixture.conn.end, first);
                }
        }
}
END_TEST

START_TEST(an_open_connection_does_not_end_by_reset)
{
        for (unsigned state = 0; state < STATE_COUNT; state++) {
                fixture_open_in(&fixture, state);
                ck_assert(!conn_ends_by_reset(&fixture.conn));
        }
}
END_TEST

START_TEST(settling_an_ended_connection_holds_no_block)
{
        for (unsigned state = 0; state < STATE_COUNT; state++) {
                fixture_open_in(&fixture, state);
                conn_fail(&fixture.conn, CONN_END_PEER_RESET);
                fixture_settle(&fixture, SENT_NS);
                ck_assert_uint_eq(spill_used(&fixture.pool), 0);
                ck_assert(!conn_is_parked(&fixture.conn));
                conn_check(&fixture.conn, &fixture.pool);
        }
}
END_TEST

START_TEST(settling_twice_is_settling_once)
{
        for (unsigned state = 0; state < STATE_COUNT; state++) {
                fixture_open_in(&fixture, state);
                fixture_settle(&fixture, SENT_NS + 1);
                struct conn once = fixture.conn;
                uint32_t used = spill_used(&fixture.pool);
                fixture_settle(&fixture, SENT_NS + 2);
                ck_assert_mem_eq(&fixture.conn, &once, sizeof(once));
                ck_assert_uint_eq(spill_used(&fixture.pool), used);
        }
}
END_TEST

START_TEST(settling_keeps_a_block_exactly_while_bytes_are_owed)
{
        for (unsigned state = 0; state < STATE_COUNT; state++) {
                fixture_open_in(&fixture, state);
                fixture_settle(&fixture, SENT_NS + 1);
                ck_assert_uint_eq(spill_used(&fixture.pool), expected[state].owed > 0);
                ck_assert_uint_eq(conn_owed(&fixture.conn, &fixture.pool).size,
                                  expected[state].owed);
                conn_check(&fixture.conn, &fixture.pool);
        }
}
END_TEST

START_TEST(sending_nothing_changes_nothing)
{
        for (unsigned state = 0; state < STATE_COUNT; state++) {
                fixture_open_in(&fixture, state);
                struct conn before = fixture.conn;
                conn_sent(&fixture.conn, 0, SENT_NS + 1);
                conn_consumed(&fixture.conn, 0);
                ck_assert_mem_eq(&fixture.conn, &before, sizeof(before));
        }
}
END_TEST

/* Whoever may read owes nothing; these are the calls that READ allows, and they must work. */
START_TEST(every_settled_state_that_may_take_takes_one_more_chunk)
{
        for (unsigned state = 0; state < STATE_COUNT; state++) {
                fixture_open_in(&fixture, state);
                fixture_settle(&fixture, SENT_NS + 1);
                if (conn_wants(&fixture.conn) != CONN_WANT_READ || conn_ahead(&fixture.conn) > 0)
                        continue;
                bool is_lingering = state >= STATE_LINGERING;
                uint64_t offset = fixture.conn.received;
                fixture_receive(&fixture, 7, SENT_NS + 2);
                struct conn_view view = conn_owed(&fixture.conn, &fixture.pool);
                ck_assert_uint_eq(view.size, is_lingering ? 0 : 7);
                ck_assert_uint_eq(pattern_check(view.data, view.size, 0, offset), view.size);
        }
}
END_TEST

START_TEST(every_settled_state_that_may_take_sees_the_end_of_the_stream)
{
        for (unsigned state = 0; state < STATE_COUNT; state++) {
                bool is_lingering = state >= STATE_LINGERING;
                fixture_open_in(&fixture, state);
                fixture_settle(&fixture, SENT_NS + 1);
                if ((conn_wants(&fixture.conn) & (CONN_WANT_READ | CONN_WANT_HEADER)) == 0 ||
                    conn_ahead(&fixture.conn) > 0)
                        continue;
                conn_peer_finished(&fixture.conn);
                ck_assert_uint_eq(fixture.conn.end,
                                  is_lingering ? CONN_END_DRAINED : CONN_END_PEER_FINISHED);
        }
}
END_TEST

START_TEST(whoever_finishes_while_a_header_is_to_come_discards_it)
{
        fixture_open_in(&fixture, STATE_HEADLESS);
        conn_drain(&fixture.conn);
        conn_finished(&fixture.conn, SENT_NS);
        ck_assert_uint_eq(conn_wants(&fixture.conn), CONN_WANT_READ);
        fixture_receive(&fixture, CHUNK_SIZE, SENT_NS);
        ck_assert_uint_eq(fixture.conn.received, 0);
        conn_check(&fixture.conn, &fixture.pool);
}
END_TEST

START_TEST(starting_touches_only_the_stream_part)
{
        struct conn conn;

        memset(&conn, 0xa5, sizeof(conn));
        conn_init(&conn, START_NS);
        ck_assert_uint_eq(conn.generation, 0xa5a5a5a5);
        ck_assert_uint_eq(conn.timer_next, 0xa5a5a5a5);
        ck_assert_uint_eq(conn.timer_prev, 0xa5a5a5a5);
        ck_assert_uint_eq(conn.ready_next, 0xa5a5a5a5);
        ck_assert_int_eq(conn.fd, (int)0xa5a5a5a5);
        fixture_open(&fixture);
        ck_assert_uint_eq(conn_wants(&conn), CONN_WANT_READ);
        ck_assert_uint_eq(conn_owed(&conn, &fixture.pool).size, 0);
        ck_assert_ptr_null(conn_owed(&conn, &fixture.pool).data);
        ck_assert_uint_eq(conn.received, 0);
        ck_assert_uint_eq(conn.since_ns, START_NS);
        ck_assert_uint_eq(conn.flags, 0);
        ck_assert_uint_eq(conn.end, CONN_OPEN);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                every_state_wants_what_it_should,
                draining_asks_to_finish_when_nothing_is_owed_kept_or_ahead,
                the_last_byte_owed_is_still_to_be_written,
                every_state_accounts_for_its_bytes,
                every_end_is_told_and_wants_only_to_close,
                of_any_two_ends_the_first_sticks,
                an_open_connection_does_not_end_by_reset,
                settling_an_ended_connection_holds_no_block,
                settling_twice_is_settling_once,
                settling_keeps_a_block_exactly_while_bytes_are_owed,
                sending_nothing_changes_nothing,
                every_settled_state_that_may_take_takes_one_more_chunk,
                every_settled_state_that_may_take_sees_the_end_of_the_stream,
                whoever_finishes_while_a_header_is_to_come_discards_it,
                starting_touches_only_the_stream_part,
        };

        return SUITE_RUN("conn states", tests);
}
