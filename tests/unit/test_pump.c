/* SPDX-License-Identifier: MIT */
/* Turns against a kernel that does as it is told: its answers are listed before each turn. */
#include "shell/pump.h"

#include <errno.h>
#include <string.h>

#include "core/ensure.h"
#include "shell/sys.h"
#include "suite.h"

enum { SCRATCH_SIZE = 4096 };

static struct counters counters;
static struct spill_pool pool;
static uint64_t words[4];
static _Alignas(8) unsigned char block[SCRATCH_SIZE];
static _Alignas(8) unsigned char scratch[SCRATCH_SIZE];
static struct pump pump;
static const struct teller teller;
static struct conn conn;

/* What the next calls return, in order; a call without an answer is one too many. */
static const long *answers;
static unsigned answer_count;

static long next_answer(void)
{
        ensure(answer_count > 0);
        answer_count--;
        return *answers++;
}

long sys_recv(int fd, void *data, uint32_t size, int flags)
{
        (void)fd;
        (void)flags;
        memset(data, 'x', size);
        return next_answer();
}

long sys_send(int fd, const void *data, uint32_t size)
{
        (void)fd;
        (void)data;
        (void)size;
        return next_answer();
}

int sys_wake(int wake_fd)
{
        (void)wake_fd;
        return (int)next_answer();
}

int sys_shutdown_write(int fd)
{
        (void)fd;
        return (int)next_answer();
}

static void start(uint32_t block_count)
{
        counters = (struct counters){ 0 };
        spill_init(&pool, block, SCRATCH_SIZE, words, block_count);
        pump = (struct pump){ .pool = &pool,
                              .teller = &teller,
                              .counters = &counters,
                              .scratch = scratch,
                              .scratch_size = SCRATCH_SIZE };
        conn_init(&conn, 0);
        pump_notice(&conn, EPOLLIN | EPOLLOUT);
}

static void turn(unsigned count, const long *script)
{
        answers = script;
        answer_count = count;
        pump_turn(&pump, &conn, 1);
        ck_assert_uint_eq(answer_count, 0);
}

static bool has(enum conn_flag flag)
{
        return (conn.flags & flag) != 0;
}

START_TEST(message_costs_one_receive_and_one_send)
{
        start(1);
        turn(2, (const long[]){ 10, 10 });
        ck_assert(!has(CONN_READABLE));
        ck_assert(has(CONN_WRITABLE));
        ck_assert(!pump_is_ready(&conn));
        ck_assert_uint_eq(counter_read(&counters.received_bytes), 10);
        ck_assert_uint_eq(counter_read(&counters.sent_bytes), 10);
}
END_TEST

START_TEST(full_read_leaves_the_connection_ready)
{
        start(1);
        turn(2, (const long[]){ SCRATCH_SIZE, SCRATCH_SIZE });
        ck_assert(pump_is_ready(&conn));
}
END_TEST

START_TEST(short_send_parks_and_waits_for_an_edge)
{
        start(1);
        turn(2, (const long[]){ 10, 4 });
        ck_assert(conn_is_parked(&conn));
        ck_assert(!has(CONN_WRITABLE));
        ck_assert(!pump_is_ready(&conn));
        pump_notice(&conn, EPOLLOUT);
        ck_assert(pump_is_ready(&conn));
        turn(1, (const long[]){ 6 });
        ck_assert_uint_eq(spill_used(&pool), 0);
}
END_TEST

START_TEST(short_read_after_an_alert_proves_nothing)
{
        const uint32_t alerts[] = { EPOLLPRI, EPOLLRDHUP, EPOLLHUP, EPOLLERR };

        for (unsigned i = 0; i < 4; i++) {
                start(1);
                pump_notice(&conn, alerts[i]);
                turn(2, (const long[]){ 10, 10 });
                ck_assert(pump_is_ready(&conn));
                turn(1, (const long[]){ -EAGAIN });
                ck_assert(!pump_is_ready(&conn));
                ck_assert(!has(CONN_ALERT));
        }
}
END_TEST

