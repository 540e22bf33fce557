/* SPDX-License-Identifier: MIT */
#include "core/ip.h"

#include <string.h>

#include "suite.h"
#include "support/ips.h"

static bool are_equal(const char *a, const char *b)
{
        return ip_is_equal(ips_parse(a), ips_parse(b));
}

static bool share_prefix(const char *a, const char *b)
{
        return ip_is_equal(ip_prefix(ips_parse(a)), ip_prefix(ips_parse(b)));
}

START_TEST(bits_stand_in_the_order_of_the_text)
{
        struct ip v6 = ips_parse("2001:db8:3:4:5:6:7:89ab");
        struct ip v4 = ips_parse("192.0.2.1");

        ck_assert_uint_eq(v6.high, 0x20010db800030004);
        ck_assert_uint_eq(v6.low, 0x00050006000789ab);
        ck_assert_uint_eq(v4.high, 0);
        ck_assert_uint_eq(v4.low, 0x0000ffffc0000201);
}
END_TEST

START_TEST(mapped_address_is_its_ipv4_address)
{
        ck_assert(are_equal("::ffff:192.0.2.1", "192.0.2.1"));
        ck_assert(are_equal("::ffff:0.0.0.0", "0.0.0.0"));
        ck_assert(are_equal("::ffff:255.255.255.255", "255.255.255.255"));
        ck_assert(ip_is_v4(ips_parse("::ffff:192.0.2.1")));
        ck_assert(ip_is_v4(ips_parse("192.0.2.1")));
}
END_TEST

START_TEST(other_addresses_that_embed_an_ipv4_address_are_not_it)
{
        static const char *const texts[] = {
                "::192.0.2.1",           "::ffff:0:192.0.2.1",  "::fffe:192.0.2.1",
                "::1:ffff:192.0.2.1",    "1::ffff:192.0.2.1",   "64:ff9b::192.0.2.1",
                "2002:c000:201::ffff:0", "::1:ffff:c000:201:0",
        };

        for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
                ck_assert(!are_equal(texts[i], "192.0.2.1"));
                ck_assert(!ip_is_v4(ips_parse(texts[i])));
        }
}
END_TEST

START_TEST(each_bit_makes_another_address)
{
        struct ip ip = ips_parse("2001:db8::1");

        for (unsigned bit = 0; bit < 64; bit++) {
                struct ip other = { .high = ip.high ^ UINT64_C(1) << bit, .low = ip.low };
                ck_assert(!ip_is_equal(ip, other));
                other = (struct ip){ .high = ip.high, .low = ip.low ^ UINT64_C(1) << bit };
                ck_assert(!ip_is_equal(ip, other));
        }
}
END_TEST

START_TEST(addresses_come_in_the_order_of_their_bits)
{
        static const char *const texts[] = { "::",        "::1",       "0.0.0.0", "192.0.2.1",
                                             "192.0.3.0", "0:0:0:1::", "1::",     "ffff::" };

        for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                for (unsigned j = 0; j < sizeof(texts) / sizeof(texts[0]); j++)
                        ck_assert_int_eq(ip_is_before(ips_parse(texts[i]), ips_parse(texts[j])),
                                         i < j);
}
END_TEST

START_TEST(prefix_is_all_of_ipv4_and_half_of_ipv6)
{
        ck_assert(!share_prefix("192.0.2.1", "192.0.2.2"));
        ck_assert(!share_prefix("192.0.2.1", "193.0.2.1"));
        ck_assert(share_prefix("192.0.2.1", "::ffff:192.0.2.1"));
        ck_assert(!share_prefix("::ffff:192.0.2.1", "::ffff:192.0.2.2"));
        ck_assert(share_prefix("2001:db8:0:1::", "2001:db8:0:1:ffff:ffff:ffff:ffff"));
        ck_assert(!share_prefix("2001:db8:0:1::1", "2001:db8:0:2::1"));
        ck_assert(!share_prefix("2001:db8::1", "2001:db9::1"));
}
END_TEST

