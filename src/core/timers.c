/* SPDX-License-Identifier: MIT */
#include "core/timers.h"

#include "core/ensure.h"

/* timer_prev of the first timer of a bucket: this mark and the bucket's number. */
#define HEAD_MARK (UINT32_C(1) << 31)

#define TICK_NS (UINT64_C(1) << TIMERS_TICK_SHIFT)

enum { BUCKET_MASK = TIMERS_BUCKETS - 1 };

static uint64_t tick_at_level(uint64_t tick, unsigned level)
{
        return tick >> (level * TIMERS_LEVEL_SHIFT);
}

/* The bucket for a tick not before the wheel's: the finest level that reaches it. */
static uint32_t bucket_for(const struct timers *timers, uint64_t tick)
{
        for (unsigned level = 0; level < TIMERS_LEVELS; level++) {
                uint64_t at = tick_at_level(tick, level);
                if (at - tick_at_level(timers->tick, level) < TIMERS_BUCKETS)
                        return level * TIMERS_BUCKETS + (uint32_t)(at & BUCKET_MASK);
        }
        /* Beyond the wheel: the last bucket before the hand, to be sorted again from there. */
        uint64_t last = tick_at_level(timers->tick, TIMERS_LEVELS - 1) + BUCKET_MASK;
        return (TIMERS_LEVELS - 1) * TIMERS_BUCKETS + (uint32_t)(last & BUCKET_MASK);
}

/* The first tick at which a level has a timer to pop; UINT64_MAX if it has none. */
static uint64_t first_tick(const struct timers *timers, unsigned level)
{
        uint64_t occupied = timers->occupied[level];
        uint64_t at = tick_at_level(timers->tick, level);
        unsigned turn = (unsigned)(at & BUCKET_MASK);

        if (occupied == 0)
                return UINT64_MAX;
        occupied = occupied >> turn | occupied << ((TIMERS_BUCKETS - turn) & BUCKET_MASK);
        return (at + (unsigned)__builtin_ctzll(occupied)) << (level * TIMERS_LEVEL_SHIFT);
}

static uint64_t first_tick_of_all(const struct timers *timers, unsigned *ret_level)
{
        uint64_t first = UINT64_MAX;

        for (unsigned level = 0; level < TIMERS_LEVELS; level++) {
                uint64_t tick = first_tick(timers, level);
                if (tick < first) {
                        first = tick;
                        *ret_level = level;
                }
        }
        return first;
}

void timers_init(struct timers *timers, struct conn *conns, uint64_t now_ns)
{
        timers->conns = conns;
        timers->tick = now_ns >> TIMERS_TICK_SHIFT;
        for (unsigned level = 0; level < TIMERS_LEVELS; level++)
                timers->occupied[level] = 0;
        for (unsigned bucket = 0; bucket < TIMERS_LEVELS * TIMERS_BUCKETS; bucket++)
                timers->head[bucket] = TIMERS_NONE;
}

void timers_clear(struct timers *timers, uint32_t index)
{
        timers->conns[index].timer_next = TIMERS_NONE;
        timers->conns[index].timer_prev = TIMERS_NONE;
}

void timers_disarm(struct timers *timers, uint32_t index)
{
        struct conn *conn = &timers->conns[index];

        if (conn->timer_prev == TIMERS_NONE)
                return;
        if (conn->timer_next != TIMERS_NONE)
                timers->conns[conn->timer_next].timer_prev = conn->timer_prev;
        if ((conn->timer_prev & HEAD_MARK) == 0) {
                timers->conns[conn->timer_prev].timer_next = conn->timer_next;
        } else {
                uint32_t bucket = conn->timer_prev & ~HEAD_MARK;
                timers->head[bucket] = conn->timer_next;
                if (conn->timer_next == TIMERS_NONE)
                        timers->occupied[bucket / TIMERS_BUCKETS] &=
                            ~(UINT64_C(1) << (bucket & BUCKET_MASK));
        }
        timers_clear(timers, index);
}

void timers_arm(struct timers *timers, uint32_t index, uint64_t deadline_ns)
{
        uint64_t tick = deadline_ns >> TIMERS_TICK_SHIFT;

        timers_disarm(timers, index);
        /* The end of the last tick of time cannot be told in ns. */
        if (deadline_ns > UINT64_MAX - TICK_NS)
                return;
        if (tick << TIMERS_TICK_SHIFT < deadline_ns)
                tick++;
        if (tick < timers->tick)
                tick = timers->tick;
        uint32_t bucket = bucket_for(timers, tick);
        uint32_t next = timers->head[bucket];
        if (next != TIMERS_NONE)
                timers->conns[next].timer_prev = index;
        timers->conns[index].timer_next = next;
        timers->conns[index].timer_prev = HEAD_MARK | bucket;
        timers->head[bucket] = index;
        timers->occupied[bucket / TIMERS_BUCKETS] |= UINT64_C(1) << (bucket & BUCKET_MASK);
}

uint32_t timers_pop(struct timers *timers, uint64_t now_ns)
{
        uint64_t now_tick = now_ns >> TIMERS_TICK_SHIFT;
        unsigned level = 0;
        uint64_t first = first_tick_of_all(timers, &level);

        if (first > now_tick) {
                if (timers->tick <= now_tick)
                        timers->tick = now_tick + 1;
                return TIMERS_NONE;
        }
        ensure(first >= timers->tick);
        timers->tick = first;
        uint32_t bucket =
            level * TIMERS_BUCKETS + (uint32_t)(tick_at_level(first, level) & BUCKET_MASK);
        uint32_t index = timers->head[bucket];
        timers_disarm(timers, index);
        return index;
}

uint64_t timers_next(const struct timers *timers)
{
        unsigned level = 0;
        uint64_t first = first_tick_of_all(timers, &level);

        return first == UINT64_MAX ? UINT64_MAX : first << TIMERS_TICK_SHIFT;
}
