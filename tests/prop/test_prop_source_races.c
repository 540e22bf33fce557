/* SPDX-License-Identifier: MIT */
/*
 * Threads that take and give back places, interrupted at every access to what they share: all ways
 * to interrupt them two or three times, and random ones. Whatever they were told must be what one
 * thread could have been told that did the same, one after the other, in an order in which nothing
 * comes before what had ended when it began.
 */
#include <stdatomic.h>

#include "lockstep.h"
#include "suite.h"

/* The table itself, with a step before each of its accesses. */
#undef atomic_load
#undef atomic_store
#undef atomic_fetch_sub
#undef atomic_compare_exchange_strong
#define atomic_load(word) (lockstep_step(), atomic_load_explicit(word, memory_order_seq_cst))
#define atomic_store(word, value) \
        (lockstep_step(), atomic_store_explicit(word, value, memory_order_seq_cst))
#define atomic_fetch_sub(word, value) \
        (lockstep_step(), atomic_fetch_sub_explicit(word, value, memory_order_seq_cst))
#define atomic_compare_exchange_strong(word, seen, value)          \
        (lockstep_step(), atomic_compare_exchange_strong_explicit( \
                              word, seen, value, memory_order_seq_cst, memory_order_seq_cst))
#include "core/source.c"

enum {
        THREADS_MAX = LOCKSTEP_THREADS_MAX,
        OPERATIONS_MAX = 12, /* of a thread */
        SOURCES = 3,
        HELD_MAX = OPERATIONS_MAX + 1, /* at once, by a thread */
        NODES_MAX = THREADS_MAX * (HELD_MAX + SOURCE_NODES_PER_THREAD),
        RANDOM_RUNS = 3000,
};

/* Takes a place of a source; or gives back what was taken last or first, if anything. */
struct operation {
        bool is_take;
        bool is_before; /* the place is taken before the threads begin */
        bool is_first;
        uint32_t source;
        /* What came of it, and when. */
        bool is_done;
        bool has_place;
        uint32_t index;
        uint32_t begin;
        uint32_t end;
};

struct world {
        struct source_node nodes[NODES_MAX];
        source_word chains[1];
        struct source_table table;
        struct operation operations[THREADS_MAX][OPERATIONS_MAX];
        uint32_t operation_counts[THREADS_MAX];
        uint32_t held_before; /* one place of each of the first sources, held all the time */
        uint32_t most;        /* places of a source */
        uint32_t clock;
        uint64_t runs;
};

static struct world world;

static struct ip source_number(uint32_t number)
{
        return (struct ip){ .high = 7 + number };
}

static void take(struct operation *operation)
{
        operation->has_place = source_take(&world.table, source_number(operation->source),
                                           world.most, &operation->index);
        operation->is_done = true;
}

static void run_thread(uint32_t thread)
{
        struct operation *held[OPERATIONS_MAX];
        uint32_t held_count = 0;

        for (uint32_t i = 0; i < world.operation_counts[thread]; i++) {
                struct operation *operation = &world.operations[thread][i];
                if (operation->is_before) {
                        held[held_count++] = operation;
                        continue;
                }
                operation->is_done = false;
                operation->begin = ++world.clock;
                if (operation->is_take) {
                        take(operation);
                        if (operation->has_place)
                                held[held_count++] = operation;
                } else if (held_count > 0) {
                        uint32_t given = operation->is_first ? 0 : held_count - 1;
                        operation->source = held[given]->source;
                        operation->index = held[given]->index;
                        held[given] = held[--held_count];
                        operation->is_done = true;
                        source_put(&world.table, operation->index);
                }
                operation->end = ++world.clock;
        }
}

/* How far each thread has come in an order that is being tried, and what that makes of the sources.
 */
struct order {
        uint32_t done[THREADS_MAX];
        uint32_t held[SOURCES];
};

static bool has_ended(const struct order *order, uint32_t thread)
{
        return order->done[thread] == world.operation_counts[thread];
}

/* Whether the thread's next operation may be the next of all: none ended before it began. */
static bool may_be_next(const struct order *order, uint32_t thread)
{
        const struct operation *next = &world.operations[thread][order->done[thread]];

        for (uint32_t other = 0; other < lockstep.thread_count; other++)
                if (!has_ended(order, other) &&
                    world.operations[other][order->done[other]].end < next->begin)
                        return false;
        return true;
}

