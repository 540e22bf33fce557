/* SPDX-License-Identifier: MIT */
#include "core/conn.h"

#include <string.h>

#include "core/poison.h"
#include "suite.h"
#include "support/pattern.h"

enum { BLOCK_SIZE = 32768, BLOCKS = 2, START_NS = 1000 };

static const struct conn_limits limits = { .idle_ns = 500, .stall_ns = 70 };

static struct spill_pool pool;
static uint64_t words[4];
static _Alignas(8) unsigned char blocks[BLOCKS * BLOCK_SIZE];
static unsigned char scratch[BLOCK_SIZE];
static struct conn conn;

static void start(void)
{
        unpoison(blocks, sizeof(blocks));
        spill_init(&pool, blocks, BLOCK_SIZE, words, BLOCKS);
        conn_init(&conn, START_NS);
}

static void receive(uint32_t size, uint64_t now_ns)
{
        pattern_fill(scratch, size, 0, conn.received);
        conn_received(&conn, scratch, size, now_ns);
}

static void park(uint32_t size, uint64_t now_ns)
{
        receive(size, now_ns);
        conn_settle(&conn, &pool, now_ns);
}

static void expect_owed(uint64_t offset, uint32_t size)
{
        struct conn_view view = conn_owed(&conn, &pool);

        ck_assert_uint_eq(view.size, size);
        ck_assert_uint_eq(pattern_check(view.data, size, 0, offset), size);
        conn_check(&conn, &pool);
}

START_TEST(new_connection_reads_and_owes_nothing)
{
        start();
        ck_assert_uint_eq(conn_wants(&conn), CONN_WANT_READ);
        ck_assert_uint_eq(conn_owed(&conn, &pool).size, 0);
        ck_assert(!conn_is_parked(&conn));
        conn_check(&conn, &pool);
}
END_TEST

START_TEST(connection_that_owes_does_not_read)
{
        start();
        receive(10, 1001);
        ck_assert_uint_eq(conn_wants(&conn), CONN_WANT_WRITE);
        expect_owed(0, 10);
}
END_TEST

START_TEST(turn_that_writes_everything_takes_no_block)
{
        start();
        receive(10, 1001);
        conn_sent(&conn, 10, 1001);
        conn_settle(&conn, &pool, 1001);
        ck_assert_uint_eq(spill_used(&pool), 0);
        ck_assert_uint_eq(conn_wants(&conn), CONN_WANT_READ);
}
END_TEST

START_TEST(unsent_rest_is_parked_and_no_longer_borrowed)
{
        start();
        receive(10, 1001);
        conn_sent(&conn, 4, 1001);
        conn_settle(&conn, &pool, 1001);
        memset(scratch, 0, sizeof(scratch));
        ck_assert(conn_is_parked(&conn));
        ck_assert_uint_eq(spill_used(&pool), 1);
        expect_owed(4, 6);
}
END_TEST

START_TEST(parked_bytes_leave_in_order_and_the_block_goes_back)
{
        start();
        park(10, 1001);
        conn_sent(&conn, 3, 1002);
        expect_owed(3, 7);
        conn_settle(&conn, &pool, 1002);
        ck_assert_uint_eq(spill_used(&pool), 1);
        conn_sent(&conn, 7, 1003);
        conn_settle(&conn, &pool, 1003);
        ck_assert_uint_eq(spill_used(&pool), 0);
        ck_assert(!conn_is_parked(&conn));
        ck_assert_uint_eq(conn_wants(&conn), CONN_WANT_READ);
}
END_TEST

/* Found by fuzzing: an offset was added to a pointer that was NULL. */
START_TEST(sending_nothing_while_nothing_is_owed_changes_nothing)
{
        start();
        conn_sent(&conn, 0, 2000);
        ck_assert_uint_eq(conn_deadline(&conn, &limits), START_NS + 500);
        conn_check(&conn, &pool);
}
END_TEST

