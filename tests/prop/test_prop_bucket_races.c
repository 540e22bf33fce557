/* SPDX-License-Identifier: MIT */
/*
 * Threads that take tokens of one source, interrupted at every access to what they share, in all
 * ways to interrupt them up to three times: together they get what one thread would.
 */
#include "core/bucket.h"

#include "lockstep.h"
#include "suite.h"

/* A table that is broken on purpose may use others of these. */
#define STEP __attribute__((unused)) static

STEP uint64_t step_load(const bucket_word *word)
{
        lockstep_step();
        return atomic_load(word);
}

STEP void step_store(bucket_word *word, uint64_t value)
{
        lockstep_step();
        atomic_store(word, value);
}

STEP bool step_exchange(bucket_word *word, uint64_t *seen, uint64_t value)
{
        lockstep_step();
        return atomic_compare_exchange_strong(word, seen, value);
}

/* The table itself, with a step before each of its accesses. */
#undef atomic_load_explicit
#undef atomic_store_explicit
#undef atomic_compare_exchange_strong_explicit
#define atomic_load_explicit(word, order) step_load(word)
#define atomic_store_explicit(word, value, order) step_store(word, value)
#define atomic_compare_exchange_strong_explicit(word, seen, value, order, order_of_failure) \
        step_exchange(word, seen, value)
#include "core/bucket.c"

enum { THREADS = 2, ASKED = 3, RATE = 2, BURST = 2 * RATE };

#define HOUR (UINT64_C(3600) * 1000000000)

static const struct siphash_key key = { { 5, 6 } };
static const struct ip source = { .low = UINT64_C(0xffffc0000201) };
static _Alignas(64) bucket_word words[BUCKET_WAYS];
static struct bucket_table table;
static uint32_t taken[THREADS];

static void ask(uint32_t thread)
{
        for (unsigned i = 0; i < ASKED; i++)
                taken[thread] += bucket_take(&table, source, HOUR);
}

/* How many steps it took. */
static uint32_t run(const struct lockstep_schedule *schedule)
{
        bucket_init(&table, words, BUCKET_WAYS, RATE, &key);
        taken[0] = taken[1] = 0;
        uint32_t steps = lockstep_run(schedule);
        ck_assert_uint_eq(taken[0] + taken[1], BURST);
        return steps;
}

/* One thread, the other one, and so on, from that step on; then what a later switch can change. */
static void run_all(struct lockstep_schedule *schedule, uint32_t first)
{
        uint32_t depth = schedule->switch_count;
        uint32_t steps = run(schedule);

        if (depth == 3)
                return;
        schedule->switch_count++;
        for (uint32_t step = first; step <= steps; step++) {
                schedule->switches[depth] =
                    (struct lockstep_switch){ .step = step, .thread = (depth + 1) % THREADS };
                run_all(schedule, step + 1);
        }
        schedule->switch_count--;
}

START_TEST(interrupted_threads_get_what_one_would)
{
        struct lockstep_schedule schedule = { 0 };

        lockstep_begin(THREADS, ask);
        run_all(&schedule, 1);
        lockstep_finish();
}
END_TEST

int main(void)
{
        const TTest *const tests[] = { interrupted_threads_get_what_one_would };

        return SUITE_RUN("bucket races", tests);
}
