/* SPDX-License-Identifier: MIT */
/* Where the bytes are: in order, in the caller's buffer or in a block, and how many are read. */
#include <string.h>

#include "conn_states.h"
#include "suite.h"

enum { SCRATCH_SIZE = 256 * 1024 };

static struct fixture fixture;

/* Sends what is owed first; returns how many of the bytes are not those that come next. */
static uint32_t send_some(uint32_t size, uint64_t offset)
{
        struct conn_view view = conn_owed(&fixture.conn, &fixture.pool);
        uint32_t wrong = size - (uint32_t)pattern_check(view.data, size, 0, offset);

        conn_sent(&fixture.conn, size, SENT_NS);
        return wrong;
}

/* Bit i of `cuts`: a send ends behind byte i; of `settles`: so does the turn. */
static uint32_t echo_in_pieces(uint32_t size, unsigned cuts, unsigned settles)
{
        uint64_t begin = fixture.conn.received;
        uint32_t sent = 0;
        uint32_t wrong = 0;

        fixture_receive(&fixture, size, CHUNK_NS);
        for (uint32_t i = 0; i < size; i++) {
                if (i + 1 < size && (cuts >> i & 1) == 0)
                        continue;
                wrong += send_some(i + 1 - sent, begin + sent);
                sent = i + 1;
                if (i + 1 < size && (settles >> i & 1) == 0)
                        continue;
                fixture_settle(&fixture, SENT_NS);
                memset(fixture.scratch, 0, size);
        }
        return wrong;
}

START_TEST(every_way_of_sending_a_chunk_keeps_its_order)
{
        enum { LARGEST = 7 };

        fixture_open(&fixture);
        for (uint32_t size = 1; size <= LARGEST; size++) {
                for (unsigned way = 0; way < 1U << (2 * (size - 1)); way++) {
                        unsigned cuts = way & ((1U << (size - 1)) - 1);
                        ck_assert_uint_eq(echo_in_pieces(size, cuts, way >> (size - 1)), 0);
                        ck_assert_uint_eq(spill_used(&fixture.pool), 0);
                        conn_check(&fixture.conn, &fixture.pool);
                }
        }
}
END_TEST

START_TEST(bytes_are_borrowed_until_the_turn_ends_and_then_copied)
{
        fixture_open_in(&fixture, STATE_BORROWED_PARTLY_SENT);
        ck_assert_ptr_eq(conn_owed(&fixture.conn, &fixture.pool).data, fixture.scratch + 4);
        fixture_settle(&fixture, PARKED_NS);
        ck_assert_ptr_eq(conn_owed(&fixture.conn, &fixture.pool).data, fixture.blocks);
        conn_sent(&fixture.conn, 2, SENT_NS);
        ck_assert_ptr_eq(conn_owed(&fixture.conn, &fixture.pool).data, fixture.blocks + 2);
}
END_TEST

START_TEST(nothing_is_pointed_at_when_nothing_is_owed)
{
        for (unsigned state = 0; state < STATE_COUNT; state++) {
                fixture_open_in(&fixture, state);
                fixture_settle(&fixture, SENT_NS);
                if (conn_owed(&fixture.conn, &fixture.pool).size == 0 &&
                    conn_ahead(&fixture.conn) == 0)
                        ck_assert_ptr_null(conn_owed(&fixture.conn, &fixture.pool).data);
        }
}
END_TEST

START_TEST(a_chunk_as_large_as_a_block_is_parked_whole)
{
        fixture_open(&fixture);
        fixture_receive(&fixture, BLOCK_SIZE, CHUNK_NS);
        fixture_settle(&fixture, CHUNK_NS);
        conn_check(&fixture.conn, &fixture.pool);
        struct conn_view view = conn_owed(&fixture.conn, &fixture.pool);
        ck_assert_uint_eq(view.size, BLOCK_SIZE);
        ck_assert_uint_eq(pattern_check(view.data, view.size, 0, 0), BLOCK_SIZE);
        conn_sent(&fixture.conn, BLOCK_SIZE - 1, SENT_NS);
        conn_check(&fixture.conn, &fixture.pool);
        ck_assert_uint_eq(send_some(1, BLOCK_SIZE - 1), 0);
        conn_check(&fixture.conn, &fixture.pool);
}
END_TEST

