/* SPDX-License-Identifier: MIT */
#include "core/conn.h"

#include <string.h>

#include "core/ensure.h"

static bool has_flag(const struct conn *conn, enum conn_flag flag)
{
        return (conn->flags & flag) != 0;
}

static void set_flag(struct conn *conn, enum conn_flag flag)
{
        conn->flags = (uint16_t)(conn->flags | flag);
}

static void clear_flag(struct conn *conn, enum conn_flag flag)
{
        conn->flags = (uint16_t)(conn->flags & ~flag);
}

/* May take bytes from the peer: nothing is owed, kept in a block or still to be read again. */
static bool may_take(const struct conn *conn)
{
        return conn->end == CONN_OPEN && conn->owed == 0 && !has_flag(conn, CONN_PARKED) &&
               !has_flag(conn, CONN_AHEAD);
}

void conn_init(struct conn *conn, uint64_t now_ns)
{
        conn->since_ns = now_ns;
        conn->received = 0;
        conn->borrowed = NULL;
        conn->owed = 0;
        conn->flags = 0;
        conn->end = CONN_OPEN;
}

void conn_expect_header(struct conn *conn)
{
        set_flag(conn, CONN_HEADLESS);
}

/* Bytes were peeked at that must be read again. */
static void skip(struct conn *conn, uint32_t size, uint64_t now_ns)
{
        ensure(may_take(conn));
        ensure(size > 0);
        set_flag(conn, CONN_AHEAD);
        conn->ahead = size;
        conn->since_ns = now_ns;
}

void conn_headed(struct conn *conn, uint32_t size, uint64_t now_ns)
{
        ensure(has_flag(conn, CONN_HEADLESS));
        skip(conn, size, now_ns);
        clear_flag(conn, CONN_HEADLESS);
}

unsigned conn_wants(const struct conn *conn)
{
        unsigned input = has_flag(conn, CONN_HEADLESS) ? CONN_WANT_HEADER : CONN_WANT_READ;

        if (conn->end != CONN_OPEN)
                return CONN_WANT_CLOSE;
        if (conn->owed > 0)
                return CONN_WANT_WRITE;
        if (has_flag(conn, CONN_DRAINING) && may_take(conn) && !has_flag(conn, CONN_LINGERING))
                return input | CONN_WANT_FINISH;
        return input;
}

bool conn_is_parked(const struct conn *conn)
{
        return has_flag(conn, CONN_PARKED);
}

uint32_t conn_read_size(const struct conn *conn, uint32_t scratch_size)
{
        if (has_flag(conn, CONN_CAUTIOUS) && scratch_size > CONN_CAUTIOUS_SIZE)
                return CONN_CAUTIOUS_SIZE;
        return scratch_size;
}

void conn_received(struct conn *conn, const unsigned char *data, uint32_t size, uint64_t now_ns)
{
        ensure(may_take(conn));
        ensure(!has_flag(conn, CONN_HEADLESS));
        ensure(size > 0);
        if (has_flag(conn, CONN_LINGERING))
                return;
        conn->borrowed = data;
        conn->owed = size;
        conn->received += size;
        if (!has_flag(conn, CONN_BLOCKED))
                conn->since_ns = now_ns;
}

void conn_peer_finished(struct conn *conn)
{
        ensure(may_take(conn));
        conn_fail(conn, has_flag(conn, CONN_LINGERING) ? CONN_END_DRAINED : CONN_END_PEER_FINISHED);
}

struct conn_view conn_owed(const struct conn *conn, const struct spill_pool *pool)
{
        const unsigned char *data = conn->borrowed;

        if (has_flag(conn, CONN_PARKED))
                data = spill_data(pool, conn->parked.block) + conn->parked.offset;
        return (struct conn_view){ .data = data, .size = conn->owed };
}

void conn_sent(struct conn *conn, uint32_t size, uint64_t now_ns)
{
        ensure(conn->end == CONN_OPEN);
        ensure(size <= conn->owed);
        if (size == 0)
                return;
        clear_flag(conn, CONN_BLOCKED);
        conn->owed -= size;
        if (has_flag(conn, CONN_PARKED))
                conn->parked.offset += size;
        else
                conn->borrowed += size;
        if (conn->owed == 0)
                conn->since_ns = now_ns;
}

void conn_echoed(struct conn *conn, uint32_t size, uint64_t now_ns)
{
        ensure((conn->flags & (CONN_LINGERING | CONN_HEADLESS)) == 0);
        skip(conn, size, now_ns);
        conn->received += size;
        clear_flag(conn, CONN_BLOCKED);
}

void conn_blocked(struct conn *conn, uint64_t now_ns)
{
        ensure(conn->end == CONN_OPEN && conn->owed == 0);
        ensure((conn->flags & (CONN_PARKED | CONN_LINGERING | CONN_HEADLESS)) == 0);
        if (has_flag(conn, CONN_BLOCKED))
                return;
        set_flag(conn, CONN_BLOCKED);
        conn->since_ns = now_ns;
}

uint32_t conn_ahead(const struct conn *conn)
{
        return has_flag(conn, CONN_AHEAD) ? conn->ahead : 0;
}

