/* SPDX-License-Identifier: MIT */
#include "support/timers_script.h"

#include "core/ensure.h"
#include "core/timers.h"

enum { TIMERS = TIMERS_SCRIPT_TIMERS, BUCKETS = TIMERS_LEVELS * TIMERS_BUCKETS };

#define NEVER UINT64_MAX
#define TICK_NS (UINT64_C(1) << TIMERS_TICK_SHIFT)

/* What timers.c writes into timer_prev of the first timer of a bucket, besides its number. */
#define HEAD_MARK (UINT32_C(1) << 31)

/* Two ticks before the coarsest level moves on, and not on a tick. */
#define START_NS ((3 * (UINT64_C(1) << 24) - 2) * TICK_NS + 5)

/* A timer beyond the wheel pops early at least this many ticks further on. */
#define FAR_TICKS (UINT64_C(62) << 24)

/* What is known of one timer, in the plainest terms. */
struct model {
        uint64_t deadline_ns; /* the true one; NEVER = not armed */
        uint64_t told_ns;     /* the one the wheel was told */
        uint64_t told_at_ns;  /* and when */
        uint64_t early_max;   /* how often it may still pop early */
        bool is_near;         /* it was told a deadline on the finest level: it pops in time */
};

struct world {
        struct timers timers;
        struct conn conns[TIMERS];
        struct model models[TIMERS];
        uint64_t now_ns;
};

static uint64_t later(uint64_t a_ns, uint64_t b_ns)
{
        return a_ns > b_ns ? a_ns : b_ns;
}

static uint64_t tick_after(uint64_t time_ns)
{
        return (time_ns + TICK_NS - 1) / TICK_NS;
}

static uint32_t armed_set(const struct world *world)
{
        uint32_t set = 0;

        for (uint32_t i = 0; i < TIMERS; i++)
                if (world->models[i].deadline_ns != NEVER)
                        set |= UINT32_C(1) << i;
        return set;
}

/* Walks a bucket's list and returns the timers on it; `seen` are those of other buckets. */
static uint32_t check_bucket(const struct world *world, uint32_t bucket, uint32_t seen)
{
        uint32_t previous = HEAD_MARK | bucket;
        uint32_t index = world->timers.head[bucket];

        ensure(index != TIMERS_NONE);
        while (index != TIMERS_NONE) {
                ensure(index < TIMERS);
                ensure((seen >> index & 1) == 0);
                ensure(world->conns[index].timer_prev == previous);
                seen |= UINT32_C(1) << index;
                previous = index;
                index = world->conns[index].timer_next;
        }
        return seen;
}

static void check_lists(const struct world *world)
{
        uint32_t seen = 0;

        for (uint32_t level = 0; level < TIMERS_LEVELS; level++) {
                uint64_t occupied = world->timers.occupied[level];
                for (; occupied != 0; occupied &= occupied - 1) {
                        uint32_t bit = (uint32_t)__builtin_ctzll(occupied);
                        seen = check_bucket(world, level * TIMERS_BUCKETS + bit, seen);
                }
        }
        ensure(seen == armed_set(world));
        for (uint32_t i = 0; i < TIMERS; i++) {
                if ((seen >> i & 1) != 0)
                        continue;
                ensure(world->conns[i].timer_next == TIMERS_NONE);
                ensure(world->conns[i].timer_prev == TIMERS_NONE);
        }
}

static void check_next(const struct world *world)
{
        uint64_t next_ns = timers_next(&world->timers);

        ensure((next_ns == NEVER) == (armed_set(world) == 0));
        for (uint32_t i = 0; i < TIMERS; i++) {
                const struct model *model = &world->models[i];
                if (model->deadline_ns == NEVER)
                        continue;
                ensure(next_ns <= later(model->told_ns, model->told_at_ns) + TICK_NS);
                ensure(next_ns <= later(model->deadline_ns, model->told_at_ns) + TICK_NS);
        }
}

/* What must hold once timers_pop() has said that there is nothing more. */
static void check_all_popped(const struct world *world)
{
        struct world copy = *world;
        uint64_t next_ns = timers_next(&world->timers);

        ensure(next_ns > world->now_ns);
        for (uint32_t i = 0; i < TIMERS; i++) {
                const struct model *model = &world->models[i];
                if (model->deadline_ns != NEVER)
                        ensure(world->now_ns <
                               later(model->deadline_ns, model->told_at_ns) + TICK_NS);
        }
        if (next_ns == NEVER)
                return;
        copy.timers.conns = copy.conns;
        ensure(timers_pop(&copy.timers, next_ns - 1) == TIMERS_NONE);
        ensure(timers_pop(&copy.timers, next_ns) != TIMERS_NONE);
}

/* Tells the wheel the true deadline. */
static void tell(struct world *world, uint32_t index)
{
        struct model *model = &world->models[index];

        model->told_ns = model->deadline_ns;
        model->told_at_ns = world->now_ns;
        model->is_near =
            tick_after(later(model->told_ns, world->now_ns)) < world->timers.tick + TIMERS_BUCKETS;
        timers_arm(&world->timers, index, model->deadline_ns);
}

