/* SPDX-License-Identifier: MIT */
/*
 * One connection in each state a caller can bring it to, for tests that must hold in all of them.
 * A chunk is CHUNK_SIZE bytes; a state is settled unless it says so.
 */
#pragma once

#include "core/conn.h"
#include "core/poison.h"
#include "support/pattern.h"

enum conn_state {
        STATE_FRESH,
        STATE_BORROWED,             /* not settled */
        STATE_BORROWED_PARTLY_SENT, /* not settled */
        STATE_BORROWED_SENT,        /* not settled */
        STATE_ECHOED_AT_ONCE,
        STATE_PARKED,
        STATE_PARKED_PARTLY_SENT,
        STATE_PARKED_SENT, /* not settled: the block is still held */
        STATE_UNPARKED,
        STATE_AHEAD,
        STATE_AHEAD_PARTLY_CONSUMED,
        STATE_CONSUMED,
        STATE_BLOCKED,  /* more was peeked at */
        STATE_HEADLESS, /* a proxy's header is to come */
        STATE_HEADED,
        STATE_HEADER_SKIPPED,
        STATE_LINGERING,
        STATE_LINGERING_DISCARDED,
        STATE_COUNT,
};

enum {
        CHUNK_SIZE = 10,
        BLOCK_SIZE = 24 * 1024, /* more than a cautious connection reads */
        BLOCKS = 2,
        START_NS = 1000,
        FINISHED_NS = 1050,
        CHUNK_NS = 1100,
        PARKED_NS = 1110,
        SENT_NS = 1120,
};

struct fixture {
        struct conn conn;
        struct spill_pool pool;
        uint64_t words[4];
        _Alignas(8) unsigned char blocks[BLOCKS * BLOCK_SIZE];
        unsigned char scratch[BLOCK_SIZE];
};

static inline void fixture_open(struct fixture *fixture)
{
        unpoison(fixture->blocks, sizeof(fixture->blocks));
        spill_init(&fixture->pool, fixture->blocks, BLOCK_SIZE, fixture->words, BLOCKS);
        conn_init(&fixture->conn, START_NS);
}

static inline void fixture_receive(struct fixture *fixture, uint32_t size, uint64_t now_ns)
{
        pattern_fill(fixture->scratch, size, 0, fixture->conn.received);
        conn_received(&fixture->conn, fixture->scratch, size, now_ns);
}

static inline void fixture_settle(struct fixture *fixture, uint64_t now_ns)
{
        conn_settle(&fixture->conn, &fixture->pool, now_ns);
}

/* How to come to a state: what happens, in the order of the fields. */
struct recipe {
        bool is_proxied;
        bool is_headed;
        bool lingers;
        bool peeks;
        bool receives;
        uint32_t sent; /* in the turn */
        bool settles;
        uint32_t sent_later;
        bool settles_again;
        uint32_t consumed;
        bool is_blocked;
};

static inline void fixture_run(struct fixture *fixture, const struct recipe *recipe)
{
        struct conn *conn = &fixture->conn;

        if (recipe->is_proxied)
                conn_expect_header(conn);
        if (recipe->is_headed)
                conn_headed(conn, CHUNK_SIZE, CHUNK_NS);
        if (recipe->lingers) {
                conn_drain(conn);
                conn_finished(conn, FINISHED_NS);
        }
        if (recipe->peeks)
                conn_echoed(conn, CHUNK_SIZE, CHUNK_NS);
        if (recipe->receives)
                fixture_receive(fixture, CHUNK_SIZE, CHUNK_NS);
        conn_sent(conn, recipe->sent, CHUNK_NS);
        if (recipe->settles)
                fixture_settle(fixture, PARKED_NS);
        conn_sent(conn, recipe->sent_later, SENT_NS);
        if (recipe->settles_again)
                fixture_settle(fixture, SENT_NS + 1);
        conn_consumed(conn, recipe->consumed);
        if (recipe->is_blocked)
                conn_blocked(conn, SENT_NS);
}

static inline void fixture_open_in(struct fixture *fixture, enum conn_state state)
{
        static const struct recipe recipes[STATE_COUNT] = {
                [STATE_FRESH] = { 0 },
                [STATE_BORROWED] = { .receives = true },
                [STATE_BORROWED_PARTLY_SENT] = { .receives = true, .sent = 4 },
                [STATE_BORROWED_SENT] = { .receives = true, .sent = CHUNK_SIZE },
                [STATE_ECHOED_AT_ONCE] = { .receives = true, .sent = CHUNK_SIZE, .settles = true },
                [STATE_PARKED] = { .receives = true, .settles = true },
                [STATE_PARKED_PARTLY_SENT] = { .receives = true, .settles = true, .sent_later = 4 },
                [STATE_PARKED_SENT] = { .receives = true,
                                        .settles = true,
                                        .sent_later = CHUNK_SIZE },
                [STATE_UNPARKED] = { .receives = true,
                                     .settles = true,
                                     .sent_later = CHUNK_SIZE,
                                     .settles_again = true },
                [STATE_AHEAD] = { .peeks = true, .settles = true },
                [STATE_AHEAD_PARTLY_CONSUMED] = { .peeks = true, .settles = true, .consumed = 4 },
                [STATE_CONSUMED] = { .peeks = true, .settles = true, .consumed = CHUNK_SIZE },
                [STATE_BLOCKED] = { .peeks = true,
                                    .settles = true,
                                    .consumed = CHUNK_SIZE,
                                    .is_blocked = true },
                [STATE_LINGERING] = { .lingers = true },
                [STATE_LINGERING_DISCARDED] = { .lingers = true,
                                                .receives = true,
                                                .settles = true },
                [STATE_HEADLESS] = { .is_proxied = true },
                [STATE_HEADED] = { .is_proxied = true, .is_headed = true },
                [STATE_HEADER_SKIPPED] = { .is_proxied = true,
                                           .is_headed = true,
                                           .consumed = CHUNK_SIZE },
        };

        fixture_open(fixture);
        fixture_run(fixture, &recipes[state]);
}
