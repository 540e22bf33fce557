/* SPDX-License-Identifier: MIT */
#include "core/access.h"

#include <string.h>

#include "suite.h"
#include "support/ips.h"

enum { CAPACITY = 8 };

static struct access_entry entries[CAPACITY];
static struct access_list list;

static void start(void)
{
        access_init(&list, entries, CAPACITY);
}

/* The bits are those of the family. */
static struct network network(const char *text, uint32_t bits)
{
        return network_around(ips_parse(text),
                              strchr(text, ':') != NULL ? bits : NETWORK_V4_BITS + bits);
}

static void allow(const char *text, uint32_t bits)
{
        ck_assert_int_eq(access_add(&list, network(text, bits), true), ACCESS_ADDED);
}

static void deny(const char *text, uint32_t bits)
{
        ck_assert_int_eq(access_add(&list, network(text, bits), false), ACCESS_ADDED);
}

static bool allows(const char *text)
{
        return access_allows(&list, ips_parse(text));
}

START_TEST(empty_list_allows_everybody)
{
        static const struct access_list zero;

        start();
        ck_assert(allows("192.0.2.1"));
        ck_assert(allows("2001:db8::1"));
        ck_assert(access_allows(&zero, ips_parse("::")));
}
END_TEST

START_TEST(what_is_allowed_by_name_is_allowed_alone)
{
        start();
        allow("192.0.2.0", 24);
        ck_assert(allows("192.0.2.0"));
        ck_assert(allows("192.0.2.255"));
        ck_assert(!allows("192.0.1.255"));
        ck_assert(!allows("192.0.3.0"));
        ck_assert(!allows("2001:db8::1"));
}
END_TEST

START_TEST(what_is_denied_is_denied_and_nothing_else)
{
        start();
        deny("192.0.2.0", 24);
        ck_assert(!allows("192.0.2.0"));
        ck_assert(!allows("192.0.2.255"));
        ck_assert(allows("192.0.1.255"));
        ck_assert(allows("192.0.3.0"));
        ck_assert(allows("2001:db8::1"));
}
END_TEST

/* All orders of four networks within each other. */
START_TEST(longest_network_wins_in_whatever_order)
{
        static const uint32_t bits[] = { 0, 8, 16, 32 };

        for (unsigned order = 0; order < 256; order++) {
                unsigned added = 0;
                start();
                for (unsigned i = 0; i < 4; i++) {
                        unsigned next = order >> 2 * i & 3;
                        added |= 1U << next;
                        (void)access_add(&list, network("10.1.2.3", bits[next]), next % 2 == 0);
                }
                if (added != 15)
                        continue;
                ck_assert(!allows("10.1.2.3"));
                ck_assert(allows("10.1.2.4"));
                ck_assert(!allows("10.2.0.0"));
                ck_assert(allows("11.0.0.0"));
                ck_assert(!allows("::1"));
        }
}
END_TEST

START_TEST(neighbours_do_not_matter)
{
        start();
        deny("10.0.0.0", 8);
        allow("10.1.0.0", 16);
        deny("10.1.1.0", 24);
        allow("10.3.0.0", 16);
        ck_assert(!allows("10.2.0.0"));
        ck_assert(!allows("10.0.255.255"));
        ck_assert(allows("10.1.0.255"));
        ck_assert(!allows("10.1.1.255"));
        ck_assert(allows("10.1.2.0"));
        ck_assert(!allows("10.255.0.0"));
        ck_assert(!allows("9.255.255.255"));
}
END_TEST

START_TEST(mapped_address_is_judged_as_its_ipv4_address)
{
        start();
        deny("192.0.2.0", 24);
        ck_assert(!allows("::ffff:192.0.2.1"));
        ck_assert(allows("::192.0.2.1"));
}
END_TEST

/* Though they lie within its bits. */
START_TEST(all_of_ipv6_has_nothing_of_ipv4)
{
        start();
        deny("::", 0);
        ck_assert(!allows("::1"));
        ck_assert(allows("192.0.2.1"));
        ck_assert(allows("255.255.255.255"));
        allow("192.0.2.0", 24);
        ck_assert(!allows("192.0.3.1"));
        deny("192.0.2.1", 32);
        ck_assert(!allows("::ffff:0:0:0"));
}
END_TEST

START_TEST(same_network_both_ways_is_a_contradiction)
{
        start();
        allow("192.0.2.0", 24);
        deny("2001:db8::", 32);
        ck_assert_int_eq(access_add(&list, network("192.0.2.0", 24), false), ACCESS_CONTRADICTORY);
        ck_assert_int_eq(access_add(&list, network("2001:db8::", 32), true), ACCESS_CONTRADICTORY);
        ck_assert(allows("192.0.2.1"));
        ck_assert(!allows("2001:db8::1"));
        ck_assert_uint_eq(list.count, 2);
}
END_TEST

START_TEST(same_network_twice_needs_no_room)
{
        start();
        for (unsigned i = 0; i < 2 * CAPACITY; i++)
                allow("192.0.2.0", 24);
        ck_assert_uint_eq(list.count, 1);
}
END_TEST

START_TEST(full_list_says_so_and_stays_as_it_is)
{
        start();
        for (uint32_t i = 0; i < CAPACITY; i++)
                deny("10.0.0.0", 8 + i);
        ck_assert_int_eq(access_add(&list, network("10.0.0.0", 7), false), ACCESS_FULL);
        ck_assert_int_eq(access_add(&list, network("10.0.0.0", 8), false), ACCESS_ADDED);
        ck_assert_int_eq(access_add(&list, network("10.0.0.0", 8), true), ACCESS_CONTRADICTORY);
        ck_assert(allows("11.0.0.0"));
        ck_assert(!allows("10.0.0.0"));
        access_init(&list, NULL, 0);
        ck_assert_int_eq(access_add(&list, network("10.0.0.0", 8), true), ACCESS_FULL);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                empty_list_allows_everybody,
                what_is_allowed_by_name_is_allowed_alone,
                what_is_denied_is_denied_and_nothing_else,
                longest_network_wins_in_whatever_order,
                neighbours_do_not_matter,
                mapped_address_is_judged_as_its_ipv4_address,
                all_of_ipv6_has_nothing_of_ipv4,
                same_network_both_ways_is_a_contradiction,
                same_network_twice_needs_no_room,
                full_list_says_so_and_stays_as_it_is,
        };

        return SUITE_RUN("access", tests);
}
