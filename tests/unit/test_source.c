/* SPDX-License-Identifier: MIT */
#include "core/source.h"

#include <string.h>

#include "suite.h"
#include "support/ips.h"

enum { CONNECTIONS = 16, NODES = CONNECTIONS + SOURCE_NODES_PER_THREAD, CHAINS = 4 };

static const struct siphash_key key = { { 5, 6 } };
static struct source_node nodes[NODES];
static source_word chains[CHAINS];
static struct source_table table;

static void start(uint32_t chain_count)
{
        memset(nodes, 0xa5, sizeof(nodes));
        memset(chains, 0xa5, sizeof(chains));
        source_init(&table, nodes, NODES, chains, chain_count, &key);
}

static struct ip source_number(uint32_t number)
{
        return ip_from_v4((struct in_addr){ .s_addr = htonl(UINT32_C(10) << 24 | number) });
}

static uint32_t taken(struct ip ip, uint32_t most)
{
        uint32_t index = UINT32_MAX;

        ck_assert(source_take(&table, ip, most, &index));
        ck_assert_uint_lt(index, NODES);
        return index;
}

static void refused(struct ip ip, uint32_t most)
{
        uint32_t index = 12345;

        ck_assert(!source_take(&table, ip, most, &index));
        ck_assert_uint_eq(index, 12345);
}

START_TEST(nobody_has_a_connection_at_first)
{
        start(CHAINS);
        ck_assert_uint_eq(source_check(&table), 0);
}
END_TEST

START_TEST(source_has_as_many_as_allowed_and_no_more)
{
        struct ip ip = ips_parse("192.0.2.1");

        start(CHAINS);
        for (uint32_t most = 1; most <= 5; most++) {
                (void)taken(ip, most);
                refused(ip, most);
                ck_assert_uint_eq(source_check(&table), 1);
        }
}
END_TEST

START_TEST(place_that_is_given_back_can_be_taken_again)
{
        struct ip ip = ips_parse("192.0.2.1");

        start(CHAINS);
        (void)taken(ip, 2);
        for (unsigned i = 0; i < 1000; i++) {
                uint32_t index = taken(ip, 2);
                refused(ip, 2);
                source_put(&table, index);
        }
        ck_assert_uint_eq(source_check(&table), 1);
}
END_TEST

START_TEST(limit_may_fall_below_what_is_held)
{
        struct ip ip = ips_parse("192.0.2.1");
        uint32_t index = 0;

        start(CHAINS);
        for (uint32_t i = 0; i < 5; i++)
                index = taken(ip, 5);
        for (uint32_t i = 0; i < 3; i++) {
                refused(ip, 2);
                source_put(&table, index);
        }
        refused(ip, 2);
        source_put(&table, index);
        (void)taken(ip, 2);
}
END_TEST

START_TEST(all_of_a_prefix_share_one_count)
{
        start(CHAINS);
        uint32_t index = taken(ips_parse("2001:db8::1"), 2);
        ck_assert_uint_eq(taken(ips_parse("2001:db8::2:0:0:3"), 2), index);
        refused(ips_parse("2001:db8::4"), 2);
        (void)taken(ips_parse("2001:db8:0:1::1"), 1);
        ck_assert_uint_eq(source_check(&table), 2);
}
END_TEST

START_TEST(mapped_address_counts_as_its_ipv4_address)
{
        start(CHAINS);
        uint32_t index = taken(ips_parse("192.0.2.1"), 2);
        ck_assert_uint_eq(taken(ips_parse("::ffff:192.0.2.1"), 2), index);
        refused(ips_parse("192.0.2.1"), 2);
        (void)taken(ips_parse("::192.0.2.1"), 1);
        (void)taken(ips_parse("192.0.2.2"), 1);
        ck_assert_uint_eq(source_check(&table), 3);
}
END_TEST

/* In one chain, in whatever order they leave. */
START_TEST(every_connection_may_be_of_another_source)
{
        uint32_t indexes[CONNECTIONS];

        for (uint32_t step = 1; step < CONNECTIONS; step += 2) {
                start(1);
                for (uint32_t i = 0; i < CONNECTIONS; i++)
                        indexes[i] = taken(source_number(i), 1);
                ck_assert_uint_eq(source_check(&table), CONNECTIONS);
                for (uint32_t i = 0; i < CONNECTIONS; i++) {
                        refused(source_number(i * step % CONNECTIONS), 1);
                        source_put(&table, indexes[i * step % CONNECTIONS]);
                        ck_assert_uint_eq(source_check(&table), CONNECTIONS - 1 - i);
                }
        }
}
END_TEST

START_TEST(node_serves_one_source_after_the_other)
{
        start(1);
        for (uint32_t i = 0; i < 100 * NODES; i++)
                source_put(&table, taken(source_number(i), 1));
        ck_assert_uint_eq(source_check(&table), 0);
}
END_TEST

START_TEST(node_is_half_a_cache_line)
{
        ck_assert_uint_eq(sizeof(struct source_node), 32);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                nobody_has_a_connection_at_first,
                source_has_as_many_as_allowed_and_no_more,
                place_that_is_given_back_can_be_taken_again,
                limit_may_fall_below_what_is_held,
                all_of_a_prefix_share_one_count,
                mapped_address_counts_as_its_ipv4_address,
                every_connection_may_be_of_another_source,
                node_serves_one_source_after_the_other,
                node_is_half_a_cache_line,
        };

        return SUITE_RUN("source", tests);
}
