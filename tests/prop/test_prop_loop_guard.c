/* SPDX-License-Identifier: MIT */
/*
 * Two echo servers that were set against each other fall silent, and clients do not suffer for it.
 * The link loses nothing and takes less than 50 ms, a different time for each datagram.
 */
#include "core/datagram.h"
#include "suite.h"
#include "support/ips.h"
#include "support/random.h"

enum { SERVERS = 2, LOOPS_MAX = 100, ENTRIES_MAX = 8 * LOOP_GUARD_WAYS, ROUNDS = 20 };

#define MILLISECOND UINT64_C(1000000)
#define SECOND (1000 * MILLISECOND)
#define HOUR (3600 * SECOND)

/* The first repeat that is refused, and who is left after it needs this many more. */
#define FIRST (LOOP_GUARD_REPEATS + LOOP_GUARD_INTERVAL)

struct server {
        struct loop_guard_entry entries[ENTRIES_MAX];
        struct loop_guard guard;
        struct datagram_rules rules;
        uint64_t received;
};

/* On its way to a server. */
struct traveller {
        uint64_t at_ns;
        uint32_t payload;
        unsigned to;
};

static struct server servers[SERVERS];
static struct traveller travellers[LOOPS_MAX];
static uint32_t traveller_count;

static void start(struct random *random, uint32_t entries, bool both_guard)
{
        for (unsigned i = 0; i < SERVERS; i++) {
                struct server *server = &servers[i];
                struct siphash_key key = { { random_next(random), random_next(random) } };
                *server = (struct server){ .received = 0 };
                loop_guard_init(&server->guard, server->entries, entries, &key);
                if (i == 0 || both_guard)
                        server->rules.guard = &server->guard;
        }
        traveller_count = 0;
}

static uint64_t delay_ns(struct random *random)
{
        return random_next(random) % (50 * MILLISECOND);
}

static void add(struct random *random, uint32_t payload)
{
        travellers[traveller_count++] = (struct traveller){
                .at_ns = HOUR + delay_ns(random),
                .payload = payload,
                .to = random_next(random) % SERVERS,
        };
}

static bool is_answered(struct server *server, const char *source, uint32_t payload,
                        uint64_t now_ns)
{
        struct datagram datagram = {
                .source = ips_parse(source),
                .destination = ips_parse("192.0.2.1"),
                .payload = (const unsigned char *)&payload,
                .payload_size = sizeof(payload),
                .source_port = 7007,
        };
        enum datagram_drop drop = datagram_decide(&datagram, &server->rules, now_ns);

        server->received++;
        ensure(drop == DATAGRAM_DROP_NONE || drop == DATAGRAM_DROP_LOOP);
        return drop == DATAGRAM_DROP_NONE;
}

/* The next one arrives, and goes back or not; returns when. */
static uint64_t step(struct random *random)
{
        struct traveller *next = travellers;

        for (uint32_t i = 1; i < traveller_count; i++)
                if (travellers[i].at_ns < next->at_ns)
                        next = &travellers[i];
        uint64_t now_ns = next->at_ns;
        if (!is_answered(&servers[next->to], "192.0.2.2", next->payload, next->at_ns)) {
                *next = travellers[--traveller_count];
                return now_ns;
        }
        next->to ^= 1;
        next->at_ns += delay_ns(random);
        return now_ns;
}

/* Until they are silent, or the first server has received more than `most`. */
static void run(struct random *random, uint64_t most)
{
        while (traveller_count > 0 && servers[0].received <= most)
                (void)step(random);
        ck_assert_uint_eq(traveller_count, 0);
        ck_assert_uint_le(servers[0].received, most);
}

START_TEST(one_datagram_that_circulates_is_gone_after_1064_repeats)
{
        struct random random = random_from_environment();

        for (unsigned both = 0; both < 2; both++) {
                start(&random, LOOP_GUARD_WAYS, both == 1);
                add(&random, 7);
                run(&random, 1 + FIRST);
        }
}
END_TEST

START_TEST(of_many_alike_one_more_is_gone_with_every_64_repeats)
{
        struct random random = random_from_environment();

        for (unsigned round = 0; round < ROUNDS; round++) {
                uint32_t count = 1 + (uint32_t)(random_next(&random) % LOOPS_MAX);
                start(&random, LOOP_GUARD_WAYS, round % 2 == 1);
                for (uint32_t i = 0; i < count; i++)
                        add(&random, 7);
                run(&random, 1 + FIRST + (count - 1) * LOOP_GUARD_INTERVAL);
        }
}
END_TEST

START_TEST(different_ones_are_gone_when_each_was_repeated_often_enough)
{
        struct random random = random_from_environment();

        for (unsigned round = 0; round < ROUNDS; round++) {
                start(&random, LOOP_GUARD_WAYS, round % 2 == 1);
                for (uint32_t i = 0; i < LOOP_GUARD_WAYS; i++)
                        add(&random, i);
                run(&random, LOOP_GUARD_WAYS * (1 + FIRST));
        }
}
END_TEST

/*
 * More loops than the table holds: all but one of a set come to their end, then others follow. A
 * place is free again 100 ms after a loop has ended, while those without one go on: each of them
 * comes at least once in 100 ms, and 25 times a second on the average.
 */
static void run_crowd(struct random *random, uint32_t entries, uint32_t count)
{
        uint64_t batches = count / (LOOP_GUARD_WAYS - 1) + 1;

        start(random, entries, true);
        for (uint32_t i = 0; i < count; i++)
                add(random, i);
        run(random, batches * count * 2 * FIRST);
}

START_TEST(a_crowd_of_loops_comes_to_its_end)
{
        struct random random = random_from_environment();

        run_crowd(&random, LOOP_GUARD_WAYS, LOOP_GUARD_WAYS + 1);
        run_crowd(&random, LOOP_GUARD_WAYS, 20);
        run_crowd(&random, ENTRIES_MAX, LOOPS_MAX);
}
END_TEST

START_TEST(a_client_that_changes_its_payload_loses_nothing_beside_loops)
{
        struct random random = random_from_environment();

        start(&random, LOOP_GUARD_WAYS, false);
        for (uint32_t i = 0; i < 6; i++)
                add(&random, i);
        for (uint32_t i = 0; traveller_count > 0; i++) {
                ck_assert_uint_lt(i, 100000);
                ck_assert(is_answered(&servers[0], "192.0.2.3", i, step(&random)));
        }
}
END_TEST

/* Nine in each second, all at once, evenly, or anything between. */
START_TEST(a_client_that_sends_less_than_ten_a_second_loses_nothing)
{
        struct random random = random_from_environment();

        start(&random, LOOP_GUARD_WAYS, false);
        for (uint64_t second = 0; second < 5000; second++) {
                uint64_t begin_ns = HOUR + second * SECOND;
                uint64_t span_ns = 1 + random_next(&random) % SECOND;
                uint64_t at_ns = begin_ns;
                for (unsigned i = 0; i < 9; i++) {
                        at_ns += random_next(&random) % (span_ns / 9 + 1);
                        ck_assert(is_answered(&servers[0], "192.0.2.3", 7, at_ns));
                }
        }
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                one_datagram_that_circulates_is_gone_after_1064_repeats,
                of_many_alike_one_more_is_gone_with_every_64_repeats,
                different_ones_are_gone_when_each_was_repeated_often_enough,
                a_crowd_of_loops_comes_to_its_end,
                a_client_that_changes_its_payload_loses_nothing_beside_loops,
                a_client_that_sends_less_than_ten_a_second_loses_nothing,
        };

        return SUITE_RUN("prop loop guard", tests);
}
