/* SPDX-License-Identifier: MIT */
/* Threads take and give back places of the same sources, all in one chain, as workers do. */
#include <pthread.h>

#include "core/ensure.h"
#include "core/source.h"
#include "suite.h"

enum {
        THREADS = 4,
        ROUNDS = 100000,
        SOURCES = 3,
        HELD = 2, /* by a thread, at the most */
        NODES = THREADS * (HELD + SOURCE_NODES_PER_THREAD),
};

static const struct siphash_key key = { { 7, 8 } };
static struct source_node nodes[NODES];
static source_word chains[1];
static struct source_table table;
static pthread_barrier_t start_line;

/* What the threads are sure to hold. */
static _Atomic uint32_t held[SOURCES];

struct taker {
        pthread_t thread;
        uint32_t number;
        uint32_t most; /* places of a source */
        uint64_t refused;
};

static struct ip source_number(uint32_t number)
{
        return (struct ip){ .high = number + 1 };
}

/* Takes one and gives back the one before, so that sources come and go all the time. */
static void *take_and_put(void *argument)
{
        struct taker *taker = argument;
        uint32_t indexes[HELD];
        uint32_t sources[HELD];
        uint32_t count = 0;

        (void)pthread_barrier_wait(&start_line);
        for (uint32_t round = 0; round < ROUNDS; round++) {
                uint32_t source = (round * (taker->number + 1)) % SOURCES;
                if (source_take(&table, source_number(source), taker->most, &indexes[count])) {
                        ensure(atomic_fetch_add(&held[source], 1) < taker->most);
                        sources[count++] = source;
                } else {
                        taker->refused++;
                }
                while (count > (round % 3 == 0 ? 0 : HELD - 1)) {
                        count--;
                        ensure(atomic_fetch_sub(&held[sources[count]], 1) > 0);
                        source_put(&table, indexes[count]);
                }
        }
        while (count-- > 0)
                source_put(&table, indexes[count]);
        return NULL;
}

/* How often they were refused. */
static uint64_t run(uint32_t most)
{
        struct taker takers[THREADS];
        uint64_t refused = 0;

        source_init(&table, nodes, NODES, chains, 1, &key);
        for (uint32_t i = 0; i < SOURCES; i++)
                atomic_store(&held[i], 0);
        ck_assert_int_eq(pthread_barrier_init(&start_line, NULL, THREADS), 0);
        for (uint32_t i = 0; i < THREADS; i++) {
                takers[i] = (struct taker){ .number = i, .most = most };
                ck_assert_int_eq(pthread_create(&takers[i].thread, NULL, take_and_put, &takers[i]),
                                 0);
        }
        for (uint32_t i = 0; i < THREADS; i++) {
                ck_assert_int_eq(pthread_join(takers[i].thread, NULL), 0);
                refused += takers[i].refused;
        }
        ck_assert_int_eq(pthread_barrier_destroy(&start_line), 0);
        ck_assert_uint_eq(source_check(&table), 0);
        return refused;
}

START_TEST(nobody_is_refused_what_is_free)
{
        ck_assert_uint_eq(run(THREADS * HELD), 0);
}
END_TEST

START_TEST(nobody_gets_what_others_hold)
{
        (void)run(1);
        (void)run(2);
        (void)run(3);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                nobody_is_refused_what_is_free,
                nobody_gets_what_others_hold,
        };

        return SUITE_RUN("source threads", tests);
}