START_TEST(two_connections_park_apart)
{
        unsigned char scratch[CHUNK_SIZE];
        struct conn other;

        fixture_open_in(&fixture, STATE_PARKED);
        conn_init(&other, START_NS);
        pattern_fill(scratch, CHUNK_SIZE, 1, 0);
        conn_received(&other, scratch, CHUNK_SIZE, CHUNK_NS);
        conn_settle(&other, &fixture.pool, CHUNK_NS);
        ck_assert_uint_eq(spill_used(&fixture.pool), 2);
        struct conn_view mine = conn_owed(&fixture.conn, &fixture.pool);
        struct conn_view others = conn_owed(&other, &fixture.pool);
        ck_assert_uint_eq(pattern_check(mine.data, mine.size, 0, 0), CHUNK_SIZE);
        ck_assert_uint_eq(pattern_check(others.data, others.size, 1, 0), CHUNK_SIZE);
}
END_TEST

START_TEST(received_counts_every_byte_taken)
{
        fixture_open(&fixture);
        fixture.conn.received = UINT32_MAX;
        fixture_receive(&fixture, 3, CHUNK_NS);
        conn_sent(&fixture.conn, 3, CHUNK_NS);
        fixture_settle(&fixture, CHUNK_NS);
        conn_echoed(&fixture.conn, 4, CHUNK_NS);
        ck_assert_uint_eq(fixture.conn.received, UINT64_C(0x100000006));
}
END_TEST

static bool is_cautious(void)
{
        return conn_read_size(&fixture.conn, SCRATCH_SIZE) == CONN_CAUTIOUS_SIZE;
}

START_TEST(parked_once_is_cautious)
{
        for (unsigned state = 0; state < STATE_COUNT; state++) {
                fixture_open_in(&fixture, state);
                bool has_parked = state == STATE_PARKED || state == STATE_PARKED_PARTLY_SENT ||
                                  state == STATE_PARKED_SENT || state == STATE_UNPARKED;
                ck_assert_uint_eq(conn_read_size(&fixture.conn, SCRATCH_SIZE),
                                  has_parked ? CONN_CAUTIOUS_SIZE : SCRATCH_SIZE);
        }
}
END_TEST

START_TEST(cautious_size_is_a_limit_not_a_wish)
{
        fixture_open_in(&fixture, STATE_UNPARKED);
        ck_assert_uint_eq(conn_read_size(&fixture.conn, 1), 1);
        ck_assert_uint_eq(conn_read_size(&fixture.conn, 16383), 16383);
        ck_assert_uint_eq(conn_read_size(&fixture.conn, 16384), 16384);
        ck_assert_uint_eq(conn_read_size(&fixture.conn, 16385), 16384);
        ck_assert_uint_eq(conn_read_size(&fixture.conn, UINT32_MAX), 16384);
}
END_TEST

START_TEST(caution_lasts_while_chunks_have_to_be_parked)
{
        fixture_open_in(&fixture, STATE_UNPARKED);
        for (unsigned i = 0; i < 3; i++) {
                fixture_receive(&fixture, CHUNK_SIZE, SENT_NS);
                ck_assert(is_cautious());
                conn_sent(&fixture.conn, CHUNK_SIZE - 1, SENT_NS);
                fixture_settle(&fixture, SENT_NS);
                ck_assert(is_cautious());
                conn_sent(&fixture.conn, 1, SENT_NS);
                fixture_settle(&fixture, SENT_NS);
                ck_assert(is_cautious());
        }
}
END_TEST

START_TEST(caution_ends_with_the_turn_in_which_a_chunk_left_at_once)
{
        fixture_open_in(&fixture, STATE_UNPARKED);
        fixture_receive(&fixture, CHUNK_SIZE, SENT_NS);
        conn_sent(&fixture.conn, CHUNK_SIZE, SENT_NS);
        ck_assert(is_cautious());
        fixture_settle(&fixture, SENT_NS);
        ck_assert(!is_cautious());
}
END_TEST

