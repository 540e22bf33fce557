/* SPDX-License-Identifier: MIT */
#include "core/admission.h"

#include "suite.h"
#include "support/ips.h"

#define SECOND UINT64_C(1000000000)

enum { BUCKETS = 64, NODES = 16, CHAINS = 8, RATE = 1, BURST = 2 * RATE };

static const struct siphash_key key = { .words = { 1, 2 } };
static struct access_entry entries[4];
static struct access_list access;
static _Alignas(64) bucket_word words[BUCKETS];
static struct bucket_table rate;
static struct source_node nodes[NODES];
static source_word chains[CHAINS];
static struct source_table sources;
static struct admission admission;

/* All limits, and nobody has done anything; 192.0.2.0/24 may not. */
static void start(void)
{
        struct network network = network_around(ips_parse("192.0.2.0"), NETWORK_V4_BITS + 24);

        access_init(&access, entries, 4);
        ck_assert_int_eq(access_add(&access, network, false), ACCESS_ADDED);
        bucket_init(&rate, words, BUCKETS, RATE, &key);
        source_init(&sources, nodes, NODES, chains, CHAINS, &key);
        admission = (struct admission){
                .access = &access, .rate = &rate, .sources = &sources, .max_per_source = 1
        };
}

/* Keeps what it took. */
static enum counters_refused take(const char *text, uint64_t now_ns)
{
        uint32_t source;

        return admission_take(&admission, ips_parse(text), now_ns, &source);
}

START_TEST(without_limits_everybody_may_come)
{
        uint32_t source = 0;

        admission = (struct admission){ 0 };
        for (unsigned i = 0; i < 100; i++) {
                ck_assert_int_eq(
                    admission_take(&admission, ips_parse("192.0.2.1"), SECOND, &source),
                    REFUSED_NONE);
                ck_assert_uint_eq(source, SOURCE_NONE);
        }
        admission_put(&admission, source);
}
END_TEST

START_TEST(each_limit_holds_alone)
{
        start();
        admission = (struct admission){ .access = &access };
        ck_assert_int_eq(take("192.0.2.1", SECOND), REFUSED_ACCESS);
        ck_assert_int_eq(take("192.0.3.1", SECOND), REFUSED_NONE);
        admission = (struct admission){ .rate = &rate };
        for (unsigned i = 0; i < BURST; i++)
                ck_assert_int_eq(take("192.0.2.1", SECOND), REFUSED_NONE);
        ck_assert_int_eq(take("192.0.2.1", SECOND), REFUSED_RATE);
        admission = (struct admission){ .sources = &sources, .max_per_source = 3 };
        for (unsigned i = 0; i < 3; i++)
                ck_assert_int_eq(take("192.0.2.1", SECOND), REFUSED_NONE);
        ck_assert_int_eq(take("192.0.2.1", SECOND), REFUSED_SOURCE);
}
END_TEST

START_TEST(who_may_not_come_takes_no_token_and_no_place)
{
        start();
        for (unsigned i = 0; i < BURST + 1; i++)
                ck_assert_int_eq(take("192.0.2.1", SECOND), REFUSED_ACCESS);
        ck_assert_uint_eq(source_check(&sources), 0);
        admission.access = NULL;
        ck_assert_int_eq(take("192.0.2.1", SECOND), REFUSED_NONE);
}
END_TEST

START_TEST(who_comes_too_often_takes_no_place)
{
        uint32_t source;

        start();
        for (unsigned i = 0; i < BURST; i++) {
                ck_assert_int_eq(
                    admission_take(&admission, ips_parse("198.51.100.1"), SECOND, &source),
                    REFUSED_NONE);
                admission_put(&admission, source);
        }
        ck_assert_int_eq(take("198.51.100.1", SECOND), REFUSED_RATE);
        ck_assert_uint_eq(source_check(&sources), 0);
        ck_assert_int_eq(take("198.51.100.1", 3 * SECOND), REFUSED_NONE);
}
END_TEST

START_TEST(the_rate_is_asked_before_the_source)
{
        start();
        ck_assert_int_eq(take("198.51.100.1", SECOND), REFUSED_NONE);
        for (unsigned i = 1; i < BURST; i++)
                ck_assert_int_eq(take("198.51.100.1", SECOND), REFUSED_SOURCE);
        ck_assert_int_eq(take("198.51.100.1", SECOND), REFUSED_RATE);
}
END_TEST