START_TEST(prefix_of_one_family_is_never_that_of_the_other)
{
        ck_assert(!share_prefix("0.0.0.0", "::"));
        ck_assert(!share_prefix("192.0.2.1", "::192.0.2.1"));
        ck_assert(!share_prefix("192.0.2.1", "0:0:c000:201::"));
        ck_assert(!share_prefix("192.0.2.1", "0:ffff:c000:201::"));
        ck_assert(!share_prefix("127.0.0.1", "::1"));
        ck_assert(share_prefix("::192.0.2.1", "::1"));
}
END_TEST

START_TEST(prefix_of_a_prefix_is_itself)
{
        static const char *const texts[] = { "192.0.2.1", "2001:db8::1", "::1", "::" };

        for (unsigned i = 0; i < 4; i++) {
                struct ip prefix = ip_prefix(ips_parse(texts[i]));
                ck_assert(ip_is_equal(ip_prefix(prefix), prefix));
        }
}
END_TEST

/* Of each kind its first and last addresses, and the neighbours that are of none. */
struct kind {
        const char *text;
        char letter; /* u, m, b, or - */
};

START_TEST(kinds_reach_from_their_first_to_their_last_address)
{
        static const struct kind kinds[] = {
                { "0.0.0.0", 'u' },
                { "0.255.255.255", 'u' },
                { "1.0.0.0", '-' },
                { "127.0.0.1", '-' },
                { "223.255.255.255", '-' },
                { "224.0.0.0", 'm' },
                { "239.255.255.255", 'm' },
                { "240.0.0.0", '-' },
                { "254.255.255.255", '-' },
                { "255.0.0.0", 'b' },
                { "255.255.255.255", 'b' },
                { "::ffff:0.0.0.0", 'u' },
                { "::ffff:224.0.0.1", 'm' },
                { "::ffff:255.255.255.255", 'b' },
                { "::", 'u' },
                { "::1", '-' },
                { "::2", 'u' },
                { "::0.255.255.255", 'u' },
                { "::1.0.0.0", '-' },
                { "::224.0.0.0", 'm' },
                { "::240.0.0.0", '-' },
                { "::255.0.0.0", 'b' },
                { "::1:0:0", '-' },
                { "::fffe:224.0.0.1", '-' },
                { "::1:224.0.0.1", '-' },
                { "1::", '-' },
                { "1::224.0.0.1", '-' },
                { "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", '-' },
                { "ff00::", 'm' },
                { "ff02::1", 'm' },
                { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 'm' },
                { "fe80::1", '-' },
        };

        for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
                struct ip ip = ips_parse(kinds[i].text);
                ck_assert_msg(ip_is_unspecified(ip) == (kinds[i].letter == 'u'), "%s",
                              kinds[i].text);
                ck_assert_msg(ip_is_multicast(ip) == (kinds[i].letter == 'm'), "%s", kinds[i].text);
                ck_assert_msg(ip_is_broadcast(ip) == (kinds[i].letter == 'b'), "%s", kinds[i].text);
        }
}
END_TEST

START_TEST(socket_address_of_either_family_is_read)
{
        struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(7) };
        struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(65534) };
        struct ip ip;
        uint16_t port;

        ck_assert_int_eq(inet_pton(AF_INET, "192.0.2.1", &v4.sin_addr), 1);
        ck_assert(ip_from_socket((const struct sockaddr *)&v4, &ip, &port));
        ck_assert(ip_is_equal(ip, ips_parse("192.0.2.1")));
        ck_assert_uint_eq(port, 7);
        ck_assert_int_eq(inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr), 1);
        ck_assert(ip_from_socket((const struct sockaddr *)&v6, &ip, &port));
        ck_assert(ip_is_equal(ip, ips_parse("2001:db8::1")));
        ck_assert_uint_eq(port, 65534);
        ck_assert_int_eq(inet_pton(AF_INET6, "::ffff:192.0.2.1", &v6.sin6_addr), 1);
        ck_assert(ip_from_socket((const struct sockaddr *)&v6, &ip, &port));
        ck_assert(ip_is_equal(ip, ips_parse("192.0.2.1")));
}
END_TEST