START_TEST(turns_without_bytes_do_not_end_caution)
{
        fixture_open_in(&fixture, STATE_UNPARKED);
        fixture_settle(&fixture, SENT_NS);
        ck_assert(is_cautious());
        conn_echoed(&fixture.conn, CHUNK_SIZE, SENT_NS);
        fixture_settle(&fixture, SENT_NS);
        conn_consumed(&fixture.conn, CHUNK_SIZE);
        fixture_settle(&fixture, SENT_NS);
        ck_assert(is_cautious());
}
END_TEST

START_TEST(bytes_ahead_are_consumed_in_any_pieces)
{
        for (uint32_t cuts = 0; cuts < 1U << (CHUNK_SIZE - 1); cuts++) {
                uint32_t consumed = 0;
                fixture_open_in(&fixture, STATE_AHEAD);
                for (uint32_t i = 1; i <= CHUNK_SIZE; i++) {
                        if (i < CHUNK_SIZE && (cuts >> (i - 1) & 1) == 0)
                                continue;
                        conn_consumed(&fixture.conn, i - consumed);
                        consumed = i;
                        ck_assert_uint_eq(conn_ahead(&fixture.conn), CHUNK_SIZE - i);
                        conn_check(&fixture.conn, &fixture.pool);
                }
                ck_assert_ptr_null(conn_owed(&fixture.conn, &fixture.pool).data);
        }
}
END_TEST

START_TEST(a_single_byte_can_be_echoed_by_peeking)
{
        fixture_open(&fixture);
        conn_echoed(&fixture.conn, 1, CHUNK_NS);
        ck_assert_uint_eq(conn_ahead(&fixture.conn), 1);
        conn_check(&fixture.conn, &fixture.pool);
        conn_consumed(&fixture.conn, 1);
        ck_assert_uint_eq(conn_ahead(&fixture.conn), 0);
        ck_assert_uint_eq(fixture.conn.received, 1);
}
END_TEST

START_TEST(peek_turns_can_follow_each_other)
{
        fixture_open(&fixture);
        for (unsigned i = 1; i <= 3; i++) {
                conn_echoed(&fixture.conn, CHUNK_SIZE, CHUNK_NS);
                ck_assert_uint_eq(conn_owed(&fixture.conn, &fixture.pool).size, 0);
                conn_consumed(&fixture.conn, CHUNK_SIZE);
                fixture_settle(&fixture, CHUNK_NS);
                ck_assert_uint_eq(fixture.conn.received, i * CHUNK_SIZE);
                ck_assert_uint_eq(spill_used(&fixture.pool), 0);
        }
}
END_TEST

START_TEST(the_shells_flags_are_left_alone)
{
        enum { SHELLS = CONN_READABLE | CONN_WRITABLE | CONN_ALERT | CONN_RETRY };

        for (unsigned state = 0; state < STATE_COUNT; state++) {
                fixture_open_in(&fixture, state);
                fixture.conn.flags |= SHELLS;
                conn_drain(&fixture.conn);
                conn_consumed(&fixture.conn, conn_ahead(&fixture.conn));
                conn_sent(&fixture.conn, conn_owed(&fixture.conn, &fixture.pool).size, SENT_NS);
                fixture_settle(&fixture, SENT_NS);
                conn_fail(&fixture.conn, CONN_END_IDLE);
                ck_assert_uint_eq(fixture.conn.flags & SHELLS, SHELLS);
        }
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                every_way_of_sending_a_chunk_keeps_its_order,
                bytes_are_borrowed_until_the_turn_ends_and_then_copied,
                nothing_is_pointed_at_when_nothing_is_owed,
                a_chunk_as_large_as_a_block_is_parked_whole,
                two_connections_park_apart,
                received_counts_every_byte_taken,
                parked_once_is_cautious,
                cautious_size_is_a_limit_not_a_wish,
                caution_lasts_while_chunks_have_to_be_parked,
                caution_ends_with_the_turn_in_which_a_chunk_left_at_once,
                turns_without_bytes_do_not_end_caution,
                bytes_ahead_are_consumed_in_any_pieces,
                a_single_byte_can_be_echoed_by_peeking,
                peek_turns_can_follow_each_other,
                the_shells_flags_are_left_alone,
        };

        return SUITE_RUN("conn bytes", tests);
}
