/* SPDX-License-Identifier: MIT */
#include "core/ready.h"

/* ready_next of a connection that is not on the list, and of the last one that is. */
#define LINK_NOT UINT32_MAX
#define LINK_END (UINT32_MAX - 1)

void ready_init(struct ready *ready, struct conn *conns)
{
        ready->conns = conns;
        ready->first = LINK_END;
        ready->last = LINK_END;
}

void ready_clear(struct ready *ready, uint32_t index)
{
        ready->conns[index].ready_next = LINK_NOT;
}

bool ready_has(const struct ready *ready, uint32_t index)
{
        return ready->conns[index].ready_next != LINK_NOT;
}

bool ready_is_empty(const struct ready *ready)
{
        return ready->first == LINK_END;
}

uint32_t ready_last(const struct ready *ready)
{
        return ready_is_empty(ready) ? READY_NONE : ready->last;
}

void ready_put(struct ready *ready, uint32_t index)
{
        if (ready_has(ready, index))
                return;
        ready->conns[index].ready_next = LINK_END;
        if (ready_is_empty(ready))
                ready->first = index;
        else
                ready->conns[ready->last].ready_next = index;
        ready->last = index;
}

uint32_t ready_take(struct ready *ready)
{
        uint32_t index = ready->first;

        if (ready_is_empty(ready))
                return READY_NONE;
        ready->first = ready->conns[index].ready_next;
        ready_clear(ready, index);
        return index;
}
