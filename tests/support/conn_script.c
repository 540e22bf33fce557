/* SPDX-License-Identifier: MIT */
#include "support/conn_script.h"

#include <string.h>

#include "core/conn.h"
#include "core/ensure.h"
#include "core/poison.h"
#include "support/pattern.h"

enum { CHUNK_SIZE = 64 };

static const struct conn_limits limits = { .idle_ns = 1000, .stall_ns = 300 };

enum operation {
        OPERATION_RECEIVE,
        OPERATION_SEND_ALL,
        OPERATION_SEND_SOME,
        OPERATION_SETTLE,
        OPERATION_PEER_FINISH,
        OPERATION_DRAIN,
        OPERATION_FINISH,
        OPERATION_FAIL,
        OPERATION_ECHO,
        OPERATION_CONSUME,
        OPERATION_TIME,
        OPERATION_BLOCK,  /* what is peeked at does not leave */
        OPERATION_HEADER, /* as the first event: one is to come; later: it is complete */
        OPERATION_COUNT,
};
_Static_assert((int)OPERATION_COUNT == CONN_SCRIPT_OPERATIONS,
               "the header tells callers the number");

/* What a connection should be, in the plainest terms. */
struct model {
        uint64_t taken;    /* bytes taken for echoing */
        uint64_t sent;     /* of them, bytes that left */
        uint32_t ahead;    /* of the sent, bytes still to be read again */
        uint64_t since_ns; /* the deadline counts from here */
        bool is_parked;
        bool is_borrowed; /* the chunk came this turn, and lies in the scratch buffer */
        bool is_cautious;
        bool is_blocked;
        bool is_draining;
        bool is_lingering;
        bool is_headless; /* a proxy's header is still to come */
        enum conn_end end;
};

struct world {
        struct conn conn;
        struct spill_pool pool;
        struct model model;
        uint64_t now_ns;
        uint64_t words[4];
        _Alignas(8) unsigned char block[CHUNK_SIZE];
        _Alignas(8) unsigned char scratch[CHUNK_SIZE];
};

static bool may_take(const struct model *model)
{
        return model->end == CONN_OPEN && model->taken == model->sent && !model->is_parked &&
               model->ahead == 0;
}

static unsigned wants(const struct model *model)
{
        unsigned input = model->is_headless ? CONN_WANT_HEADER : CONN_WANT_READ;

        if (model->end != CONN_OPEN)
                return CONN_WANT_CLOSE;
        if (model->taken > model->sent)
                return CONN_WANT_WRITE;
        if (model->is_draining && !model->is_lingering && may_take(model))
                return input | CONN_WANT_FINISH;
        return input;
}

static bool is_stalled(const struct model *model)
{
        return model->is_parked || model->is_blocked;
}

static uint64_t deadline_ns(const struct model *model)
{
        if (model->end != CONN_OPEN)
                return UINT64_MAX;
        if (model->is_headless)
                return model->since_ns + CONN_HEADER_NS;
        return model->since_ns + (is_stalled(model) ? limits.stall_ns : limits.idle_ns);
}

static bool ends_by_reset(enum conn_end end)
{
        switch (end) {
        case CONN_OPEN:
        case CONN_END_PEER_FINISHED:
        case CONN_END_PEER_RESET:
        case CONN_END_PEER_VANISHED:
        case CONN_END_IDLE:
        case CONN_END_DRAINED:
        case CONN_END_SOCKET_ERROR:
                return false;
        case CONN_END_STALL:
        case CONN_END_DRAIN_TIMEOUT:
        case CONN_END_HEADER_TIMEOUT:
        case CONN_END_HEADER_SIGNATURE:
        case CONN_END_HEADER_VERSION:
        case CONN_END_HEADER_COMMAND:
        case CONN_END_HEADER_FAMILY:
        case CONN_END_HEADER_ADDRESS:
        case CONN_END_HEADER_LINE_END:
        case CONN_END_HEADER_CHECKSUM:
        case CONN_END_HEADER_EXTENSION:
        case CONN_END_HEADER_TOO_SHORT:
        case CONN_END_HEADER_TOO_LONG:
        case CONN_END_ACCESS:
        case CONN_END_RATE:
        case CONN_END_SOURCE:
        case CONN_END_COUNT:
                break;
        }
        return true;
}

