/* SPDX-License-Identifier: MIT */
#include "core/datagram.h"

#include <string.h>

#include "suite.h"
#include "support/ips.h"

enum { PORT = 7007, OTHER_PORT = 7008, ENTRIES = 64, WORDS = 64, RATE = 10 };

#define HOUR UINT64_C(3600000000000)

static const struct siphash_key key = { { 7, 8 } };
static const struct datagram_port ports[] = { { PORT, true, true }, { OTHER_PORT, true, true } };
static const unsigned char payload[] = "hello";

static _Alignas(64) bucket_word words[WORDS];
static struct bucket_table buckets;
static struct loop_guard_entry entries[ENTRIES];
static struct loop_guard guard;
static struct ip own[4];
static struct ip broadcasts[1];
static struct access_entry access_entries[1];
static struct access_list access;
static struct datagram_rules rules;
static struct datagram datagram;

/* A datagram that nothing can be said against, and no limits. */
static void start(void)
{
        rules = (struct datagram_rules){ .ports = ports, .port_count = 2 };
        ip_set_init(&rules.own, own, 4);
        ip_set_init(&rules.broadcasts, broadcasts, 1);
        ck_assert(ip_set_add(&rules.own, ips_parse("192.0.2.1")));
        ck_assert(ip_set_add(&rules.own, ips_parse("192.0.2.2")));
        ck_assert(ip_set_add(&rules.own, ips_parse("2001:db8::1")));
        ck_assert(ip_set_add(&rules.broadcasts, ips_parse("192.0.2.255")));
        datagram = (struct datagram){
                .source = ips_parse("198.51.100.7"),
                .destination = ips_parse("192.0.2.1"),
                .payload = payload,
                .payload_size = 5,
                .source_port = 40000,
        };
}

static void start_limited(void)
{
        start();
        bucket_init(&buckets, words, WORDS, RATE, &key);
        loop_guard_init(&guard, entries, ENTRIES, &key);
        rules.buckets = &buckets;
        rules.guard = &guard;
}

static void start_denying(const char *text, uint32_t bits)
{
        start_limited();
        access_init(&access, access_entries, 1);
        ck_assert_int_eq(access_add(&access, network_around(ips_parse(text), bits), false),
                         ACCESS_ADDED);
        rules.access = &access;
}

static enum datagram_drop decide(void)
{
        return datagram_decide(&datagram, &rules, HOUR);
}

static enum datagram_drop decide_from(const char *source)
{
        datagram.source = ips_parse(source);
        return decide();
}

static enum datagram_drop decide_from_port(uint16_t port)
{
        datagram.source_port = port;
        return decide();
}

static enum datagram_drop decide_to(const char *destination)
{
        datagram.destination = ips_parse(destination);
        return decide();
}

START_TEST(a_client_is_answered)
{
        start();
        ck_assert_int_eq(decide(), DATAGRAM_DROP_NONE);
        ck_assert_int_eq(decide_from("203.0.113.1"), DATAGRAM_DROP_NONE);
        ck_assert_int_eq(decide_from("127.0.0.1"), DATAGRAM_DROP_NONE);
        ck_assert_int_eq(decide_from("2001:db8::2"), DATAGRAM_DROP_NONE);
        ck_assert_int_eq(decide_from("::1"), DATAGRAM_DROP_NONE);
        ck_assert_int_eq(decide_from("fe80::1"), DATAGRAM_DROP_NONE);
}
END_TEST

START_TEST(no_payload_is_a_payload)
{
        start_limited();
        datagram.payload = NULL;
        datagram.payload_size = 0;
        ck_assert_int_eq(decide(), DATAGRAM_DROP_NONE);
}
END_TEST

START_TEST(what_is_not_whole_is_dropped)
{
        start();
        datagram.is_truncated = true;
        ck_assert_int_eq(decide(), DATAGRAM_DROP_TRUNCATED);
}
END_TEST