START_TEST(idle_deadline_counts_from_the_last_byte_either_way)
{
        start();
        ck_assert_uint_eq(conn_deadline(&conn, &limits), START_NS + 500);
        receive(10, 1100);
        conn_sent(&conn, 10, 1200);
        conn_settle(&conn, &pool, 1200);
        ck_assert_uint_eq(conn_deadline(&conn, &limits), 1700);
}
END_TEST

START_TEST(idle_deadline_is_exact_to_the_nanosecond)
{
        start();
        conn_expire(&conn, &limits, START_NS + 499);
        ck_assert_uint_eq(conn.end, CONN_OPEN);
        conn_expire(&conn, &limits, START_NS + 500);
        ck_assert_uint_eq(conn.end, CONN_END_IDLE);
        ck_assert(!conn_ends_by_reset(&conn));
}
END_TEST

START_TEST(stall_deadline_is_exact_and_ends_by_reset)
{
        start();
        park(10, 1100);
        conn_expire(&conn, &limits, 1169);
        ck_assert_uint_eq(conn.end, CONN_OPEN);
        conn_expire(&conn, &limits, 1170);
        ck_assert_uint_eq(conn.end, CONN_END_STALL);
        ck_assert(conn_ends_by_reset(&conn));
}
END_TEST

START_TEST(stall_deadline_is_not_extended_by_partial_sends)
{
        start();
        park(10, 1100);
        conn_sent(&conn, 9, 1150);
        conn_settle(&conn, &pool, 1150);
        ck_assert_uint_eq(conn_deadline(&conn, &limits), 1170);
}
END_TEST

/* Without a free block what is owed waits in the kernel. */
START_TEST(stall_counts_from_the_first_turn_in_which_nothing_leaves)
{
        start();
        conn_blocked(&conn, 1200);
        ck_assert_uint_eq(conn_deadline(&conn, &limits), 1270);
        conn_blocked(&conn, 1260);
        ck_assert_uint_eq(conn_deadline(&conn, &limits), 1270);
        conn_expire(&conn, &limits, 1269);
        ck_assert_uint_eq(conn.end, CONN_OPEN);
        conn_expire(&conn, &limits, 1270);
        ck_assert_uint_eq(conn.end, CONN_END_STALL);
        ck_assert(conn_ends_by_reset(&conn));
}
END_TEST

START_TEST(stall_ends_when_anything_leaves)
{
        start();
        conn_blocked(&conn, 1200);
        conn_echoed(&conn, 10, 1210);
        conn_consumed(&conn, 10);
        ck_assert_uint_eq(conn_deadline(&conn, &limits), 1710);
        conn_blocked(&conn, 1220);
        ck_assert_uint_eq(conn_deadline(&conn, &limits), 1290);
        receive(10, 1230);
        conn_sent(&conn, 1, 1230);
        conn_settle(&conn, &pool, 1230);
        ck_assert_uint_eq(conn_deadline(&conn, &limits), 1300);
}
END_TEST

START_TEST(stall_goes_on_when_what_does_not_leave_is_parked)
{
        start();
        conn_blocked(&conn, 1200);
        park(10, 1260);
        ck_assert_uint_eq(conn_deadline(&conn, &limits), 1270);
        conn_sent(&conn, 10, 1265);
        conn_settle(&conn, &pool, 1265);
        ck_assert_uint_eq(conn_deadline(&conn, &limits), 1765);
}
END_TEST

START_TEST(stall_counts_from_parking_and_idle_again_from_the_last_byte)
{
        start();
        receive(10, 1100);
        conn_settle(&conn, &pool, 1110);
        ck_assert_uint_eq(conn_deadline(&conn, &limits), 1180);
        conn_sent(&conn, 10, 1120);
        conn_settle(&conn, &pool, 1125);
        ck_assert_uint_eq(conn_deadline(&conn, &limits), 1620);
}
END_TEST