static void check(const struct world *world)
{
        const struct model *model = &world->model;
        const struct conn *conn = &world->conn;
        struct conn_view view = conn_owed(conn, &world->pool);

        conn_check(conn, &world->pool);
        ensure(conn_wants(conn) == wants(model));
        ensure(conn->end == model->end);
        ensure(conn->received == model->taken);
        ensure(view.size == model->taken - model->sent);
        ensure(conn_ahead(conn) == model->ahead);
        ensure(conn_is_parked(conn) == model->is_parked);
        ensure(spill_used(&world->pool) == model->is_parked);
        ensure(conn_deadline(conn, &limits) == deadline_ns(model));
        ensure(conn_read_size(conn, 2 * CONN_CAUTIOUS_SIZE) ==
               CONN_CAUTIOUS_SIZE * (model->is_cautious ? 1 : 2));
        ensure(conn_ends_by_reset(conn) == ends_by_reset(model->end));
        if (model->end == CONN_OPEN)
                ensure(pattern_check(view.data, view.size, 0, model->sent) == view.size);
}

static void receive(struct world *world, uint32_t size)
{
        struct model *model = &world->model;

        if (!may_take(model) || model->is_headless)
                return;
        unpoison(world->scratch, sizeof(world->scratch));
        pattern_fill(world->scratch, size, 0, model->taken);
        conn_received(&world->conn, world->scratch, size, world->now_ns);
        if (model->is_lingering)
                return;
        model->taken += size;
        model->is_borrowed = true;
        if (!model->is_blocked)
                model->since_ns = world->now_ns;
}

static void send(struct world *world, uint32_t size)
{
        struct model *model = &world->model;
        uint64_t owed = model->taken - model->sent;

        if (model->end != CONN_OPEN)
                return;
        if (size > owed)
                size = (uint32_t)owed;
        conn_sent(&world->conn, size, world->now_ns);
        model->sent += size;
        if (size > 0)
                model->is_blocked = false;
        if (size > 0 && model->taken == model->sent)
                model->since_ns = world->now_ns;
}

static void settle(struct world *world)
{
        struct model *model = &world->model;
        bool keeps = model->end == CONN_OPEN && model->taken > model->sent;

        conn_settle(&world->conn, &world->pool, world->now_ns);
        poison(world->scratch, sizeof(world->scratch));
        if (model->is_borrowed && keeps) {
                if (!model->is_blocked)
                        model->since_ns = world->now_ns;
                model->is_blocked = false;
                model->is_cautious = true;
        } else if (model->is_borrowed) {
                model->is_cautious = false;
        }
        model->is_parked = keeps;
        model->is_borrowed = false;
}

static void fail(struct world *world, enum conn_end why)
{
        conn_fail(&world->conn, why);
        if (world->model.end == CONN_OPEN)
                world->model.end = why;
}

static void peer_finish(struct world *world)
{
        if (!may_take(&world->model))
                return;
        conn_peer_finished(&world->conn);
        world->model.end = world->model.is_lingering ? CONN_END_DRAINED : CONN_END_PEER_FINISHED;
}

static void finish(struct world *world)
{
        if ((wants(&world->model) & CONN_WANT_FINISH) == 0)
                return;
        conn_finished(&world->conn, world->now_ns);
        world->model.is_lingering = true;
        world->model.is_headless = false;
        world->model.is_blocked = false;
        world->model.since_ns = world->now_ns;
}

static void echo(struct world *world, uint32_t size)
{
        struct model *model = &world->model;

        if (!may_take(model) || model->is_lingering || model->is_borrowed || model->is_headless)
                return;
        conn_echoed(&world->conn, size, world->now_ns);
        model->taken += size;
        model->sent += size;
        model->ahead = size;
        model->is_blocked = false;
        model->since_ns = world->now_ns;
}