START_TEST(sources_that_nobody_has_are_dropped)
{
        start();
        ck_assert_int_eq(decide_from("0.0.0.0"), DATAGRAM_DROP_UNSPECIFIED_SOURCE);
        ck_assert_int_eq(decide_from("0.1.2.3"), DATAGRAM_DROP_UNSPECIFIED_SOURCE);
        ck_assert_int_eq(decide_from("::"), DATAGRAM_DROP_UNSPECIFIED_SOURCE);
        ck_assert_int_eq(decide_from("224.0.0.1"), DATAGRAM_DROP_MULTICAST_SOURCE);
        ck_assert_int_eq(decide_from("ff02::1"), DATAGRAM_DROP_MULTICAST_SOURCE);
        ck_assert_int_eq(decide_from("255.255.255.255"), DATAGRAM_DROP_BROADCAST_SOURCE);
        ck_assert_int_eq(decide_from("192.0.2.255"), DATAGRAM_DROP_BROADCAST_SOURCE);
        ck_assert_int_eq(decide_from("192.0.2.254"), DATAGRAM_DROP_NONE);
}
END_TEST

START_TEST(mapped_sources_fare_no_better)
{
        start();
        ck_assert_int_eq(decide_from("::ffff:0.0.0.0"), DATAGRAM_DROP_UNSPECIFIED_SOURCE);
        ck_assert_int_eq(decide_from("::ffff:224.0.0.1"), DATAGRAM_DROP_MULTICAST_SOURCE);
        ck_assert_int_eq(decide_from("::ffff:255.255.255.255"), DATAGRAM_DROP_BROADCAST_SOURCE);
        ck_assert_int_eq(decide_from("::ffff:192.0.2.255"), DATAGRAM_DROP_BROADCAST_SOURCE);
        datagram.source_port = PORT;
        ck_assert_int_eq(decide_from("::ffff:192.0.2.1"), DATAGRAM_DROP_SELF);
}
END_TEST

START_TEST(what_was_sent_to_many_is_dropped)
{
        start();
        ck_assert_int_eq(decide_to("224.0.0.1"), DATAGRAM_DROP_MULTICAST);
        ck_assert_int_eq(decide_to("::ffff:224.0.0.1"), DATAGRAM_DROP_MULTICAST);
        ck_assert_int_eq(decide_to("ff02::1"), DATAGRAM_DROP_MULTICAST);
        ck_assert_int_eq(decide_to("255.255.255.255"), DATAGRAM_DROP_BROADCAST);
        ck_assert_int_eq(decide_to("192.0.2.255"), DATAGRAM_DROP_BROADCAST);
        ck_assert_int_eq(decide_to("::ffff:192.0.2.255"), DATAGRAM_DROP_BROADCAST);
        ck_assert_int_eq(decide_to("192.0.2.2"), DATAGRAM_DROP_NONE);
        datagram.is_broadcast = true;
        ck_assert_int_eq(decide(), DATAGRAM_DROP_BROADCAST);
}
END_TEST

START_TEST(port_zero_is_dropped_also_where_low_ports_are_granted)
{
        start();
        ck_assert_int_eq(decide_from_port(0), DATAGRAM_DROP_PORT_ZERO);
        rules.grants_low_ports = true;
        ck_assert_int_eq(decide_from_port(0), DATAGRAM_DROP_PORT_ZERO);
}
END_TEST

START_TEST(ports_of_services_are_dropped_unless_granted)
{
        start();
        for (unsigned port = 1; port <= UINT16_MAX; port++) {
                bool is_low = port < 1024 || port == 2049;
                rules.grants_low_ports = false;
                ck_assert_int_eq(decide_from_port((uint16_t)port),
                                 is_low ? DATAGRAM_DROP_LOW_PORT : DATAGRAM_DROP_NONE);
                rules.grants_low_ports = true;
                ck_assert_int_eq(decide_from_port((uint16_t)port), DATAGRAM_DROP_NONE);
        }
}
END_TEST

START_TEST(our_own_sockets_are_not_answered)
{
        static const char *const ours[] = { "192.0.2.1", "192.0.2.2", "2001:db8::1",
                                            "127.0.0.1", "127.9.9.9", "127.255.255.254",
                                            "::1" };

        start();
        for (unsigned i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
                datagram.source = ips_parse(ours[i]);
                ck_assert_int_eq(decide_from_port(PORT), DATAGRAM_DROP_SELF);
                ck_assert_int_eq(decide_from_port(OTHER_PORT), DATAGRAM_DROP_SELF);
                ck_assert_int_eq(decide_from_port(PORT + 2), DATAGRAM_DROP_NONE);
        }
}
END_TEST

