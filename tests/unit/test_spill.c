/* SPDX-License-Identifier: MIT */
#include "core/spill.h"

#include <sys/mman.h>

#include "core/poison.h"
#include "suite.h"
#include "support/pattern.h"

enum { BLOCKS = 6, BLOCK_SIZE = 24 };

struct fixture {
        struct spill_pool pool;
        uint64_t words[4];
        _Alignas(8) unsigned char blocks[BLOCKS * BLOCK_SIZE];
};

static void open_pool(struct fixture *fixture)
{
        spill_init(&fixture->pool, fixture->blocks, BLOCK_SIZE, fixture->words, BLOCKS);
}

/* The stack the fixture lies on is used again. */
static void close_pool(struct fixture *fixture)
{
        unpoison(fixture->blocks, sizeof(fixture->blocks));
}

/* Takes all blocks and puts back those in the set. */
static void free_these(struct fixture *fixture, unsigned set)
{
        while (spill_free(&fixture->pool) > 0)
                (void)spill_take(&fixture->pool);
        for (uint32_t block = 0; block < BLOCKS; block++)
                if ((set >> block & 1) != 0)
                        spill_put(&fixture->pool, block);
}

START_TEST(a_new_pool_is_all_free)
{
        struct fixture fixture;

        open_pool(&fixture);
        ck_assert_uint_eq(spill_free(&fixture.pool), BLOCKS);
        ck_assert_uint_eq(spill_used(&fixture.pool), 0);
        close_pool(&fixture);
}
END_TEST

START_TEST(a_pool_without_blocks_is_always_empty)
{
        struct spill_pool pool;
        uint32_t cursor = 0;

        spill_init(&pool, NULL, 8, NULL, 0);
        ck_assert_uint_eq(spill_free(&pool), 0);
        ck_assert_uint_eq(spill_used(&pool), 0);
        ck_assert_uint_eq(spill_reclaim(&pool, &cursor).size, 0);
}
END_TEST

START_TEST(a_pool_may_have_one_block)
{
        struct fixture fixture;

        spill_init(&fixture.pool, fixture.blocks, BLOCK_SIZE, fixture.words, 1);
        ck_assert_uint_eq(spill_free(&fixture.pool), 1);
        ck_assert_uint_eq(spill_take(&fixture.pool), 0);
        ck_assert_uint_eq(spill_free(&fixture.pool), 0);
        close_pool(&fixture);
}
END_TEST

START_TEST(lowest_free_block_is_taken_first)
{
        struct fixture fixture;

        open_pool(&fixture);
        for (uint32_t block = 0; block < BLOCKS; block++) {
                ck_assert_uint_eq(spill_take(&fixture.pool), block);
                ck_assert_uint_eq(spill_used(&fixture.pool), block + 1);
                ck_assert_uint_eq(spill_free(&fixture.pool), BLOCKS - 1 - block);
        }
        spill_put(&fixture.pool, 4);
        spill_put(&fixture.pool, 1);
        ck_assert_uint_eq(spill_used(&fixture.pool), BLOCKS - 2);
        ck_assert_uint_eq(spill_take(&fixture.pool), 1);
        ck_assert_uint_eq(spill_take(&fixture.pool), 4);
        close_pool(&fixture);
}
END_TEST

START_TEST(blocks_hold_their_bytes_apart)
{
        struct fixture fixture;

        open_pool(&fixture);
        for (uint32_t block = 0; block < BLOCKS; block++) {
                (void)spill_take(&fixture.pool);
                pattern_fill(spill_data(&fixture.pool, block), BLOCK_SIZE, block, 0);
        }
        for (uint32_t block = 0; block < BLOCKS; block++) {
                const unsigned char *data = spill_data(&fixture.pool, block);
                ck_assert_ptr_eq(data, fixture.blocks + block * BLOCK_SIZE);
                ck_assert_uint_eq(pattern_check(data, BLOCK_SIZE, block, 0), BLOCK_SIZE);
        }
        close_pool(&fixture);
}
END_TEST