START_TEST(timeout_of_zero_means_never)
{
        const struct conn_limits never = { 0 };

        start();
        conn_expire(&conn, &never, UINT64_MAX - 1);
        park(10, 1100);
        conn_expire(&conn, &never, UINT64_MAX - 1);
        ck_assert_uint_eq(conn_deadline(&conn, &never), UINT64_MAX);
        ck_assert_uint_eq(conn.end, CONN_OPEN);
}
END_TEST

START_TEST(deadline_beyond_the_end_of_time_is_never)
{
        const struct conn_limits far = { .idle_ns = UINT64_MAX - START_NS, .stall_ns = UINT64_MAX };

        start();
        ck_assert_uint_eq(conn_deadline(&conn, &far), UINT64_MAX);
        receive(1, START_NS + 1);
        ck_assert_uint_eq(conn_deadline(&conn, &far), UINT64_MAX);
        conn_settle(&conn, &pool, START_NS + 1);
        ck_assert_uint_eq(conn_deadline(&conn, &far), UINT64_MAX);
}
END_TEST

START_TEST(ended_connection_has_no_deadline_and_wants_only_to_close)
{
        start();
        conn_fail(&conn, CONN_END_PEER_RESET);
        ck_assert_uint_eq(conn_deadline(&conn, &limits), UINT64_MAX);
        ck_assert_uint_eq(conn_wants(&conn), CONN_WANT_CLOSE);
}
END_TEST

START_TEST(first_end_reason_sticks)
{
        start();
        conn_fail(&conn, CONN_END_IDLE);
        conn_fail(&conn, CONN_END_DRAIN_TIMEOUT);
        conn_expire(&conn, &limits, UINT64_MAX - 1);
        ck_assert_uint_eq(conn.end, CONN_END_IDLE);
}
END_TEST

START_TEST(failed_connection_gives_its_block_back_and_keeps_the_count_of_what_it_owed)
{
        start();
        park(10, 1100);
        conn_fail(&conn, CONN_END_PEER_VANISHED);
        conn_settle(&conn, &pool, 1101);
        ck_assert_uint_eq(spill_used(&pool), 0);
        ck_assert_uint_eq(conn.received - conn.owed, 0);
        conn_check(&conn, &pool);
}
END_TEST

START_TEST(failed_turn_parks_nothing)
{
        start();
        receive(10, 1100);
        conn_fail(&conn, CONN_END_SOCKET_ERROR);
        conn_settle(&conn, &pool, 1100);
        ck_assert_uint_eq(spill_used(&pool), 0);
}
END_TEST

START_TEST(end_of_stream_ends_by_peer)
{
        start();
        conn_peer_finished(&conn);
        ck_assert_uint_eq(conn.end, CONN_END_PEER_FINISHED);
        ck_assert(!conn_ends_by_reset(&conn));
}
END_TEST

START_TEST(cautious_connection_reads_little_until_a_chunk_leaves_at_once)
{
        start();
        ck_assert_uint_eq(conn_read_size(&conn, 262144), 262144);
        park(10, 1100);
        conn_sent(&conn, 10, 1101);
        conn_settle(&conn, &pool, 1101);
        ck_assert_uint_eq(conn_read_size(&conn, 262144), 16384);
        ck_assert_uint_eq(conn_read_size(&conn, 4096), 4096);
        receive(10, 1102);
        conn_sent(&conn, 10, 1102);
        conn_settle(&conn, &pool, 1102);
        ck_assert_uint_eq(conn_read_size(&conn, 262144), 262144);
}
END_TEST

START_TEST(draining_connection_finishes_when_it_owes_nothing)
{
        start();
        receive(10, 1100);
        conn_drain(&conn);
        ck_assert_uint_eq(conn_wants(&conn), CONN_WANT_WRITE);
        conn_settle(&conn, &pool, 1100);
        conn_sent(&conn, 10, 1101);
        conn_settle(&conn, &pool, 1101);
        ck_assert_uint_eq(conn_wants(&conn), CONN_WANT_READ | CONN_WANT_FINISH);
}
END_TEST