/* On this host too: a port of IPv6 that is ours may be any client's of IPv4. */
START_TEST(ports_of_the_other_family_are_not_ours)
{
        static const struct datagram_port of_one[] = { { PORT, true, false },
                                                       { OTHER_PORT, false, true } };

        start();
        rules.ports = of_one;
        datagram.source = ips_parse("127.0.0.1");
        ck_assert_int_eq(decide_from_port(PORT), DATAGRAM_DROP_SELF);
        ck_assert_int_eq(decide_from_port(OTHER_PORT), DATAGRAM_DROP_NONE);
        datagram.source = ips_parse("::1");
        ck_assert_int_eq(decide_from_port(PORT), DATAGRAM_DROP_NONE);
        ck_assert_int_eq(decide_from_port(OTHER_PORT), DATAGRAM_DROP_SELF);
}
END_TEST

START_TEST(other_hosts_may_have_our_port)
{
        start();
        ck_assert_int_eq(decide_from_port(PORT), DATAGRAM_DROP_NONE);
        ck_assert_int_eq(decide_from_port(OTHER_PORT), DATAGRAM_DROP_NONE);
}
END_TEST

/* An address that came after the start is in no set, but a loop with ourselves shows it. */
START_TEST(source_that_is_the_destination_is_ourselves)
{
        start();
        datagram.source = ips_parse("198.51.100.99");
        datagram.destination = ips_parse("::ffff:198.51.100.99");
        ck_assert_int_eq(decide(), DATAGRAM_DROP_NONE);
        ck_assert_int_eq(decide_from_port(PORT), DATAGRAM_DROP_SELF);
}
END_TEST

START_TEST(who_may_not_come_is_dropped_however_it_is_told)
{
        start_denying("198.51.100.0", NETWORK_V4_BITS + 24);
        ck_assert_int_eq(decide(), DATAGRAM_DROP_ACCESS);
        ck_assert_int_eq(decide_from("::ffff:198.51.100.7"), DATAGRAM_DROP_ACCESS);
        ck_assert_int_eq(decide_from("198.51.101.7"), DATAGRAM_DROP_NONE);
        ck_assert_int_eq(decide_from("2001:db8::2"), DATAGRAM_DROP_NONE);
}
END_TEST

START_TEST(who_may_not_come_takes_no_token_and_does_not_count_as_a_repeat)
{
        start_denying("198.51.100.0", NETWORK_V4_BITS + 24);
        for (unsigned i = 0; i < 2000; i++)
                ck_assert_int_eq(decide(), DATAGRAM_DROP_ACCESS);
        rules.access = NULL;
        for (unsigned i = 0; i < 2 * RATE; i++)
                ck_assert_int_eq(decide(), DATAGRAM_DROP_NONE);
        ck_assert_int_eq(decide(), DATAGRAM_DROP_RATE);
}
END_TEST

START_TEST(more_than_the_rate_is_dropped)
{
        start_limited();
        for (unsigned i = 0; i < 2 * RATE; i++)
                ck_assert_int_eq(decide(), DATAGRAM_DROP_NONE);
        ck_assert_int_eq(decide(), DATAGRAM_DROP_RATE);
        ck_assert_int_eq(decide_from("::ffff:198.51.100.7"), DATAGRAM_DROP_RATE);
        ck_assert_int_eq(decide_from("198.51.100.8"), DATAGRAM_DROP_NONE);
}
END_TEST

START_TEST(what_is_refused_by_its_looks_takes_no_token)
{
        start_limited();
        for (unsigned i = 0; i < 100; i++)
                ck_assert_int_eq(decide_from_port(53), DATAGRAM_DROP_LOW_PORT);
        ck_assert_int_eq(decide_from_port(40000), DATAGRAM_DROP_NONE);
}
END_TEST

START_TEST(a_loop_is_broken)
{
        start_limited();
        rules.buckets = NULL;
        for (unsigned i = 0; i < LOOP_GUARD_REPEATS + LOOP_GUARD_INTERVAL; i++)
                ck_assert_int_eq(decide(), DATAGRAM_DROP_NONE);
        ck_assert_int_eq(decide(), DATAGRAM_DROP_LOOP);
        ck_assert_int_eq(decide(), DATAGRAM_DROP_NONE);
}
END_TEST