START_TEST(other_blocks_keep_their_bytes_when_one_goes_back)
{
        struct fixture fixture;

        open_pool(&fixture);
        free_these(&fixture, 0);
        for (uint32_t block = 0; block < BLOCKS; block++)
                pattern_fill(spill_data(&fixture.pool, block), BLOCK_SIZE, block, 0);
        spill_put(&fixture.pool, 2);
        for (uint32_t block = 0; block < BLOCKS; block++)
                if (block != 2)
                        ck_assert_uint_eq(
                            pattern_check(spill_data(&fixture.pool, block), BLOCK_SIZE, block, 0),
                            BLOCK_SIZE);
        close_pool(&fixture);
}
END_TEST

START_TEST(pools_beyond_four_gigabytes_are_addressed_right)
{
        enum { HUGE_SIZE = 1 << 30, HUGE_COUNT = 6 };
        struct spill_pool pool = { .block_size = HUGE_SIZE, .touched = HUGE_COUNT };
        const size_t size = (size_t)HUGE_COUNT * HUGE_SIZE;
        uint64_t words[4];
        uint32_t cursor = 0;

        /* Only addresses, never touched; spill_init() would poison them all under ASan. */
        pool.blocks =
            mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        ck_assert_ptr_ne(pool.blocks, MAP_FAILED);
        vacancy_init(&pool.vacancy, words, HUGE_COUNT);
        ck_assert_ptr_eq(spill_data(&pool, 5), pool.blocks + (size_t)5 * HUGE_SIZE);
        struct spill_run run = spill_reclaim(&pool, &cursor);
        ck_assert_ptr_eq(run.data, pool.blocks);
        ck_assert_uint_eq(run.size, size);
        munmap(pool.blocks, size);
}
END_TEST

START_TEST(a_pool_that_was_never_used_has_nothing_to_reclaim)
{
        struct fixture fixture;
        uint32_t cursor = 0;

        open_pool(&fixture);
        ck_assert_uint_eq(spill_reclaim(&fixture.pool, &cursor).size, 0);
        close_pool(&fixture);
}
END_TEST

START_TEST(a_pool_in_full_use_has_nothing_to_reclaim)
{
        struct fixture fixture;
        uint32_t cursor = 0;

        open_pool(&fixture);
        free_these(&fixture, 0);
        ck_assert_uint_eq(spill_reclaim(&fixture.pool, &cursor).size, 0);
        close_pool(&fixture);
}
END_TEST

/* Walks once; returns the set of blocks it offered, or UINT32_MAX if a run is not maximal. */
static unsigned reclaim_all(struct fixture *fixture)
{
        uint32_t cursor = 0;
        unsigned set = 0;

        for (unsigned walked = 0; walked <= BLOCKS; walked++) {
                struct spill_run run = spill_reclaim(&fixture->pool, &cursor);
                if (run.size == 0)
                        return set;
                uint32_t first = (uint32_t)(run.data - fixture->blocks) / BLOCK_SIZE;
                uint32_t count = (uint32_t)run.size / BLOCK_SIZE;
                if (first > 0 && (set >> (first - 1) & 1) != 0)
                        return UINT32_MAX;
                set |= ((1U << count) - 1) << first;
        }
        return UINT32_MAX;
}

START_TEST(exactly_the_free_blocks_are_reclaimed)
{
        for (unsigned set = 0; set < 1U << BLOCKS; set++) {
                struct fixture fixture;
                open_pool(&fixture);
                free_these(&fixture, set);
                ck_assert_uint_eq(reclaim_all(&fixture), set);
                close_pool(&fixture);
        }
}
END_TEST

START_TEST(only_blocks_that_were_taken_are_reclaimed)
{
        for (uint32_t count = 1; count <= BLOCKS; count++) {
                struct fixture fixture;
                open_pool(&fixture);
                for (uint32_t block = 0; block < count; block++)
                        (void)spill_take(&fixture.pool);
                for (uint32_t block = 0; block < count; block++)
                        spill_put(&fixture.pool, block);
                ck_assert_uint_eq(reclaim_all(&fixture), (1U << count) - 1);
                close_pool(&fixture);
        }
}
END_TEST