START_TEST(who_was_refused_has_nothing_to_give_back)
{
        static const struct {
                const char *text;
                enum counters_refused why;
        } refused[] = { { "192.0.2.1", REFUSED_ACCESS }, { "198.51.100.1", REFUSED_SOURCE } };

        start();
        ck_assert_int_eq(take("198.51.100.1", SECOND), REFUSED_NONE);
        for (unsigned i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
                uint32_t source = 0;
                ck_assert_int_eq(
                    admission_take(&admission, ips_parse(refused[i].text), SECOND, &source),
                    refused[i].why);
                ck_assert_uint_eq(source, SOURCE_NONE);
        }
}
END_TEST

START_TEST(a_place_that_was_given_back_is_to_be_had_again)
{
        uint32_t source;

        start();
        admission.rate = NULL;
        for (unsigned i = 0; i < 3; i++) {
                ck_assert_int_eq(
                    admission_take(&admission, ips_parse("2001:db8::1"), SECOND, &source),
                    REFUSED_NONE);
                ck_assert_uint_ne(source, SOURCE_NONE);
                ck_assert_int_eq(take("2001:db8::1", SECOND), REFUSED_SOURCE);
                admission_put(&admission, source);
        }
        ck_assert_uint_eq(source_check(&sources), 0);
}
END_TEST

START_TEST(a_mapped_address_is_the_same_source)
{
        start();
        ck_assert_int_eq(take("::ffff:192.0.2.1", SECOND), REFUSED_ACCESS);
        ck_assert_int_eq(take("198.51.100.1", SECOND), REFUSED_NONE);
        ck_assert_int_eq(take("::ffff:198.51.100.1", SECOND), REFUSED_SOURCE);
        ck_assert_int_eq(take("198.51.100.1", SECOND), REFUSED_RATE);
}
END_TEST

START_TEST(sources_do_not_count_for_each_other)
{
        start();
        ck_assert_int_eq(take("198.51.100.1", SECOND), REFUSED_NONE);
        ck_assert_int_eq(take("198.51.100.2", SECOND), REFUSED_NONE);
        ck_assert_int_eq(take("2001:db8:0:1::1", SECOND), REFUSED_NONE);
        ck_assert_int_eq(take("2001:db8:0:1::2", SECOND), REFUSED_SOURCE);
        ck_assert_int_eq(take("2001:db8:0:2::1", SECOND), REFUSED_NONE);
}
END_TEST

START_TEST(proxy_is_asked_for_the_lists_alone)
{
        start();
        ck_assert(!admission_allows(&admission, ips_parse("192.0.2.1")));
        for (unsigned i = 0; i < 2 * BURST; i++)
                ck_assert(admission_allows(&admission, ips_parse("198.51.100.1")));
        ck_assert_uint_eq(source_check(&sources), 0);
        ck_assert_int_eq(take("198.51.100.1", SECOND), REFUSED_NONE);
        admission = (struct admission){ 0 };
        ck_assert(admission_allows(&admission, ips_parse("192.0.2.1")));
}
END_TEST

START_TEST(refused_client_of_a_proxy_ends_by_the_name_of_the_limit)
{
        static const enum counters_refused whys[] = { REFUSED_ACCESS, REFUSED_RATE,
                                                      REFUSED_SOURCE };

        for (unsigned i = 0; i < sizeof(whys) / sizeof(whys[0]); i++)
                ck_assert_str_eq(counters_closed_name(admission_conn_end(whys[i])),
                                 counters_refused_name(whys[i]));
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                without_limits_everybody_may_come,
                each_limit_holds_alone,
                who_may_not_come_takes_no_token_and_no_place,
                who_comes_too_often_takes_no_place,
                the_rate_is_asked_before_the_source,
                who_was_refused_has_nothing_to_give_back,
                a_place_that_was_given_back_is_to_be_had_again,
                a_mapped_address_is_the_same_source,
                sources_do_not_count_for_each_other,
                proxy_is_asked_for_the_lists_alone,
                refused_client_of_a_proxy_ends_by_the_name_of_the_limit,
        };

        return SUITE_RUN("admission", tests);
}
