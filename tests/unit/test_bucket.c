/* SPDX-License-Identifier: MIT */
#include "core/bucket.h"

#include <string.h>

#include "suite.h"
#include "support/ips.h"

#define SECOND UINT64_C(1000000000)
#define HOUR (3600 * SECOND)

enum { WORDS = 64 * BUCKET_WAYS, TAKES_MAX = 4000000 };

static const struct siphash_key key = { { 1, 2 } };
static const uint32_t rates[] = { 1, 2, 3, 7, 10, 999, 1000, 1024 };
enum { RATES = sizeof(rates) / sizeof(rates[0]) };

static _Alignas(64) bucket_word words[WORDS];
static struct bucket_table table;
static struct ip client;

static void start(uint32_t rate)
{
        bucket_init(&table, words, WORDS, rate, &key);
        client = ips_parse("192.0.2.1");
}

/* As many as there are. */
static uint32_t drain(struct ip ip, uint64_t now_ns)
{
        uint32_t count = 0;

        while (count < TAKES_MAX && bucket_take(&table, ip, now_ns))
                count++;
        return count;
}

START_TEST(a_new_source_has_twice_the_rate)
{
        for (unsigned i = 0; i < RATES; i++) {
                start(rates[i]);
                ck_assert_uint_eq(drain(client, HOUR + 123), 2 * rates[i]);
                ck_assert_uint_eq(drain(client, HOUR + 123), 0);
        }
}
END_TEST

START_TEST(time_may_begin_at_zero)
{
        start(5);
        ck_assert_uint_eq(drain(client, 0), 10);
        ck_assert_uint_eq(drain(client, SECOND), 5);
}
END_TEST

/* Rates that divide a second: the token is there at the ns at which it is due, and not before. */
START_TEST(one_token_comes_when_it_is_due_and_never_before)
{
        static const uint32_t exact[] = { 1, 2, 5, 8, 1000, 1000000 };

        for (unsigned i = 0; i < sizeof(exact) / sizeof(exact[0]); i++) {
                uint64_t period_ns = SECOND / exact[i];
                start(exact[i]);
                uint64_t now_ns = HOUR + 987654321;
                drain(client, now_ns);
                for (unsigned token = 0; token < 50; token++) {
                        ck_assert(!bucket_take(&table, client, now_ns + period_ns - 1));
                        now_ns += period_ns;
                        ck_assert(bucket_take(&table, client, now_ns));
                        ck_assert(!bucket_take(&table, client, now_ns));
                }
        }
}
END_TEST

/* Rates that do not: never late, at most 1 ns early, and no error adds up. */
START_TEST(token_of_an_odd_rate_is_early_by_a_nanosecond_at_most)
{
        static const uint32_t odd[] = { 3, 7, 999, 999983 };

        for (unsigned i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
                start(odd[i]);
                uint64_t start_ns = HOUR + 13;
                drain(client, start_ns);
                for (uint64_t token = 1; token < 3000; token++) {
                        uint64_t due_ns = start_ns + (token * SECOND + odd[i] - 1) / odd[i];
                        ck_assert(!bucket_take(&table, client, due_ns - 2));
                        ck_assert(bucket_take(&table, client, due_ns));
                }
        }
}
END_TEST

START_TEST(highest_rate_gives_a_token_every_nanosecond)
{
        uint32_t taken = 0;

        start(BUCKET_RATE_MAX);
        for (uint64_t i = 0; i < 10000; i++)
                taken += bucket_take(&table, client, HOUR + i);
        ck_assert_uint_eq(taken, 10000);
}
END_TEST

START_TEST(an_idle_source_fills_up_to_twice_the_rate_and_no_further)
{
        static const uint64_t idle_ns[] = { 2 * SECOND, 3 * SECOND,     60 * SECOND,
                                            HOUR,       1000000 * HOUR, UINT64_C(1) << 40 };

        for (unsigned i = 0; i < sizeof(idle_ns) / sizeof(idle_ns[0]); i++) {
                start(1000);
                drain(client, HOUR);
                ck_assert_uint_eq(drain(client, HOUR + idle_ns[i]), 2000);
        }
        start(1000);
        drain(client, HOUR);
        ck_assert_uint_eq(drain(client, HOUR + 2 * SECOND - 1), 1999);
}
END_TEST

START_TEST(a_refused_token_is_not_taken)
{
        start(10);
        drain(client, HOUR);
        for (unsigned i = 0; i < 1000; i++)
                ck_assert(!bucket_take(&table, client, HOUR + SECOND / 10 - 1));
        ck_assert(bucket_take(&table, client, HOUR + SECOND / 10));
}
END_TEST

START_TEST(sources_do_not_share)
{
        start(10);
        ck_assert_uint_eq(drain(ips_parse("192.0.2.1"), HOUR), 20);
        ck_assert_uint_eq(drain(ips_parse("192.0.2.2"), HOUR), 20);
        ck_assert_uint_eq(drain(ips_parse("2001:db8::1"), HOUR), 20);
        ck_assert_uint_eq(drain(ips_parse("2001:db8:0:1::1"), HOUR), 20);
        ck_assert_uint_eq(drain(ips_parse("::192.0.2.1"), HOUR), 20);
}
END_TEST

