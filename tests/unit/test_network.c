/* SPDX-License-Identifier: MIT */
#include "core/network.h"

#include "suite.h"
#include "support/ips.h"

static struct network around(const char *text, uint32_t bits)
{
        return network_around(ips_parse(text), bits);
}

START_TEST(network_around_an_address_has_zeros_behind_its_bits)
{
        struct network network = around("2001:db8:1:2:3:4:5:6", 48);

        ck_assert(ip_is_equal(network.ip, ips_parse("2001:db8:1::")));
        ck_assert_uint_eq(network.bits, 48);
        ck_assert(ip_is_equal(around("192.0.2.129", 96 + 25).ip, ips_parse("192.0.2.128")));
        ck_assert(ip_is_equal(around("ffff::ffff", 0).ip, ips_parse("::")));
        ck_assert(ip_is_equal(around("1:2:3:4:5:6:7:8", 64).ip, ips_parse("1:2:3:4::")));
        ck_assert(ip_is_equal(around("1:2:3:4:8000::8", 65).ip, ips_parse("1:2:3:4:8000::")));
        ck_assert(ip_is_equal(around("1:2:3:5::", 63).ip, ips_parse("1:2:3:4::")));
        ck_assert(ip_is_equal(around("1::8", 128).ip, ips_parse("1::8")));
}
END_TEST

START_TEST(network_has_what_begins_like_it)
{
        ck_assert(network_has(around("192.0.2.0", 96 + 24), ips_parse("192.0.2.255")));
        ck_assert(!network_has(around("192.0.2.0", 96 + 24), ips_parse("192.0.3.0")));
        ck_assert(network_has(around("192.0.2.1", 128), ips_parse("192.0.2.1")));
        ck_assert(!network_has(around("192.0.2.1", 128), ips_parse("192.0.2.0")));
        ck_assert(network_has(around("2001:db8::", 32), ips_parse("2001:db8:ffff::1")));
        ck_assert(!network_has(around("2001:db8::", 32), ips_parse("2001:db9::1")));
}
END_TEST

START_TEST(network_of_one_family_has_no_address_of_the_other)
{
        ck_assert(network_has(around("::", 0), ips_parse("2001:db8::1")));
        ck_assert(!network_has(around("::", 0), ips_parse("192.0.2.1")));
        ck_assert(!network_has(around("::", 80), ips_parse("::ffff:192.0.2.1")));
        ck_assert(!network_has(around("::", 95), ips_parse("0.0.0.0")));
        ck_assert(network_has(around("0.0.0.0", 96), ips_parse("::ffff:192.0.2.1")));
        ck_assert(!network_has(around("0.0.0.0", 96), ips_parse("::192.0.2.1")));
        ck_assert(!network_has(around("0.0.0.0", 96), ips_parse("2001:db8::1")));
}
END_TEST

START_TEST(only_a_network_of_mapped_addresses_is_ipv4)
{
        ck_assert(network_is_v4(around("192.0.2.1", 128)));
        ck_assert(network_is_v4(around("0.0.0.0", 96)));
        ck_assert(!network_is_v4(around("0.0.0.0", 95)));
        ck_assert(!network_is_v4(around("::", 96)));
        ck_assert(!network_is_v4(around("2001:db8::", 128)));
}
END_TEST

START_TEST(networks_are_equal_if_both_parts_are)
{
        ck_assert(network_is_equal(around("192.0.2.0", 120), around("192.0.2.9", 120)));
        ck_assert(!network_is_equal(around("192.0.2.0", 120), around("192.0.2.0", 121)));
        ck_assert(!network_is_equal(around("192.0.2.0", 120), around("192.0.3.0", 120)));
}
END_TEST

START_TEST(network_contains_itself_and_what_is_longer_and_alike)
{
        ck_assert(network_contains(around("192.0.2.0", 120), around("192.0.2.0", 120)));
        ck_assert(network_contains(around("192.0.2.0", 120), around("192.0.2.128", 121)));
        ck_assert(!network_contains(around("192.0.2.0", 120), around("192.0.2.0", 119)));
        ck_assert(!network_contains(around("192.0.2.0", 120), around("192.0.3.0", 121)));
        ck_assert(network_contains(around("::", 0), around("192.0.2.0", 120)));
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                network_around_an_address_has_zeros_behind_its_bits,
                network_has_what_begins_like_it,
                network_of_one_family_has_no_address_of_the_other,
                only_a_network_of_mapped_addresses_is_ipv4,
                networks_are_equal_if_both_parts_are,
                network_contains_itself_and_what_is_longer_and_alike,
        };

        return SUITE_RUN("network", tests);
}
