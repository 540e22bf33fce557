/* SPDX-License-Identifier: MIT */
/*
 * The fixed pool of blocks for bytes that the kernel would not take at once. One block holds one
 * connection's unsent rest and is as large as the scratch buffer, so a turn's rest always fits.
 *
 * The caller owns the memory: reserved once, touched page by page as blocks fill. Free blocks are
 * poisoned.
 */
#pragma once

#include "core/vacancy.h"

struct spill_pool {
        unsigned char *blocks;
        uint32_t block_size;
        uint32_t touched; /* blocks at or above this index hold no pages of the system */
        struct vacancy vacancy;
};

/*
 * `blocks` holds block_count * block_size bytes, block_size a multiple of 8, 8-byte aligned;
 * `words` holds vacancy_words(block_count) words. Both stay the caller's. Without blocks
 * (block_count 0) the pool is always empty and both may be NULL.
 */
void spill_init(struct spill_pool *pool, unsigned char *blocks, uint32_t block_size,
                uint64_t *words, uint32_t block_count);

/* Blocks that can be taken now. */
uint32_t spill_free(const struct spill_pool *pool);

/* Blocks that hold bytes now. */
uint32_t spill_used(const struct spill_pool *pool);

/* Takes a block; the pool must not be empty. */
uint32_t spill_take(struct spill_pool *pool);

/* Gives a block back; pointers into it die here. */
void spill_put(struct spill_pool *pool, uint32_t block);

/* The block's block_size bytes, valid until spill_put(). */
unsigned char *spill_data(const struct spill_pool *pool, uint32_t block);

/* Neighbouring free blocks whose pages may go back to the system; size 0 = none left. */
struct spill_run {
        unsigned char *data;
        uint64_t size; /* bytes */
};

/*
 * Walks the runs of free blocks that were used since the last walk: start with *cursor = 0 and
 * call until the size is 0, with no take or put in between.
 */
struct spill_run spill_reclaim(struct spill_pool *pool, uint32_t *cursor);
