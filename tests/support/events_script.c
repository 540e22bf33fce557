/* SPDX-License-Identifier: MIT */
#include "support/events_script.h"

#include <string.h>

#include "core/ensure.h"
#include "core/events.h"

enum { COUNT_MAX = 8, TIMES_MAX = 10 };

/* What is known of a ring, in the plainest terms: the first stands at 0, the rest moves up. */
struct model {
        uint64_t queue[COUNT_MAX];
        uint32_t size;
        uint64_t lost;
};

struct world {
        struct event slots[COUNT_MAX];
        struct events events;
        struct model model;
        uint32_t count;
        uint64_t next; /* the number of the next record */
};

static struct event record(uint64_t number)
{
        struct event event = { .time_ns = number, .kind = number % EVENT_COUNT };

        event.connection = number * 31;
        memset(event.data.bytes, (int)(number % 251), sizeof(event.data.bytes));
        return event;
}

static void put(struct world *world)
{
        struct model *model = &world->model;
        struct event event = record(world->next);
        enum events_put result = events_put(&world->events, &event);

        /* The ring keeps a copy. */
        memset(&event, 0x5a, sizeof(event));
        if (model->size == world->count) {
                ensure(result == EVENTS_FULL);
                model->lost++;
        } else {
                ensure(result == (model->size == 0 ? EVENTS_PUT_FIRST : EVENTS_PUT));
                model->queue[model->size++] = world->next;
        }
        world->next++;
}

static void take(struct world *world)
{
        struct model *model = &world->model;
        struct event event;

        ensure(events_take(&world->events, &event) == (model->size > 0));
        if (model->size == 0)
                return;
        struct event expected = record(model->queue[0]);
        ensure(event.time_ns == expected.time_ns);
        ensure(event.connection == expected.connection);
        ensure(event.kind == expected.kind);
        ensure(memcmp(event.data.bytes, expected.data.bytes, sizeof(event.data.bytes)) == 0);
        model->size--;
        memmove(model->queue, model->queue + 1, model->size * sizeof(model->queue[0]));
}

static void run_event(struct world *world, uint8_t byte)
{
        unsigned times = byte / EVENTS_SCRIPT_OPERATIONS % TIMES_MAX + 1u;

        for (unsigned i = 0; i < times; i++) {
                switch ((enum events_script_operation)(byte % EVENTS_SCRIPT_OPERATIONS)) {
                case EVENTS_SCRIPT_PUT:
                        put(world);
                        break;
                case EVENTS_SCRIPT_TAKE:
                        take(world);
                        break;
                case EVENTS_SCRIPT_OPERATIONS:
                        break;
                }
                ensure(events_lost(&world->events) == world->model.lost);
        }
}

static void run(const uint8_t *script, size_t size, uint32_t count, uint32_t start)
{
        struct world world;

        world.count = count;
        world.next = 0;
        world.model.size = 0;
        world.model.lost = 0;
        events_init(&world.events, world.slots, count);
        /* Not only in production do the indices wrap. */
        atomic_init(&world.events.put, start);
        atomic_init(&world.events.taken, start);
        for (size_t i = 0; i < size; i++)
                run_event(&world, script[i]);
        while (world.model.size > 0)
                take(&world);
        take(&world);
}

void events_script_run(const uint8_t *script, size_t size)
{
        run(script, size, 1, 0);
        run(script, size, 2, UINT32_MAX);
        run(script, size, COUNT_MAX, UINT32_MAX - 2);
}
