/* SPDX-License-Identifier: MIT */
/* Threads take tokens of the same sources as workers do, each with its own idea of the time. */
#include <pthread.h>

#include "core/bucket.h"
#include "suite.h"
#include "support/ips.h"

enum { THREADS = 4, SOURCES = 3, ROUNDS = 200000, RACES_MAX = 2000000, NEWCOMERS = 1000 };

/* All that the threads ask for: so none is refused, and every one races. */
enum { RATE = THREADS * ROUNDS / 2 };

#define SECOND UINT64_C(1000000000)
#define HOUR (3600 * SECOND)

/* Between two rounds of a thread: less than the time of a token. */
#define STEP_NS (SECOND * 3 / 10 / ROUNDS)

static const struct siphash_key key = { { 3, 4 } };
static _Alignas(64) bucket_word words[BUCKET_WAYS];
static struct bucket_table table;
static struct ip sources[SOURCES];
static pthread_barrier_t start_line;
static atomic_bool is_over;

struct taker {
        pthread_t thread;
        uint64_t step_ns;
        uint64_t taken[SOURCES];
};

static void start(void)
{
        bucket_init(&table, words, BUCKET_WAYS, RATE, &key);
        sources[0] = ips_parse("192.0.2.1");
        sources[1] = ips_parse("192.0.2.2");
        sources[2] = ips_parse("2001:db8::1");
}

static void *take_all(void *argument)
{
        struct taker *taker = argument;

        (void)pthread_barrier_wait(&start_line);
        for (uint64_t round = 0; round < ROUNDS; round++)
                for (unsigned i = 0; i < SOURCES; i++)
                        taker->taken[i] +=
                            bucket_take(&table, sources[i], HOUR + round * taker->step_ns);
        return NULL;
}

/* What they got together, and what was left at the end. */
static void run(uint64_t step_ns, uint64_t expected)
{
        struct taker takers[THREADS] = { { .step_ns = step_ns },
                                         { .step_ns = step_ns },
                                         { .step_ns = step_ns },
                                         { .step_ns = step_ns } };

        start();
        ck_assert_int_eq(pthread_barrier_init(&start_line, NULL, THREADS), 0);
        for (unsigned i = 0; i < THREADS; i++)
                ck_assert_int_eq(pthread_create(&takers[i].thread, NULL, take_all, &takers[i]), 0);
        for (unsigned i = 0; i < THREADS; i++)
                ck_assert_int_eq(pthread_join(takers[i].thread, NULL), 0);
        ck_assert_int_eq(pthread_barrier_destroy(&start_line), 0);
        for (unsigned i = 0; i < SOURCES; i++) {
                uint64_t taken = 0;
                for (unsigned j = 0; j < THREADS; j++)
                        taken += takers[j].taken[i];
                while (bucket_take(&table, sources[i], HOUR + ROUNDS * step_ns))
                        taken++;
                ck_assert_uint_eq(taken, expected);
        }
}

START_TEST(all_threads_together_get_what_one_would)
{
        run(0, 2 * RATE);
}
END_TEST

START_TEST(time_adds_once_for_all_threads)
{
        run(STEP_NS, 2 * RATE + RATE * 3 / 10);
}
END_TEST

static struct ip source_number(uint32_t number)
{
        return ip_from_v4((struct in_addr){ .s_addr = htonl(UINT32_C(10) << 24 | number) });
}

/* Writes into the one word that a newcomer may take. */
static void *disturb(void *unused)
{
        for (uint64_t i = 0; !atomic_load_explicit(&is_over, memory_order_relaxed); i++)
                atomic_store_explicit(&words[0], (i & 1) + 1, memory_order_relaxed);
        return unused;
}

/* Who loses one race after another is refused in the end; whether it comes to that is chance. */
START_TEST(contention_without_end_is_not_waited_for)
{
        bool is_refused = false;
        pthread_t thread;

        start();
        for (uint32_t i = 0; i < BUCKET_WAYS; i++)
                ck_assert(bucket_take(&table, source_number(i), HOUR));
        ck_assert_int_eq(pthread_create(&thread, NULL, disturb, NULL), 0);
        for (uint32_t race = 0; race < RACES_MAX && !is_refused; race++)
                is_refused =
                    !bucket_take(&table, source_number(BUCKET_WAYS + race % NEWCOMERS), HOUR);
        atomic_store(&is_over, true);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                all_threads_together_get_what_one_would,
                time_adds_once_for_all_threads,
                contention_without_end_is_not_waited_for,
        };

        return SUITE_RUN("bucket threads", tests);
}
