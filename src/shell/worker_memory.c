/* SPDX-License-Identifier: MIT */
#include "shell/worker_memory.h"

#include <errno.h>

#include "core/poison.h"
#include "shell/sys.h"

static size_t pages(size_t size)
{
        return (size + WORKER_PAGE_SIZE - 1) / WORKER_PAGE_SIZE * WORKER_PAGE_SIZE;
}

int worker_memory_reserve(struct worker *worker)
{
        const struct worker_config *config = &worker->config;
        size_t conns_size = pages((size_t)config->max_connections * sizeof(struct conn));
        size_t slot_words_size = pages(vacancy_words(config->max_connections) * sizeof(uint64_t));
        size_t block_words_size = pages(vacancy_words(config->block_count) * sizeof(uint64_t));
        size_t blocks_size = (size_t)config->block_count * config->scratch_size;
        size_t scratch_size = config->scratch_size;

        worker->memory_size =
            conns_size + slot_words_size + block_words_size + blocks_size + scratch_size;
        worker->memory = sys_reserve(worker->memory_size);
        if (worker->memory == NULL)
                return -ENOMEM;
        /* A kernel without huge pages refuses this, and is right. */
        (void)sys_small_pages(worker->memory, worker->memory_size);

        unsigned char *conns = worker->memory;
        unsigned char *slot_words = conns + conns_size;
        unsigned char *block_words = slot_words + slot_words_size;
        unsigned char *blocks = block_words + block_words_size;
        unsigned char *scratch = blocks + blocks_size;
        slots_init(&worker->slots, (void *)conns, (void *)slot_words, config->max_connections);
        spill_init(&worker->pool, blocks, config->scratch_size, (void *)block_words,
                   config->block_count);
        ready_init(&worker->ready, worker->slots.conns);
        timers_init(&worker->timers, worker->slots.conns, worker->now_ns);
        worker->pump = (struct pump){ .pool = &worker->pool,
                                      .counters = worker->counters,
                                      .teller = &worker->config.teller,
                                      .scratch = scratch,
                                      .scratch_size = config->scratch_size };
        poison(scratch, scratch_size);
        return 0;
}

void worker_memory_release(struct worker *worker)
{
        unpoison(worker->memory, worker->memory_size);
        (void)sys_unreserve(worker->memory, worker->memory_size);
}

void worker_memory_trim(struct worker *worker)
{
        size_t end = pages(worker->slots.top * sizeof(struct conn));
        uint32_t cursor = 0;

        slots_trim(&worker->slots);
        size_t begin = pages(worker->slots.top * sizeof(struct conn));
        if (begin < end)
                (void)sys_release((unsigned char *)worker->slots.conns + begin, end - begin);
        for (;;) {
                struct spill_run run = spill_reclaim(&worker->pool, &cursor);
                if (run.size == 0)
                        break;
                (void)sys_release(run.data, run.size);
        }
}
