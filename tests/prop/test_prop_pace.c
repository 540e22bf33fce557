/* SPDX-License-Identifier: MIT */
/* Due times and counts are inverses of each other, at any rate and time. */
#include "probe/pace.h"

#include "suite.h"
#include "support/random.h"

enum { ROUNDS = 30000, DENSE_ROUNDS = 50, DENSE_NS = 3000 };

static const uint64_t second_ns = 1000000000;

/* As many small ones as large ones. */
static uint64_t draw(struct random *random, uint64_t most)
{
        return (random_next(random) >> (random_next(random) % 64)) % (most + 1);
}

static struct pace draw_pace(struct random *random)
{
        return (struct pace){
                .start_ns = draw(random, UINT64_MAX / 4),
                .rate = 1 + draw(random, second_ns - 1),
        };
}

/* number * 10^9 / rate, rounded down, in 128 bits. */
static uint64_t exact_due(const struct pace *pace, uint64_t number)
{
        __extension__ typedef unsigned __int128 wide;

        return pace->start_ns + (uint64_t)((wide)number * second_ns / pace->rate);
}

/* The messages due at a time are those up to the last that is due by then. */
static void check_count(const struct pace *pace, uint64_t now_ns)
{
        uint64_t count = pace_count(pace, now_ns);

        ck_assert(count == 0 || pace_due(pace, count - 1) <= now_ns);
        ck_assert_uint_gt(pace_due(pace, count), now_ns);
}

START_TEST(due_time_is_exact)
{
        struct random random = random_from_environment();

        for (unsigned round = 0; round < ROUNDS; round++) {
                struct pace pace = draw_pace(&random);
                /* Up to a hundred years. */
                uint64_t number = draw(&random, pace.rate * UINT64_C(3153600000));
                ck_assert_uint_eq(pace_due(&pace, number), exact_due(&pace, number));
        }
}
END_TEST

START_TEST(count_is_what_is_due)
{
        struct random random = random_from_environment();

        for (unsigned round = 0; round < ROUNDS; round++) {
                struct pace pace = draw_pace(&random);
                uint64_t number = draw(&random, pace.rate * UINT64_C(3153600000));
                uint64_t due_ns = pace_due(&pace, number);
                check_count(&pace, pace.start_ns + draw(&random, UINT64_MAX / 4));
                check_count(&pace, due_ns);
                ck_assert_uint_gt(pace_count(&pace, due_ns), number);
                ck_assert(due_ns == pace.start_ns || pace_count(&pace, due_ns - 1) <= number);
        }
}
END_TEST

/* Each of the first 3000 ns, at rates that are high enough for something to happen. */
START_TEST(count_rises_by_one_with_each_message)
{
        struct random random = random_from_environment();

        for (unsigned round = 0; round < DENSE_ROUNDS; round++) {
                struct pace pace = { .start_ns = draw(&random, UINT64_MAX / 4),
                                     .rate = second_ns - draw(&random, second_ns - 1) };
                uint64_t number = 0;
                for (uint64_t ns = 0; ns < DENSE_NS; ns++) {
                        while (exact_due(&pace, number) <= pace.start_ns + ns)
                                number++;
                        ck_assert_uint_eq(pace_count(&pace, pace.start_ns + ns), number);
                }
        }
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                due_time_is_exact,
                count_is_what_is_due,
                count_rises_by_one_with_each_message,
        };

        return SUITE_RUN("prop pace", tests);
}
