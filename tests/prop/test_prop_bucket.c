/* SPDX-License-Identifier: MIT */
/* Buckets of any rate, and of more sources than there is room for, against exact fractions. */
#include "core/bucket.h"
#include "suite.h"
#include "support/random.h"

enum { EVENTS = 250, ROUNDS = 200, CROWD = 40, CROWD_EVENTS = 10000, CROWD_ROUNDS = 30 };

#define SECOND UINT64_C(1000000000)

static _Alignas(64) bucket_word words[BUCKET_WAYS];
static struct bucket_table table;

/* What a source lacks, in tokens * 10^9, after it was given every token that there was. */
struct exact {
        uint64_t lack;
        uint64_t at_ns;
        uint64_t taken;
};

static bool exact_take(struct exact *exact, uint64_t rate, uint64_t now_ns)
{
        uint64_t passed_ns = now_ns - exact->at_ns;
        uint64_t gained = passed_ns < 2 * SECOND ? passed_ns * rate : 2 * SECOND * rate;

        exact->lack = gained < exact->lack ? exact->lack - gained : 0;
        exact->at_ns = now_ns;
        if (exact->lack + SECOND > 2 * SECOND * rate)
                return false;
        exact->lack += SECOND;
        exact->taken++;
        return true;
}

static uint64_t random_below(struct random *random, uint64_t limit)
{
        return random_next(random) % limit;
}

static void start(struct random *random, uint32_t rate)
{
        struct siphash_key key = { { random_next(random), random_next(random) } };

        bucket_init(&table, words, BUCKET_WAYS, rate, &key);
}

static struct ip source_number(uint64_t number)
{
        return (struct ip){ .high = UINT64_C(0x20010db8) << 32 | number };
}

/* Small and large, some that divide a second and many that do not. */
static uint32_t random_rate(struct random *random)
{
        uint32_t bits = (uint32_t)random_below(random, 30);

        return 1 + (uint32_t)random_below(random, UINT64_C(1) << bits);
}

/* From nothing at all to more than a bucket takes to fill, mostly around the time of a token. */
static uint64_t random_wait_ns(struct random *random, uint32_t rate)
{
        uint64_t period_ns = SECOND / rate;

        switch (random_below(random, 16)) {
        case 0:
                return random_below(random, 3 * SECOND);
        case 1:
                return random_below(random, 200 * SECOND);
        case 2:
        case 3:
        case 4:
        case 5:
                return period_ns + random_below(random, 3) - (period_ns > 0);
        default:
                return random_below(random, period_ns + 2);
        }
}

/* Takes all but a few tokens of a bucket, in one go, so that the rate matters from the start. */
static uint64_t start_low(struct random *random, uint32_t rate, struct exact *exact,
                          uint64_t now_ns)
{
        uint64_t all = 2 * (uint64_t)rate;
        uint64_t count = all < 5000 ? all - random_below(random, all < 4 ? all : 4) : 0;

        for (uint64_t i = 0; i < count; i++)
                if (!bucket_take(&table, source_number(0), now_ns) ||
                    !exact_take(exact, rate, now_ns))
                        ck_abort_msg("a full bucket was empty too early");
        return count;
}

/* A full bucket, and what comes in that time or 1 ns more. */
static uint64_t most_within(uint64_t rate, uint64_t passed_ns)
{
        passed_ns += SECOND % rate != 0;
        return 2 * rate + passed_ns / SECOND * rate + passed_ns % SECOND * rate / SECOND;
}

/*
 * At no moment has a source had fewer tokens than exact fractions give it; and between any two
 * moments, it gets no more than a full bucket and what the time between them adds, 1 ns more at
 * most.
 */
static void check_rate(struct random *random, uint32_t rate)
{
        static uint64_t times_ns[EVENTS];
        static uint64_t taken[EVENTS + 1]; /* before each event */
        uint64_t now_ns = random_below(random, UINT64_C(1) << 50);
        struct exact exact = { .at_ns = now_ns };
        bool is_kept = true;

        start(random, rate);
        taken[0] = start_low(random, rate, &exact, now_ns);
        for (unsigned i = 0; i < EVENTS; i++) {
                now_ns += random_wait_ns(random, rate);
                times_ns[i] = now_ns;
                taken[i + 1] = taken[i] + bucket_take(&table, source_number(0), now_ns);
                (void)exact_take(&exact, rate, now_ns);
                is_kept &= taken[i + 1] >= exact.taken;
                for (unsigned j = 0; j <= i; j++)
                        is_kept &=
                            taken[i + 1] - taken[j] <= most_within(rate, now_ns - times_ns[j]);
        }
        ck_assert(is_kept);
        if (SECOND % rate == 0)
                ck_assert_uint_eq(taken[EVENTS], exact.taken);
}

START_TEST(any_rate_is_kept_to_a_nanosecond)
{
        struct random random = random_from_environment();

        for (unsigned i = 0; i < ROUNDS; i++)
                check_rate(&random, random_rate(&random));
        for (uint32_t rate = 1; rate <= 64; rate++)
                check_rate(&random, rate);
}
END_TEST

/* More sources than words: whoever is forgotten is no worse off for it. */
START_TEST(a_crowd_only_weakens_the_limit)
{
        struct random random = random_from_environment();

        for (unsigned round = 0; round < CROWD_ROUNDS; round++) {
                struct exact exact[CROWD] = { { .lack = 0 } };
                uint64_t taken[CROWD] = { 0 };
                bool is_weaker = true;
                bool is_exact = true;
                uint32_t rate = 1 + (uint32_t)random_below(&random, 20);
                uint64_t crowd = 1 + random_below(&random, CROWD);
                uint64_t now_ns = random_below(&random, UINT64_C(1) << 50);
                start(&random, rate);
                for (unsigned event = 0; event < CROWD_EVENTS; event++) {
                        uint64_t i = random_below(&random, crowd);
                        now_ns += random_below(&random, 2 * SECOND / rate / crowd + 1);
                        taken[i] += bucket_take(&table, source_number(i), now_ns);
                        (void)exact_take(&exact[i], rate, now_ns);
                        is_weaker &= taken[i] >= exact[i].taken;
                        is_exact &= taken[i] == exact[i].taken;
                }
                ck_assert(is_weaker);
                ck_assert(is_exact || crowd > BUCKET_WAYS || SECOND % rate != 0);
        }
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                any_rate_is_kept_to_a_nanosecond,
                a_crowd_only_weakens_the_limit,
        };

        return SUITE_RUN("prop bucket", tests);
}