static void set_deadline(struct world *world, uint32_t index, uint64_t deadline_ns)
{
        struct model *model = &world->models[index];
        uint64_t hand_ns = world->timers.tick * TICK_NS;

        model->deadline_ns = deadline_ns;
        model->early_max = TIMERS_LEVELS;
        if (deadline_ns > hand_ns)
                model->early_max += (deadline_ns - hand_ns) / TICK_NS / FAR_TICKS;
}

/* A timer popped: it has fired, or it is armed again, as a worker does. */
static void take(struct world *world, uint32_t index)
{
        ensure(index < TIMERS);
        struct model *model = &world->models[index];

        ensure(model->deadline_ns != NEVER);
        ensure(!model->is_near || model->told_ns <= world->now_ns);
        if (model->deadline_ns <= world->now_ns) {
                model->deadline_ns = NEVER;
                return;
        }
        ensure(model->early_max > 0);
        model->early_max--;
        tell(world, index);
}

/* Pops all that are due, but `count_max` at most; early_max bounds it. */
static void pop(struct world *world, uint32_t count_max)
{
        while (count_max-- > 0) {
                uint32_t index = timers_pop(&world->timers, world->now_ns);
                if (index == TIMERS_NONE) {
                        check_all_popped(world);
                        return;
                }
                take(world, index);
        }
}

static uint64_t delay_from(uint64_t now_ns, unsigned argument)
{
        static const uint64_t delays_ns[] = {
                1,
                TICK_NS - 1,
                TICK_NS,
                63 * TICK_NS,
                64 * TICK_NS,
                64 * TICK_NS + 1,
                4095 * TICK_NS,
                4096 * TICK_NS + 1,
                (UINT64_C(1) << 18) * TICK_NS - 1,
                (UINT64_C(1) << 24) * TICK_NS,
                (UINT64_C(63) << 24) * TICK_NS,
                (UINT64_C(1) << 31) * TICK_NS,
        };
        enum { DELAYS = sizeof(delays_ns) / sizeof(delays_ns[0]) };

        return argument < DELAYS ? now_ns + delays_ns[argument] : now_ns - 3 * TICK_NS;
}

static void advance(struct world *world, unsigned argument)
{
        static const uint64_t steps_ns[] = {
                1,
                TICK_NS - 1,
                TICK_NS,
                2 * TICK_NS + 1,
                62 * TICK_NS,
                63 * TICK_NS,
                64 * TICK_NS,
                65 * TICK_NS,
                4095 * TICK_NS,
                4096 * TICK_NS,
                (UINT64_C(1) << 18) * TICK_NS,
                (UINT64_C(1) << 24) * TICK_NS,
                (UINT64_C(1) << 30) * TICK_NS,
                (UINT64_C(1) << 32) * TICK_NS,
        };
        enum { STEPS = sizeof(steps_ns) / sizeof(steps_ns[0]) };
        uint64_t next_ns = timers_next(&world->timers);

        argument %= STEPS + 2;
        if (argument < STEPS && world->now_ns < NEVER / 2)
                world->now_ns += steps_ns[argument];
        else if (argument >= STEPS && next_ns != NEVER)
                world->now_ns = later(world->now_ns, next_ns - (argument - STEPS));
}

static void run_event(struct world *world, enum timers_script_operation operation,
                      unsigned argument)
{
        uint32_t index = argument % TIMERS;
        struct model *model = &world->models[index];
        uint64_t deadline_ns = delay_from(world->now_ns, argument / TIMERS);

        switch (operation) {
        case TIMERS_SCRIPT_ARM:
                set_deadline(world, index, deadline_ns);
                tell(world, index);
                break;
        case TIMERS_SCRIPT_EXTEND:
                if (model->deadline_ns < deadline_ns)
                        set_deadline(world, index, deadline_ns);
                break;
        case TIMERS_SCRIPT_DISARM:
                model->deadline_ns = NEVER;
                if (argument < TIMERS)
                        timers_arm(&world->timers, index, NEVER);
                else
                        timers_disarm(&world->timers, index);
                break;
        case TIMERS_SCRIPT_ADVANCE:
                advance(world, argument);
                break;
        case TIMERS_SCRIPT_POP:
                pop(world, argument % TIMERS == 0 ? UINT32_MAX : argument % TIMERS);
                break;
        case TIMERS_SCRIPT_OPERATIONS:
                break;
        }
}

/* Lets every timer fire: each step pops one at least, and early_max bounds the steps. */
static void run_out(struct world *world)
{
        pop(world, UINT32_MAX);
        while (armed_set(world) != 0) {
                world->now_ns = timers_next(&world->timers);
                pop(world, UINT32_MAX);
        }
        check_lists(world);
        for (uint32_t bucket = 0; bucket < BUCKETS; bucket++)
                ensure(world->timers.head[bucket] == TIMERS_NONE);
}

void timers_script_run(const uint8_t *script, size_t size)
{
        struct world world = { .now_ns = START_NS };

        timers_init(&world.timers, world.conns, world.now_ns);
        for (uint32_t i = 0; i < TIMERS; i++) {
                timers_clear(&world.timers, i);
                world.models[i].deadline_ns = NEVER;
        }
        for (size_t i = 0; i < size; i++) {
                run_event(&world, script[i] % TIMERS_SCRIPT_OPERATIONS,
                          script[i] / TIMERS_SCRIPT_OPERATIONS);
                check_lists(&world);
                check_next(&world);
        }
        run_out(&world);
}
