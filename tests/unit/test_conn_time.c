/* SPDX-License-Identifier: MIT */
/* When a connection ends if nothing happens, to the nanosecond. */
#include "conn_states.h"
#include "suite.h"

enum { IDLE_NS = 500, STALL_NS = 70 };

static const struct conn_limits limits = { .idle_ns = IDLE_NS, .stall_ns = STALL_NS };
static const struct conn_limits only_idle = { .idle_ns = IDLE_NS };
static const struct conn_limits only_stall = { .stall_ns = STALL_NS };

static struct fixture fixture;

/* The moment each state's deadline counts from. */
static const uint64_t since_ns[STATE_COUNT] = {
        [STATE_FRESH] = START_NS,
        [STATE_BORROWED] = CHUNK_NS,
        [STATE_BORROWED_PARTLY_SENT] = CHUNK_NS,
        [STATE_BORROWED_SENT] = CHUNK_NS,
        [STATE_ECHOED_AT_ONCE] = CHUNK_NS,
        [STATE_PARKED] = PARKED_NS,
        [STATE_PARKED_PARTLY_SENT] = PARKED_NS,
        [STATE_PARKED_SENT] = SENT_NS,
        [STATE_UNPARKED] = SENT_NS,
        [STATE_AHEAD] = CHUNK_NS,
        [STATE_AHEAD_PARTLY_CONSUMED] = CHUNK_NS,
        [STATE_CONSUMED] = CHUNK_NS,
        [STATE_BLOCKED] = SENT_NS,
        [STATE_HEADLESS] = START_NS,
        [STATE_HEADED] = CHUNK_NS,
        [STATE_HEADER_SKIPPED] = CHUNK_NS,
        [STATE_LINGERING] = FINISHED_NS,
        [STATE_LINGERING_DISCARDED] = FINISHED_NS,
};

static bool is_stalled(unsigned state)
{
        return state == STATE_BLOCKED || state == STATE_PARKED ||
               state == STATE_PARKED_PARTLY_SENT || state == STATE_PARKED_SENT;
}

static uint64_t patience_ns(unsigned state)
{
        if (state == STATE_HEADLESS)
                return CONN_HEADER_NS;
        return is_stalled(state) ? STALL_NS : IDLE_NS;
}

static enum conn_end end_of(unsigned state)
{
        if (state == STATE_HEADLESS)
                return CONN_END_HEADER_TIMEOUT;
        return is_stalled(state) ? CONN_END_STALL : CONN_END_IDLE;
}

START_TEST(every_state_has_its_deadline)
{
        for (unsigned state = 0; state < STATE_COUNT; state++) {
                fixture_open_in(&fixture, state);
                ck_assert_uint_eq(conn_deadline(&fixture.conn, &limits),
                                  since_ns[state] + patience_ns(state));
        }
}
END_TEST

START_TEST(deadline_is_exact_to_the_nanosecond)
{
        for (unsigned state = 0; state < STATE_COUNT; state++) {
                fixture_open_in(&fixture, state);
                uint64_t deadline_ns = conn_deadline(&fixture.conn, &limits);
                conn_expire(&fixture.conn, &limits, deadline_ns - 1);
                ck_assert_uint_eq(fixture.conn.end, CONN_OPEN);
                ck_assert_uint_eq(conn_deadline(&fixture.conn, &limits), deadline_ns);
                conn_expire(&fixture.conn, &limits, deadline_ns);
                ck_assert_uint_eq(fixture.conn.end, end_of(state));
        }
}
END_TEST

START_TEST(late_expiry_ends_too)
{
        for (unsigned state = 0; state < STATE_COUNT; state++) {
                fixture_open_in(&fixture, state);
                conn_expire(&fixture.conn, &limits, UINT64_MAX - 1);
                ck_assert_uint_eq(fixture.conn.end, end_of(state));
        }
}
END_TEST

START_TEST(only_the_stall_deadline_runs_while_stalled_and_only_the_idle_one_otherwise)
{
        for (unsigned state = 0; state < STATE_COUNT; state++) {
                if (state == STATE_HEADLESS)
                        continue;
                const struct conn_limits *other = is_stalled(state) ? &only_idle : &only_stall;
                fixture_open_in(&fixture, state);
                ck_assert_uint_eq(conn_deadline(&fixture.conn, other), UINT64_MAX);
                conn_expire(&fixture.conn, other, UINT64_MAX - 1);
                ck_assert_uint_eq(fixture.conn.end, CONN_OPEN);
        }
}
END_TEST

START_TEST(deadline_saturates_at_never)
{
        for (unsigned state = 0; state < STATE_COUNT; state++) {
                if (state == STATE_HEADLESS)
                        continue;
                const struct conn_limits most = { .idle_ns = UINT64_MAX, .stall_ns = UINT64_MAX };
                uint64_t left_ns = UINT64_MAX - since_ns[state];
                fixture_open_in(&fixture, state);
                for (uint64_t more = 0; more < 3; more++) {
                        uint64_t wait_ns = left_ns - 1 + more;
                        const struct conn_limits far = { .idle_ns = wait_ns, .stall_ns = wait_ns };
                        ck_assert_uint_eq(conn_deadline(&fixture.conn, &far),
                                          more == 0 ? UINT64_MAX - 1 : UINT64_MAX);
                }
                ck_assert_uint_eq(conn_deadline(&fixture.conn, &most), UINT64_MAX);
        }
}
END_TEST