START_TEST(what_the_rate_drops_does_not_count_as_a_repeat)
{
        start_limited();
        for (unsigned i = 0; i < 2 * RATE; i++)
                ck_assert_int_eq(decide(), DATAGRAM_DROP_NONE);
        for (unsigned i = 0; i < 2000; i++)
                ck_assert_int_eq(decide(), DATAGRAM_DROP_RATE);
        rules.buckets = NULL;
        for (unsigned i = 2 * RATE; i < LOOP_GUARD_REPEATS + LOOP_GUARD_INTERVAL; i++)
                ck_assert_int_eq(decide(), DATAGRAM_DROP_NONE);
        ck_assert_int_eq(decide(), DATAGRAM_DROP_LOOP);
}
END_TEST

START_TEST(without_rules_only_looks_count)
{
        start();
        rules = (struct datagram_rules){ .ports = NULL };
        ck_assert_int_eq(decide_from_port(PORT), DATAGRAM_DROP_NONE);
        ck_assert_int_eq(decide_from_port(80), DATAGRAM_DROP_LOW_PORT);
        ck_assert_int_eq(decide_from("192.0.2.255"), DATAGRAM_DROP_LOW_PORT);
        ck_assert_int_eq(decide_from("224.0.0.1"), DATAGRAM_DROP_MULTICAST_SOURCE);
}
END_TEST

/* Everything is wrong at first, and put right in the order of the checks. */
START_TEST(the_first_reason_counts)
{
        start_denying("198.51.100.0", NETWORK_V4_BITS + 24);
        datagram.is_truncated = true;
        datagram.is_broadcast = true;
        datagram.destination = ips_parse("224.0.0.1");
        datagram.source = ips_parse("0.0.0.0");
        ck_assert_int_eq(decide_from_port(0), DATAGRAM_DROP_TRUNCATED);
        datagram.is_truncated = false;
        ck_assert_int_eq(decide(), DATAGRAM_DROP_PORT_ZERO);
        ck_assert_int_eq(decide_from_port(7), DATAGRAM_DROP_UNSPECIFIED_SOURCE);
        ck_assert_int_eq(decide_from("224.0.0.1"), DATAGRAM_DROP_MULTICAST_SOURCE);
        ck_assert_int_eq(decide_from("255.255.255.255"), DATAGRAM_DROP_BROADCAST_SOURCE);
        ck_assert_int_eq(decide_from("192.0.2.1"), DATAGRAM_DROP_MULTICAST);
        ck_assert_int_eq(decide_to("192.0.2.1"), DATAGRAM_DROP_BROADCAST);
        datagram.is_broadcast = false;
        rules.ports = (const struct datagram_port[]){ { 7, true, true } };
        rules.port_count = 1;
        ck_assert_int_eq(decide(), DATAGRAM_DROP_SELF);
        ck_assert_int_eq(decide_from("198.51.100.7"), DATAGRAM_DROP_LOW_PORT);
        datagram.source_port = 40000;
        ck_assert_int_eq(decide(), DATAGRAM_DROP_ACCESS);
        rules.access = NULL;
        while (decide() == DATAGRAM_DROP_NONE)
                continue;
        ck_assert_int_eq(decide(), DATAGRAM_DROP_RATE);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                a_client_is_answered,
                no_payload_is_a_payload,
                what_is_not_whole_is_dropped,
                sources_that_nobody_has_are_dropped,
                mapped_sources_fare_no_better,
                what_was_sent_to_many_is_dropped,
                port_zero_is_dropped_also_where_low_ports_are_granted,
                ports_of_services_are_dropped_unless_granted,
                our_own_sockets_are_not_answered,
                ports_of_the_other_family_are_not_ours,
                other_hosts_may_have_our_port,
                source_that_is_the_destination_is_ourselves,
                who_may_not_come_is_dropped_however_it_is_told,
                who_may_not_come_takes_no_token_and_does_not_count_as_a_repeat,
                more_than_the_rate_is_dropped,
                what_is_refused_by_its_looks_takes_no_token,
                a_loop_is_broken,
                what_the_rate_drops_does_not_count_as_a_repeat,
                without_rules_only_looks_count,
                the_first_reason_counts,
        };

        return SUITE_RUN("datagram", tests);
}