START_TEST(taking_a_low_block_forgets_no_high_one)
{
        struct fixture fixture;

        open_pool(&fixture);
        free_these(&fixture, 1 | 1 << (BLOCKS - 1));
        ck_assert_uint_eq(spill_take(&fixture.pool), 0);
        ck_assert_uint_eq(reclaim_all(&fixture), 1 << (BLOCKS - 1));
        close_pool(&fixture);
}
END_TEST

START_TEST(free_blocks_at_the_top_are_reclaimed_once)
{
        for (unsigned set = 0; set < 1U << BLOCKS; set++) {
                struct fixture fixture;
                unsigned used = ~set & ((1U << BLOCKS) - 1);
                uint32_t top = used == 0 ? 0 : 32 - (uint32_t)__builtin_clz(used);
                open_pool(&fixture);
                free_these(&fixture, set);
                (void)reclaim_all(&fixture);
                ck_assert_uint_eq(fixture.pool.touched, top);
                ck_assert_uint_eq(reclaim_all(&fixture) >> top, 0);
                close_pool(&fixture);
        }
}
END_TEST

START_TEST(blocks_used_again_after_a_walk_are_reclaimed_again)
{
        struct fixture fixture;

        open_pool(&fixture);
        free_these(&fixture, (1U << BLOCKS) - 1);
        ck_assert_uint_eq(reclaim_all(&fixture), (1U << BLOCKS) - 1);
        ck_assert_uint_eq(reclaim_all(&fixture), 0);
        (void)spill_take(&fixture.pool);
        (void)spill_take(&fixture.pool);
        spill_put(&fixture.pool, 0);
        spill_put(&fixture.pool, 1);
        ck_assert_uint_eq(reclaim_all(&fixture), 3);
        close_pool(&fixture);
}
END_TEST

#ifdef POISON_WORKS
START_TEST(exactly_the_free_blocks_are_poisoned)
{
        for (unsigned set = 0; set < 1U << BLOCKS; set++) {
                struct fixture fixture;
                unsigned wrong = 0;
                open_pool(&fixture);
                free_these(&fixture, set);
                for (unsigned i = 0; i < BLOCKS * BLOCK_SIZE; i++)
                        wrong += __asan_address_is_poisoned(fixture.blocks + i) !=
                                 (int)(set >> i / BLOCK_SIZE & 1);
                ck_assert_uint_eq(wrong, 0);
                close_pool(&fixture);
        }
}
END_TEST

START_TEST(blocks_of_a_new_pool_are_poisoned)
{
        struct fixture fixture;

        open_pool(&fixture);
        for (unsigned i = 0; i < BLOCKS * BLOCK_SIZE; i++)
                ck_assert(__asan_address_is_poisoned(fixture.blocks + i));
        close_pool(&fixture);
}
END_TEST
#endif

int main(void)
{
        const TTest *tests[] = {
                a_new_pool_is_all_free,
                a_pool_without_blocks_is_always_empty,
                a_pool_may_have_one_block,
                lowest_free_block_is_taken_first,
                blocks_hold_their_bytes_apart,
                other_blocks_keep_their_bytes_when_one_goes_back,
                pools_beyond_four_gigabytes_are_addressed_right,
                a_pool_that_was_never_used_has_nothing_to_reclaim,
                a_pool_in_full_use_has_nothing_to_reclaim,
                exactly_the_free_blocks_are_reclaimed,
                only_blocks_that_were_taken_are_reclaimed,
                taking_a_low_block_forgets_no_high_one,
                free_blocks_at_the_top_are_reclaimed_once,
                blocks_used_again_after_a_walk_are_reclaimed_again,
#ifdef POISON_WORKS
                exactly_the_free_blocks_are_poisoned,
                blocks_of_a_new_pool_are_poisoned,
#endif
        };

        return SUITE_RUN("spill", tests);
}