START_TEST(other_families_have_no_address_here)
{
        struct sockaddr address = { .sa_family = AF_UNIX };
        struct ip ip = { 1, 2 };
        uint16_t port = 3;

        ck_assert(!ip_from_socket(&address, &ip, &port));
        ck_assert(ip_is_equal(ip, (struct ip){ 1, 2 }));
        ck_assert_uint_eq(port, 3);
}
END_TEST

START_TEST(empty_set_has_nothing_and_takes_nothing)
{
        struct ip_set set = { .count = 0 };

        ck_assert(!ip_set_has(&set, ips_parse("::")));
        ck_assert(!ip_set_add(&set, ips_parse("::")));
}
END_TEST

/* Three addresses in each order; nothing but the three is there after each step. */
START_TEST(set_has_what_was_added_in_whatever_order)
{
        static const unsigned orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                               { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
        struct ip all[] = { ips_parse("192.0.2.1"), ips_parse("2001:db8::1"),
                            ips_parse("2001:db8::2") };

        for (unsigned order = 0; order < 6; order++) {
                struct ip ips[3];
                struct ip_set set;
                bool is_in[3] = { false };
                ip_set_init(&set, ips, 3);
                for (unsigned step = 0; step < 3; step++) {
                        is_in[orders[order][step]] = true;
                        ck_assert(ip_set_add(&set, all[orders[order][step]]));
                        for (unsigned i = 0; i < 3; i++)
                                ck_assert_int_eq(ip_set_has(&set, all[i]), is_in[i]);
                }
                ck_assert(!ip_set_has(&set, ips_parse("192.0.2.2")));
                ck_assert(!ip_set_has(&set, ips_parse("2001:db8::1:1")));
        }
}
END_TEST

START_TEST(address_added_twice_needs_no_room)
{
        struct ip ips[1];
        struct ip_set set;

        ip_set_init(&set, ips, 1);
        ck_assert(ip_set_add(&set, ips_parse("192.0.2.1")));
        ck_assert(ip_set_add(&set, ips_parse("::ffff:192.0.2.1")));
        ck_assert(!ip_set_add(&set, ips_parse("192.0.2.2")));
        ck_assert_uint_eq(set.count, 1);
        ck_assert(!ip_set_has(&set, ips_parse("192.0.2.2")));
}
END_TEST

START_TEST(loopback_is_a_whole_network_and_one_address)
{
        static const char *const inside[] = { "127.0.0.0", "127.0.0.1", "127.255.255.255", "::1",
                                              "::ffff:127.9.9.9" };
        static const char *const outside[] = { "126.255.255.255",  "128.0.0.0", "::2", "1::1",
                                               "::ffff:128.0.0.1", "7f00::1" };

        for (unsigned i = 0; i < sizeof(inside) / sizeof(inside[0]); i++)
                ck_assert_msg(ip_is_loopback(ips_parse(inside[i])), "%s", inside[i]);
        for (unsigned i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
                ck_assert_msg(!ip_is_loopback(ips_parse(outside[i])), "%s", outside[i]);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                loopback_is_a_whole_network_and_one_address,
                bits_stand_in_the_order_of_the_text,
                mapped_address_is_its_ipv4_address,
                other_addresses_that_embed_an_ipv4_address_are_not_it,
                each_bit_makes_another_address,
                addresses_come_in_the_order_of_their_bits,
                prefix_is_all_of_ipv4_and_half_of_ipv6,
                prefix_of_one_family_is_never_that_of_the_other,
                prefix_of_a_prefix_is_itself,
                kinds_reach_from_their_first_to_their_last_address,
                socket_address_of_either_family_is_read,
                other_families_have_no_address_here,
                empty_set_has_nothing_and_takes_nothing,
                set_has_what_was_added_in_whatever_order,
                address_added_twice_needs_no_room,
        };

        return SUITE_RUN("ip", tests);
}
