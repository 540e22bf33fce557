/* SPDX-License-Identifier: MIT */
#include "core/slots.h"

#include <stddef.h>

#include "core/ensure.h"

void slots_init(struct slots *slots, struct conn *conns, uint64_t *words, uint32_t count)
{
        *slots = (struct slots){ .conns = conns };
        vacancy_init(&slots->vacancy, words, count);
}

uint32_t slots_used(const struct slots *slots)
{
        return slots->vacancy.count - slots->vacancy.free;
}

struct conn *slots_take(struct slots *slots)
{
        uint32_t index = vacancy_take(&slots->vacancy);

        if (index == VACANCY_NONE)
                return NULL;
        if (slots->top <= index)
                slots->top = index + 1;
        slots->generation++;
        if (slots->generation == 0)
                slots->generation = 1;
        slots->conns[index].generation = slots->generation;
        return &slots->conns[index];
}

void slots_put(struct slots *slots, struct conn *conn)
{
        conn->generation = 0;
        vacancy_put(&slots->vacancy, slots_index(slots, conn));
}

uint32_t slots_index(const struct slots *slots, const struct conn *conn)
{
        return (uint32_t)(conn - slots->conns);
}

uint64_t slots_token(const struct slots *slots, const struct conn *conn)
{
        return (uint64_t)conn->generation << 32 | slots_index(slots, conn);
}

struct conn *slots_find(const struct slots *slots, uint64_t token)
{
        uint32_t index = (uint32_t)token;
        uint32_t generation = (uint32_t)(token >> 32);

        if (index >= slots->vacancy.count || generation == 0)
                return NULL;
        return slots->conns[index].generation == generation ? &slots->conns[index] : NULL;
}

struct conn *slots_at(const struct slots *slots, uint32_t index)
{
        ensure(index < slots->top);
        return slots->conns[index].generation != 0 ? &slots->conns[index] : NULL;
}

void slots_trim(struct slots *slots)
{
        while (slots->top > 0 && vacancy_is_free(&slots->vacancy, slots->top - 1))
                slots->top--;
}