START_TEST(interrupted_call_is_made_again_in_the_next_turn)
{
        start(1);
        turn(1, (const long[]){ -EINTR });
        ck_assert(pump_is_ready(&conn));
        turn(2, (const long[]){ 10, -EINTR });
        ck_assert(conn_is_parked(&conn));
        ck_assert(pump_is_ready(&conn));
}
END_TEST

START_TEST(lack_of_kernel_memory_asks_for_the_timer)
{
        start(1);
        turn(1, (const long[]){ -ENOMEM });
        ck_assert(has(CONN_RETRY));
        ck_assert(!pump_is_ready(&conn));
        start(1);
        turn(2, (const long[]){ 10, -ENOBUFS });
        ck_assert(has(CONN_RETRY));
        ck_assert(!pump_is_ready(&conn));
}
END_TEST

START_TEST(without_a_block_exactly_what_was_sent_is_read_again)
{
        start(0);
        turn(3, (const long[]){ 10, 4, 4 });
        ck_assert_uint_eq(conn_ahead(&conn), 0);
        ck_assert_uint_eq(conn.received, 4);
        /* The kernel keeps the rest; nothing is tried before there is room. */
        ck_assert(has(CONN_READABLE));
        ck_assert(!pump_is_ready(&conn));
        ck_assert_uint_eq(counter_read(&counters.peek_turns), 1);
}
END_TEST

/* What is ahead lies in the kernel already, so no edge would bring the connection back. */
START_TEST(interrupted_reading_again_goes_on_in_the_next_turn)
{
        start(0);
        turn(4, (const long[]){ 10, 10, 3, -EINTR });
        ck_assert_uint_eq(conn_ahead(&conn), 7);
        ck_assert(pump_is_ready(&conn));
        turn(1, (const long[]){ 7 });
        ck_assert_uint_eq(conn_ahead(&conn), 0);
        turn(1, (const long[]){ -EAGAIN });
        ck_assert(!pump_is_ready(&conn));
}
END_TEST

START_TEST(error_names_how_the_connection_ended)
{
        const struct {
                long answer;
                enum conn_end end;
        } cases[] = {
                { 0, CONN_END_PEER_FINISHED },
                { -ECONNRESET, CONN_END_PEER_RESET },
                { -EPIPE, CONN_END_PEER_RESET },
                { -ETIMEDOUT, CONN_END_PEER_VANISHED },
                { -EHOSTUNREACH, CONN_END_PEER_VANISHED },
                { -ENETUNREACH, CONN_END_PEER_VANISHED },
                { -EBADF, CONN_END_SOCKET_ERROR },
        };

        for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                for (uint32_t blocks = 0; blocks < 2; blocks++) {
                        start(blocks);
                        turn(1, &cases[i].answer);
                        ck_assert_int_eq(conn.end, cases[i].end);
                        ck_assert_uint_eq(conn_wants(&conn), CONN_WANT_CLOSE);
                }
        }
}
END_TEST

START_TEST(draining_connection_finishes_when_nothing_is_readable)
{
        start(1);
        conn_drain(&conn);
        turn(3, (const long[]){ 10, 10, 0 });
        ck_assert(has(CONN_LINGERING));
        /* What comes now is discarded, without a send. */
        pump_notice(&conn, EPOLLIN);
        turn(1, (const long[]){ 10 });
        ck_assert_uint_eq(counter_read(&counters.received_bytes), 10);
}
END_TEST

START_TEST(finishing_a_connection_that_is_gone_ends_it)
{
        start(1);
        conn_drain(&conn);
        turn(2, (const long[]){ -EAGAIN, -ENOTCONN });
        ck_assert_int_eq(conn.end, CONN_END_PEER_RESET);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                message_costs_one_receive_and_one_send,
                full_read_leaves_the_connection_ready,
                short_send_parks_and_waits_for_an_edge,
                short_read_after_an_alert_proves_nothing,
                interrupted_call_is_made_again_in_the_next_turn,
                lack_of_kernel_memory_asks_for_the_timer,
                without_a_block_exactly_what_was_sent_is_read_again,
                interrupted_reading_again_goes_on_in_the_next_turn,
                error_names_how_the_connection_ended,
                draining_connection_finishes_when_nothing_is_readable,
                finishing_a_connection_that_is_gone_ends_it,
        };

        return SUITE_RUN("pump", tests);
}
