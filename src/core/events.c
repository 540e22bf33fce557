/* SPDX-License-Identifier: MIT */
#include "core/events.h"

#include "core/ensure.h"

void events_init(struct events *events, struct event *slots, uint32_t count)
{
        ensure(count > 0);
        ensure((count & (count - 1)) == 0);
        events->slots = slots;
        events->mask = count - 1;
        atomic_init(&events->put, 0);
        atomic_init(&events->lost, 0);
        atomic_init(&events->taken, 0);
}

enum events_put events_put(struct events *events, const struct event *event)
{
        uint32_t put = atomic_load_explicit(&events->put, memory_order_relaxed);
        uint32_t taken = atomic_load_explicit(&events->taken, memory_order_acquire);

        if (put - taken > events->mask) {
                counter_add(&events->lost, 1);
                return EVENTS_FULL;
        }
        events->slots[put & events->mask] = *event;
        /* Store, then load, as the taker does: one of the two sees the other's store. */
        atomic_store_explicit(&events->put, put + 1, memory_order_seq_cst);
        taken = atomic_load_explicit(&events->taken, memory_order_seq_cst);
        return taken == put ? EVENTS_PUT_FIRST : EVENTS_PUT;
}

bool events_take(struct events *events, struct event *ret_event)
{
        uint32_t taken = atomic_load_explicit(&events->taken, memory_order_relaxed);

        if (atomic_load_explicit(&events->put, memory_order_seq_cst) == taken)
                return false;
        *ret_event = events->slots[taken & events->mask];
        atomic_store_explicit(&events->taken, taken + 1, memory_order_seq_cst);
        return true;
}

uint64_t events_lost(const struct events *events)
{
        return counter_read(&events->lost);
}
