/* SPDX-License-Identifier: MIT */
#include "core/spill.h"

#include "core/ensure.h"
#include "core/poison.h"

void spill_init(struct spill_pool *pool, unsigned char *blocks, uint32_t block_size,
                uint64_t *words, uint32_t block_count)
{
        ensure(block_size > 0 && block_size % 8 == 0);
        *pool = (struct spill_pool){ .blocks = blocks, .block_size = block_size };
        if (block_count > 0)
                vacancy_init(&pool->vacancy, words, block_count);
        poison(blocks, (uint64_t)block_count * block_size);
}

uint32_t spill_free(const struct spill_pool *pool)
{
        return pool->vacancy.free;
}

uint32_t spill_used(const struct spill_pool *pool)
{
        return pool->vacancy.count - pool->vacancy.free;
}

uint32_t spill_take(struct spill_pool *pool)
{
        uint32_t block = vacancy_take(&pool->vacancy);

        ensure(block != VACANCY_NONE);
        if (pool->touched <= block)
                pool->touched = block + 1;
        unpoison(spill_data(pool, block), pool->block_size);
        return block;
}

void spill_put(struct spill_pool *pool, uint32_t block)
{
        vacancy_put(&pool->vacancy, block);
        poison(spill_data(pool, block), pool->block_size);
}

unsigned char *spill_data(const struct spill_pool *pool, uint32_t block)
{
        ensure(block < pool->vacancy.count);
        return pool->blocks + (uint64_t)block * pool->block_size;
}

struct spill_run spill_reclaim(struct spill_pool *pool, uint32_t *cursor)
{
        uint32_t first = *cursor;

        while (first < pool->touched && !vacancy_is_free(&pool->vacancy, first))
                first++;
        uint32_t end = first;
        while (end < pool->touched && vacancy_is_free(&pool->vacancy, end))
                end++;
        *cursor = end;
        if (first == end)
                return (struct spill_run){ 0 };
        if (end == pool->touched)
                pool->touched = first;
        return (struct spill_run){
                .data = spill_data(pool, first),
                .size = (uint64_t)(end - first) * pool->block_size,
        };
}