START_TEST(all_of_a_prefix_share)
{
        start(10);
        ck_assert_uint_eq(drain(ips_parse("2001:db8::1"), HOUR), 20);
        ck_assert_uint_eq(drain(ips_parse("2001:db8::2:0:0:3"), HOUR), 0);
        ck_assert_uint_eq(drain(ips_parse("192.0.2.1"), HOUR), 20);
        ck_assert_uint_eq(drain(ips_parse("::ffff:192.0.2.1"), HOUR), 0);
}
END_TEST

START_TEST(a_clock_that_is_behind_gets_no_more)
{
        start(1000);
        drain(client, HOUR);
        ck_assert_uint_eq(drain(client, HOUR - 2 * SECOND), 0);
        ck_assert_uint_eq(drain(client, HOUR), 0);
        ck_assert_uint_eq(drain(client, HOUR + SECOND), 1000);
}
END_TEST

START_TEST(what_the_memory_held_before_does_not_matter)
{
        memset(words, 0xa5, sizeof(words));
        start(10);
        ck_assert_uint_eq(drain(client, HOUR), 20);
}
END_TEST

/* Numbers of sources in one set, the smallest table. */
static struct ip source_number(uint32_t number)
{
        return ip_from_v4((struct in_addr){ .s_addr = htonl(UINT32_C(10) << 24 | number) });
}

static void start_smallest(uint32_t rate)
{
        start(rate);
        bucket_init(&table, words, BUCKET_WAYS, rate, &key);
}

START_TEST(a_set_remembers_as_many_as_it_has_words)
{
        start_smallest(10);
        for (uint32_t i = 0; i < BUCKET_WAYS; i++)
                ck_assert_uint_eq(drain(source_number(i), HOUR), 20);
        for (uint32_t i = 0; i < BUCKET_WAYS; i++)
                ck_assert_uint_eq(drain(source_number(i), HOUR), 0);
}
END_TEST

START_TEST(a_newcomer_in_a_full_set_is_not_refused)
{
        start_smallest(10);
        for (uint32_t i = 0; i < 1000; i++)
                ck_assert_uint_eq(drain(source_number(i), HOUR), 20);
}
END_TEST

START_TEST(who_lacks_least_is_forgotten_and_has_all_again)
{
        start_smallest(10);
        for (uint32_t i = 0; i < BUCKET_WAYS; i++)
                for (uint32_t taken = 0; taken < (i == 3 ? 5U : 20U); taken++)
                        ck_assert(bucket_take(&table, source_number(i), HOUR));
        ck_assert_uint_eq(drain(source_number(100), HOUR), 20);
        for (uint32_t i = 0; i < BUCKET_WAYS; i++)
                if (i != 3)
                        ck_assert_uint_eq(drain(source_number(i), HOUR), 0);
        ck_assert_uint_eq(drain(source_number(3), HOUR), 20);
}
END_TEST

/* A flood of sources that are seen once each lacks little: it does not free who lacks all. */
START_TEST(a_flood_of_others_does_not_free_the_greedy)
{
        start_smallest(1000);
        for (uint64_t second = 0; second < 20; second++) {
                uint32_t got = 0;
                uint32_t others = 0;
                for (uint64_t i = 0; i < 10000; i++) {
                        uint64_t now_ns = HOUR + second * SECOND + i * SECOND / 10000;
                        got += bucket_take(&table, client, now_ns);
                        uint32_t number = (uint32_t)(second * 10000 + i);
                        others += bucket_take(&table, source_number(number), now_ns);
                }
                ck_assert_uint_eq(others, 10000);
                ck_assert_uint_le(got, second == 0 ? 3000 : 1000);
                ck_assert_uint_ge(got, second == 0 ? 2999 : 1000);
        }
}
END_TEST

START_TEST(who_is_full_again_makes_room_for_others)
{
        start_smallest(10);
        for (uint32_t i = 0; i < BUCKET_WAYS; i++)
                drain(source_number(i), HOUR);
        for (uint32_t i = 0; i < BUCKET_WAYS; i++)
                ck_assert_uint_eq(drain(source_number(100 + i), HOUR + 2 * SECOND), 20);
        for (uint32_t i = 0; i < BUCKET_WAYS; i++)
                ck_assert_uint_eq(drain(source_number(100 + i), HOUR + 2 * SECOND), 0);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                a_new_source_has_twice_the_rate,
                time_may_begin_at_zero,
                one_token_comes_when_it_is_due_and_never_before,
                token_of_an_odd_rate_is_early_by_a_nanosecond_at_most,
                highest_rate_gives_a_token_every_nanosecond,
                an_idle_source_fills_up_to_twice_the_rate_and_no_further,
                a_refused_token_is_not_taken,
                sources_do_not_share,
                all_of_a_prefix_share,
                a_clock_that_is_behind_gets_no_more,
                what_the_memory_held_before_does_not_matter,
                a_set_remembers_as_many_as_it_has_words,
                a_newcomer_in_a_full_set_is_not_refused,
                who_lacks_least_is_forgotten_and_has_all_again,
                a_flood_of_others_does_not_free_the_greedy,
                who_is_full_again_makes_room_for_others,
        };

        return SUITE_RUN("bucket", tests);
}