/* Does it alone; false if it was told something else. */
static bool apply(struct order *order, uint32_t thread)
{
        const struct operation *operation = &world.operations[thread][order->done[thread]++];
        uint32_t *held = &order->held[operation->source];

        if (!operation->is_done)
                return true;
        if (!operation->is_take) {
                (*held)--;
                return true;
        }
        bool is_free = *held < world.most;
        *held += is_free;
        return operation->has_place == is_free;
}

/* Tries all orders; where one has failed is not gone to again. */
static bool is_explained(struct order order,
                         bool failed[OPERATIONS_MAX + 1][OPERATIONS_MAX + 1][OPERATIONS_MAX + 1])
{
        bool *has_failed = &failed[order.done[0]][order.done[1]][order.done[2]];
        bool is_end = true;

        if (*has_failed)
                return false;
        for (uint32_t thread = 0; thread < lockstep.thread_count; thread++) {
                struct order next = order;
                if (has_ended(&order, thread))
                        continue;
                is_end = false;
                if (may_be_next(&order, thread) && apply(&next, thread) &&
                    is_explained(next, failed))
                        return true;
        }
        *has_failed = !is_end;
        return is_end;
}

/* What is in the table now must be what the threads hold, each source once. */
static void check_counts(void)
{
        uint32_t held[SOURCES] = { 0 };
        uint32_t nodes[SOURCES] = { 0 };
        uint32_t sources = 0;

        for (uint32_t i = 0; i < world.held_before; i++)
                held[i]++;
        for (uint32_t thread = 0; thread < lockstep.thread_count; thread++)
                for (uint32_t i = 0; i < world.operation_counts[thread]; i++) {
                        const struct operation *operation = &world.operations[thread][i];
                        if (operation->is_take && operation->has_place)
                                held[operation->source]++;
                        if (!operation->is_take && operation->is_done)
                                held[operation->source]--;
                }
        for (uint32_t target = target_of(atomic_load(&world.chains[0])); target != 0;) {
                const struct source_node *node = &world.nodes[target - 1];
                uint64_t source = atomic_load(&node->high) - source_number(0).high;
                ensure(source < SOURCES && nodes[source]++ == 0);
                ensure(content_of(atomic_load(&node->held)) == held[source]);
                target = target_of(atomic_load(&node->next));
        }
        for (uint32_t i = 0; i < SOURCES; i++)
                sources += held[i] > 0;
        ensure(source_check(&world.table) == sources);
}

/* An empty table, just large enough, and the places that are taken before. */
static void start(struct order *order)
{
        static const struct siphash_key key = { { 1, 1 } };
        uint32_t takes = world.held_before;
        uint32_t index;

        for (uint32_t thread = 0; thread < lockstep.thread_count; thread++)
                for (uint32_t i = 0; i < world.operation_counts[thread]; i++)
                        takes += world.operations[thread][i].is_take;
        source_init(&world.table, world.nodes,
                    takes + lockstep.thread_count * SOURCE_NODES_PER_THREAD, world.chains, 1, &key);
        for (uint32_t i = 0; i < world.held_before; i++) {
                ensure(source_take(&world.table, source_number(i), world.most, &index));
                order->held[i]++;
        }
        for (uint32_t thread = 0; thread < lockstep.thread_count; thread++)
                for (uint32_t i = 0; i < world.operation_counts[thread]; i++)
                        if (world.operations[thread][i].is_before)
                                take(&world.operations[thread][i]);
        world.clock = 0;
}

static uint32_t run(const struct lockstep_schedule *schedule)
{
        static bool failed[OPERATIONS_MAX + 1][OPERATIONS_MAX + 1][OPERATIONS_MAX + 1];
        struct order order = { .held = { 0 } };

        start(&order);
        world.runs++;
        uint32_t steps = lockstep_run(schedule);
        for (uint32_t i = 0; i <= OPERATIONS_MAX; i++)
                for (uint32_t j = 0; j <= OPERATIONS_MAX; j++)
                        for (uint32_t k = 0; k <= OPERATIONS_MAX; k++)
                                failed[i][j][k] = false;
        ensure(is_explained(order, failed));
        check_counts();
        return steps;
}

/* All schedules with up to so many more switches than this one has. */
static void run_all(const struct lockstep_schedule *schedule, uint32_t switches_left)
{
        struct lockstep_schedule longer = *schedule;
        struct lockstep_switch *added = &longer.switches[longer.switch_count++];
        uint32_t begin = schedule->switch_count > 0 ? added[-1].step + 1 : 1;
        uint32_t steps = run(schedule);

        if (switches_left == 0)
                return;
        for (added->step = begin; added->step <= steps; added->step++)
                for (added->thread = 0; added->thread < lockstep.thread_count; added->thread++)
                        if (added->thread != (schedule->switch_count > 0 ? added[-1].thread : 0))
                                run_all(&longer, switches_left - 1);
}