void conn_consumed(struct conn *conn, uint32_t size)
{
        ensure(size <= conn_ahead(conn));
        if (size == 0)
                return;
        conn->ahead -= size;
        if (conn->ahead == 0) {
                clear_flag(conn, CONN_AHEAD);
                conn->borrowed = NULL;
        }
}

static void park(struct conn *conn, struct spill_pool *pool, uint64_t now_ns)
{
        const unsigned char *rest = conn->borrowed;

        ensure(conn->owed <= pool->block_size);
        conn->parked.block = spill_take(pool);
        conn->parked.offset = 0;
        memcpy(spill_data(pool, conn->parked.block), rest, conn->owed);
        if (!has_flag(conn, CONN_BLOCKED))
                conn->since_ns = now_ns;
        clear_flag(conn, CONN_BLOCKED);
        set_flag(conn, CONN_PARKED);
        set_flag(conn, CONN_CAUTIOUS);
}

static void unpark(struct conn *conn, struct spill_pool *pool)
{
        spill_put(pool, conn->parked.block);
        clear_flag(conn, CONN_PARKED);
        conn->borrowed = NULL;
}

void conn_settle(struct conn *conn, struct spill_pool *pool, uint64_t now_ns)
{
        bool keeps = conn->owed > 0 && conn->end == CONN_OPEN;

        if (has_flag(conn, CONN_PARKED)) {
                if (!keeps)
                        unpark(conn, pool);
                return;
        }
        if (has_flag(conn, CONN_AHEAD))
                return;
        if (keeps) {
                park(conn, pool, now_ns);
                return;
        }
        if (conn->borrowed != NULL)
                clear_flag(conn, CONN_CAUTIOUS);
        conn->borrowed = NULL;
}

void conn_drain(struct conn *conn)
{
        set_flag(conn, CONN_DRAINING);
}

void conn_finished(struct conn *conn, uint64_t now_ns)
{
        ensure((conn_wants(conn) & CONN_WANT_FINISH) != 0);
        set_flag(conn, CONN_LINGERING);
        conn->flags &= (uint16_t) ~(CONN_HEADLESS | CONN_BLOCKED);
        conn->since_ns = now_ns;
}

void conn_fail(struct conn *conn, enum conn_end why)
{
        ensure(why > CONN_OPEN && why < CONN_END_COUNT);
        if (conn->end == CONN_OPEN)
                conn->end = (uint8_t)why;
}

bool conn_ends_by_reset(const struct conn *conn)
{
        return conn->end == CONN_END_STALL || conn->end == CONN_END_DRAIN_TIMEOUT ||
               conn->end >= CONN_END_HEADER_TIMEOUT;
}

/* The peer is owed something, and takes nothing. */
static bool is_stalled(const struct conn *conn)
{
        return (conn->flags & (CONN_PARKED | CONN_BLOCKED)) != 0;
}

/* How long nothing may happen; 0 = for ever. */
static uint64_t patience_ns(const struct conn *conn, const struct conn_limits *limits)
{
        if (has_flag(conn, CONN_HEADLESS))
                return CONN_HEADER_NS;
        return is_stalled(conn) ? limits->stall_ns : limits->idle_ns;
}

uint64_t conn_deadline(const struct conn *conn, const struct conn_limits *limits)
{
        uint64_t wait_ns = patience_ns(conn, limits);

        if (conn->end != CONN_OPEN || wait_ns == 0 || wait_ns > UINT64_MAX - conn->since_ns)
                return UINT64_MAX;
        return conn->since_ns + wait_ns;
}

void conn_expire(struct conn *conn, const struct conn_limits *limits, uint64_t now_ns)
{
        if (conn_deadline(conn, limits) > now_ns)
                return;
        if (has_flag(conn, CONN_HEADLESS))
                conn_fail(conn, CONN_END_HEADER_TIMEOUT);
        else
                conn_fail(conn, is_stalled(conn) ? CONN_END_STALL : CONN_END_IDLE);
}

void conn_check(const struct conn *conn, const struct spill_pool *pool)
{
        bool parked = has_flag(conn, CONN_PARKED);
        bool ahead = has_flag(conn, CONN_AHEAD);

        ensure(conn_wants(conn) != 0);
        ensure(conn->end < CONN_END_COUNT);
        ensure(conn->owed <= conn->received);
        ensure(conn->owed <= pool->block_size);
        ensure(!(parked && ahead));
        ensure(!(parked && has_flag(conn, CONN_BLOCKED)));
        ensure(!ahead || (conn->owed == 0 && conn->ahead > 0));
        ensure(!parked || conn->parked.offset <= pool->block_size - conn->owed);
        ensure(!parked || !vacancy_is_free(&pool->vacancy, conn->parked.block));
        ensure(!has_flag(conn, CONN_LINGERING) || (conn->owed == 0 && !ahead));
        ensure(!has_flag(conn, CONN_HEADLESS) ||
               (conn->received == 0 && !ahead && !has_flag(conn, CONN_LINGERING)));
}
