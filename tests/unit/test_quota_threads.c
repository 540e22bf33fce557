/* SPDX-License-Identifier: MIT */
/* Threads take and give back as workers do at accept and close. */
#include <pthread.h>

#include "core/ensure.h"
#include "core/quota.h"
#include "suite.h"

enum { THREADS = 4, ROUNDS = 200000 };

static struct quota quota;

/* Between take and put a thread sees itself among the holders, and never too many of them. */
static void hold(uint32_t most)
{
        uint32_t held = quota_held(&quota);

        ensure(0 < held && held <= most);
        quota_put(&quota);
}

/* One for each thread: so nobody is ever refused. */
static void *take_own(void *unused)
{
        for (unsigned i = 0; i < ROUNDS; i++) {
                ensure(quota_take(&quota, THREADS));
                hold(THREADS);
        }
        return unused;
}

/* One for all: whoever has it is alone. */
static void *take_the_only_one(void *unused)
{
        for (unsigned i = 0; i < ROUNDS; i++)
                if (quota_take(&quota, 1))
                        hold(1);
        return unused;
}

static void run(void *(*body)(void *))
{
        pthread_t threads[THREADS];

        for (unsigned i = 0; i < THREADS; i++)
                ck_assert_int_eq(pthread_create(&threads[i], NULL, body, NULL), 0);
        for (unsigned i = 0; i < THREADS; i++)
                ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_uint_eq(quota_held(&quota), 0);
}

START_TEST(nobody_is_refused_what_is_free)
{
        run(take_own);
}
END_TEST

START_TEST(nobody_gets_what_others_hold)
{
        run(take_the_only_one);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                nobody_is_refused_what_is_free,
                nobody_gets_what_others_hold,
        };

        return SUITE_RUN("quota threads", tests);
}