START_TEST(lingering_connection_discards_until_the_peer_finishes)
{
        start();
        conn_drain(&conn);
        conn_finished(&conn, 1200);
        ck_assert_uint_eq(conn_wants(&conn), CONN_WANT_READ);
        ck_assert_uint_eq(conn_deadline(&conn, &limits), 1700);
        receive(10, 1201);
        ck_assert_uint_eq(conn.received, 0);
        ck_assert_uint_eq(conn_owed(&conn, &pool).size, 0);
        conn_check(&conn, &pool);
        conn_peer_finished(&conn);
        ck_assert_uint_eq(conn.end, CONN_END_DRAINED);
}
END_TEST

START_TEST(peer_that_finishes_before_we_do_was_not_drained)
{
        start();
        conn_drain(&conn);
        conn_peer_finished(&conn);
        ck_assert_uint_eq(conn.end, CONN_END_PEER_FINISHED);
}
END_TEST

START_TEST(bytes_echoed_by_peeking_are_read_again_before_anything_else)
{
        start();
        conn_drain(&conn);
        conn_echoed(&conn, 10, 1100);
        ck_assert_uint_eq(conn.received, 10);
        ck_assert_uint_eq(conn_ahead(&conn), 10);
        ck_assert_uint_eq(conn_wants(&conn), CONN_WANT_READ);
        ck_assert_uint_eq(conn_deadline(&conn, &limits), 1600);
        conn_settle(&conn, &pool, 1101);
        conn_consumed(&conn, 4);
        conn_check(&conn, &pool);
        ck_assert_uint_eq(conn_ahead(&conn), 6);
        conn_consumed(&conn, 0);
        conn_consumed(&conn, 6);
        ck_assert_uint_eq(conn_ahead(&conn), 0);
        ck_assert_uint_eq(conn_wants(&conn), CONN_WANT_READ | CONN_WANT_FINISH);
        ck_assert_uint_eq(spill_used(&pool), 0);
        conn_check(&conn, &pool);
}
END_TEST

START_TEST(only_what_was_cut_off_or_turned_away_ends_by_reset)
{
        for (int end = CONN_END_PEER_FINISHED; end < CONN_END_COUNT; end++) {
                start();
                conn_fail(&conn, (enum conn_end)end);
                ck_assert_int_eq(conn_ends_by_reset(&conn), end == CONN_END_STALL ||
                                                                end == CONN_END_DRAIN_TIMEOUT ||
                                                                end > CONN_END_SOCKET_ERROR);
        }
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                new_connection_reads_and_owes_nothing,
                connection_that_owes_does_not_read,
                turn_that_writes_everything_takes_no_block,
                unsent_rest_is_parked_and_no_longer_borrowed,
                parked_bytes_leave_in_order_and_the_block_goes_back,
                sending_nothing_while_nothing_is_owed_changes_nothing,
                idle_deadline_counts_from_the_last_byte_either_way,
                idle_deadline_is_exact_to_the_nanosecond,
                stall_deadline_is_exact_and_ends_by_reset,
                stall_deadline_is_not_extended_by_partial_sends,
                stall_counts_from_the_first_turn_in_which_nothing_leaves,
                stall_ends_when_anything_leaves,
                stall_goes_on_when_what_does_not_leave_is_parked,
                stall_counts_from_parking_and_idle_again_from_the_last_byte,
                timeout_of_zero_means_never,
                deadline_beyond_the_end_of_time_is_never,
                ended_connection_has_no_deadline_and_wants_only_to_close,
                first_end_reason_sticks,
                failed_connection_gives_its_block_back_and_keeps_the_count_of_what_it_owed,
                failed_turn_parks_nothing,
                end_of_stream_ends_by_peer,
                cautious_connection_reads_little_until_a_chunk_leaves_at_once,
                draining_connection_finishes_when_it_owes_nothing,
                lingering_connection_discards_until_the_peer_finishes,
                peer_that_finishes_before_we_do_was_not_drained,
                bytes_echoed_by_peeking_are_read_again_before_anything_else,
                only_what_was_cut_off_or_turned_away_ends_by_reset,
        };

        return SUITE_RUN("conn", tests);
}