static void block(struct world *world)
{
        struct model *model = &world->model;

        if (model->end != CONN_OPEN || model->taken > model->sent || model->is_parked)
                return;
        if (model->is_borrowed || model->is_lingering || model->is_headless)
                return;
        conn_blocked(&world->conn, world->now_ns);
        if (!model->is_blocked)
                model->since_ns = world->now_ns;
        model->is_blocked = true;
}

static void expect_header(struct world *world)
{
        conn_expect_header(&world->conn);
        world->model.is_headless = true;
}

static void take_header(struct world *world, uint32_t size)
{
        struct model *model = &world->model;

        if (!model->is_headless || !may_take(model))
                return;
        conn_headed(&world->conn, size, world->now_ns);
        model->is_headless = false;
        model->ahead = size;
        model->since_ns = world->now_ns;
}

static void consume(struct world *world, uint32_t size)
{
        if (size > world->model.ahead)
                size = world->model.ahead;
        conn_consumed(&world->conn, size);
        world->model.ahead -= size;
}

static void pass_time(struct world *world, unsigned argument)
{
        static const uint64_t steps_ns[] = {
                300, 1000, 299, 1, 999, 0, 150, CONN_HEADER_NS, CONN_HEADER_NS - 1
        };
        struct model *model = &world->model;

        world->now_ns += steps_ns[argument % 9];
        conn_expire(&world->conn, &limits, world->now_ns);
        if (deadline_ns(model) > world->now_ns)
                return;
        if (model->is_headless)
                model->end = CONN_END_HEADER_TIMEOUT;
        else
                model->end = is_stalled(model) ? CONN_END_STALL : CONN_END_IDLE;
}

static void run_event(struct world *world, enum operation operation, unsigned argument)
{
        uint32_t size = argument < 20 ? argument + 2 : CHUNK_SIZE + 20 - argument;

        switch (operation) {
        case OPERATION_RECEIVE:
                receive(world, size);
                break;
        case OPERATION_SEND_ALL:
                send(world, UINT32_MAX);
                break;
        case OPERATION_SEND_SOME:
                send(world, argument == 23 ? 0 : argument + 1);
                break;
        case OPERATION_SETTLE:
                settle(world);
                break;
        case OPERATION_PEER_FINISH:
                peer_finish(world);
                break;
        case OPERATION_DRAIN:
                conn_drain(&world->conn);
                world->model.is_draining = true;
                break;
        case OPERATION_FINISH:
                finish(world);
                break;
        case OPERATION_FAIL:
                fail(world,
                     CONN_END_PEER_RESET + argument % (CONN_END_COUNT - CONN_END_PEER_RESET));
                break;
        case OPERATION_ECHO:
                echo(world, size);
                break;
        case OPERATION_BLOCK:
                block(world);
                break;
        case OPERATION_CONSUME:
                consume(world, argument + 1);
                break;
        case OPERATION_TIME:
                pass_time(world, argument);
                break;
        case OPERATION_HEADER:
                take_header(world, size);
                break;
        case OPERATION_COUNT:
                break;
        }
}

void conn_script_run(const uint8_t *script, size_t size)
{
        struct world world = { .now_ns = 5000 };

        spill_init(&world.pool, world.block, CHUNK_SIZE, world.words, 1);
        conn_init(&world.conn, world.now_ns);
        world.model.since_ns = world.now_ns;
        if (size > 0 && script[0] % OPERATION_COUNT == OPERATION_HEADER)
                expect_header(&world);
        for (size_t i = 0; i < size; i++) {
                run_event(&world, script[i] % OPERATION_COUNT, script[i] / OPERATION_COUNT);
                check(&world);
        }
        fail(&world, CONN_END_SOCKET_ERROR);
        settle(&world);
        check(&world);
        unpoison(world.block, sizeof(world.block));
        unpoison(world.scratch, sizeof(world.scratch));
}