/*
 * A script of a thread: "a" takes of the first source, "b" of the second; "A" has taken before,
 * with all others that have, and stands in front; "-" gives back what was taken last, "<" the first
 * that the thread has.
 */
static void set_script(uint32_t thread, const char *script)
{
        uint32_t count = 0;

        for (; *script != '\0'; script++) {
                struct operation *operation = &world.operations[thread][count++];
                *operation = (struct operation){
                        .is_take = *script >= 'A',
                        .is_before = *script >= 'A' && *script < 'a',
                        .is_first = *script == '<',
                };
                if (operation->is_take)
                        operation->source =
                            (uint32_t)(*script - (operation->is_before ? 'A' : 'a'));
        }
        world.operation_counts[thread] = count;
}

static void explore(uint32_t held_before, uint32_t most, uint32_t switches, const char *first,
                    const char *second, const char *third)
{
        struct lockstep_schedule schedule = { .switch_count = 0 };

        world.held_before = held_before;
        world.most = most;
        world.runs = 0;
        world.operation_counts[2] = 0;
        set_script(0, first);
        set_script(1, second);
        if (third != NULL)
                set_script(2, third);
        lockstep_begin(third != NULL ? 3 : 2, run_thread);
        run_all(&schedule, switches);
        lockstep_finish();
        printf("%s %s %s: %" PRIu64 " runs\n", first, second, third != NULL ? third : "",
               world.runs);
}

START_TEST(two_threads_with_one_source)
{
        explore(0, 1, 2, "a-", "a-", NULL);
        explore(0, 1, 3, "A-", "a", NULL);
        explore(0, 2, 2, "a-a-", "a-", NULL);
        explore(0, 2, 2, "aa--", "a-", NULL);
        explore(1, 2, 3, "a-", "a-", NULL);
}
END_TEST

START_TEST(two_threads_with_sources_that_meet)
{
        explore(0, 1, 2, "a-", "b-", NULL);
        explore(0, 1, 2, "b", "A-", NULL);
        explore(0, 1, 3, "A-", "B-", NULL);
        explore(1, 1, 2, "b-", "c-", NULL);
        explore(0, 1, 2, "ab--", "ba--", NULL);
        explore(1, 2, 2, "b-", "B-c-", NULL);
}
END_TEST

/* A thread saw the node of one source, and it is that of another one when the thread goes on. */
START_TEST(node_that_is_what_it_was_of_another_source)
{
        explore(0, 2, 2, "A-b", "a", NULL);
        explore(0, 2, 2, "A-b", "Ba", NULL);
}
END_TEST

/*
 * A link is led past a node and comes to lead to it again, by way of another one that leaves, while
 * a thread that saw it before stands still.
 */
START_TEST(link_that_is_what_it_was_again)
{
        explore(0, 1, 2, "A-", "Bc<", NULL);
}
END_TEST

START_TEST(three_threads)
{
        explore(0, 1, 2, "A-", "a-", "b-");
        explore(0, 2, 2, "A-", "B-", "a");
}
END_TEST

START_TEST(random_scripts_in_random_steps)
{
        struct random random = random_from_environment();
        struct lockstep_schedule schedule = { .random = &random };

        lockstep_begin(THREADS_MAX, run_thread);
        for (unsigned i = 0; i < RANDOM_RUNS; i++) {
                schedule.rarity = 1 + (uint32_t)(random_next(&random) % 6);
                world.held_before = (uint32_t)(random_next(&random) % SOURCES);
                world.most = 1 + (uint32_t)(random_next(&random) % 3);
                for (uint32_t thread = 0; thread < THREADS_MAX; thread++) {
                        char script[OPERATIONS_MAX + 1] = "";
                        for (uint32_t j = 0; j < OPERATIONS_MAX; j++)
                                script[j] = "abc-<a-b"[random_next(&random) % 8];
                        set_script(thread, script);
                }
                (void)run(&schedule);
        }
        lockstep_finish();
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                two_threads_with_one_source,
                two_threads_with_sources_that_meet,
                node_that_is_what_it_was_of_another_source,
                link_that_is_what_it_was_again,
                three_threads,
                random_scripts_in_random_steps,
        };

        return SUITE_RUN("prop source races", tests);
}