START_TEST(a_header_has_its_own_deadline_whatever_the_limits_are)
{
        static const struct conn_limits all[] = {
                { 0 }, { 1, 1 }, { UINT64_MAX, UINT64_MAX }, { IDLE_NS, STALL_NS }
        };

        for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                fixture_open_in(&fixture, STATE_HEADLESS);
                conn_drain(&fixture.conn);
                ck_assert_uint_eq(conn_deadline(&fixture.conn, &all[i]), START_NS + CONN_HEADER_NS);
                conn_expire(&fixture.conn, &all[i], START_NS + CONN_HEADER_NS);
                ck_assert_uint_eq(fixture.conn.end, CONN_END_HEADER_TIMEOUT);
        }
}
END_TEST

START_TEST(ended_connection_does_not_expire)
{
        for (unsigned state = 0; state < STATE_COUNT; state++) {
                fixture_open_in(&fixture, state);
                conn_fail(&fixture.conn, CONN_END_SOCKET_ERROR);
                ck_assert_uint_eq(conn_deadline(&fixture.conn, &limits), UINT64_MAX);
                conn_expire(&fixture.conn, &limits, UINT64_MAX);
                ck_assert_uint_eq(fixture.conn.end, CONN_END_SOCKET_ERROR);
        }
}
END_TEST

START_TEST(parking_can_make_the_deadline_earlier)
{
        fixture_open_in(&fixture, STATE_BORROWED);
        uint64_t before_ns = conn_deadline(&fixture.conn, &limits);
        fixture_settle(&fixture, CHUNK_NS);
        ck_assert_uint_lt(conn_deadline(&fixture.conn, &limits), before_ns);
}
END_TEST

START_TEST(stall_deadline_is_not_extended_one_byte_at_a_time)
{
        fixture_open_in(&fixture, STATE_PARKED);
        for (uint64_t i = 1; i < CHUNK_SIZE; i++) {
                conn_sent(&fixture.conn, 1, PARKED_NS + i);
                fixture_settle(&fixture, PARKED_NS + i);
                ck_assert_uint_eq(conn_deadline(&fixture.conn, &limits), PARKED_NS + STALL_NS);
        }
        conn_expire(&fixture.conn, &limits, PARKED_NS + STALL_NS);
        ck_assert_uint_eq(fixture.conn.end, CONN_END_STALL);
}
END_TEST

START_TEST(each_parking_has_its_own_stall_deadline)
{
        fixture_open_in(&fixture, STATE_UNPARKED);
        fixture_receive(&fixture, CHUNK_SIZE, 5000);
        fixture_settle(&fixture, 5001);
        ck_assert_uint_eq(conn_deadline(&fixture.conn, &limits), 5001 + STALL_NS);
}
END_TEST

START_TEST(discarded_bytes_do_not_extend_the_idle_deadline)
{
        fixture_open_in(&fixture, STATE_LINGERING);
        for (uint64_t i = 1; i < 5; i++) {
                fixture_receive(&fixture, CHUNK_SIZE, FINISHED_NS + i);
                fixture_settle(&fixture, FINISHED_NS + i);
        }
        ck_assert_uint_eq(conn_deadline(&fixture.conn, &limits), FINISHED_NS + IDLE_NS);
}
END_TEST

START_TEST(draining_alone_moves_no_deadline)
{
        for (unsigned state = 0; state < STATE_COUNT; state++) {
                fixture_open_in(&fixture, state);
                uint64_t before_ns = conn_deadline(&fixture.conn, &limits);
                conn_drain(&fixture.conn);
                ck_assert_uint_eq(conn_deadline(&fixture.conn, &limits), before_ns);
        }
}
END_TEST

START_TEST(consuming_what_was_echoed_is_not_a_byte_moved)
{
        fixture_open_in(&fixture, STATE_AHEAD);
        conn_consumed(&fixture.conn, CHUNK_SIZE);
        fixture_settle(&fixture, 9000);
        ck_assert_uint_eq(conn_deadline(&fixture.conn, &limits), CHUNK_NS + IDLE_NS);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                every_state_has_its_deadline,
                deadline_is_exact_to_the_nanosecond,
                late_expiry_ends_too,
                only_the_stall_deadline_runs_while_stalled_and_only_the_idle_one_otherwise,
                deadline_saturates_at_never,
                a_header_has_its_own_deadline_whatever_the_limits_are,
                ended_connection_does_not_expire,
                parking_can_make_the_deadline_earlier,
                stall_deadline_is_not_extended_one_byte_at_a_time,
                each_parking_has_its_own_stall_deadline,
                discarded_bytes_do_not_extend_the_idle_deadline,
                draining_alone_moves_no_deadline,
                consuming_what_was_echoed_is_not_a_byte_moved,
        };

        return SUITE_RUN("conn time", tests);
}
