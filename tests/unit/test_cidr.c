/* SPDX-License-Identifier: MIT */
#include "words/cidr.h"

#include <stdio.h>
#include <string.h>

#include "suite.h"
#include "support/ips.h"

#define ADDRESS_EXPECTED                                                                 \
        "expected one of IPv4 such as 192.0.2.0 or of IPv6 such as 2001:db8:: (without " \
        "brackets; names are not looked up)"

/* Of the last text; empty if it was right. */
static struct complaint complaint;

static void expect(const char *text, const char *address, uint32_t bits)
{
        struct network network = { .bits = 999 };

        complaint.text[0] = '\0';
        ck_assert_msg(cidr_parse(text, &network, &complaint), "%s", complaint.text);
        ck_assert(ip_is_equal(network.ip, ips_parse(address)));
        ck_assert_uint_eq(network.bits, bits);
        ck_assert_str_eq(complaint.text, "");
}

static void expect_rejected(const char *text, const char *why)
{
        struct network network = { .bits = 999 };

        ck_assert_msg(!cidr_parse(text, &network, &complaint), "`%s` was accepted", text);
        ck_assert_str_eq(complaint.text, why);
        ck_assert_uint_eq(network.bits, 999);
}

START_TEST(network_of_ipv4_is_read)
{
        expect("192.0.2.0/24", "192.0.2.0", 96 + 24);
        expect("0.0.0.0/0", "0.0.0.0", 96);
        expect("255.255.255.255/32", "255.255.255.255", 128);
        expect("128.0.0.0/1", "128.0.0.0", 97);
        expect("10.0.0.0/08", "10.0.0.0", 104);
}
END_TEST

START_TEST(network_of_ipv6_is_read)
{
        expect("2001:db8::/32", "2001:db8::", 32);
        expect("::/0", "::", 0);
        expect("::1/128", "::1", 128);
        expect("fe80::/10", "fe80::", 10);
        expect("2001:DB8:0:0:8000::/65", "2001:db8:0:0:8000::", 65);
        expect("64:ff9b::192.0.2.0/120", "64:ff9b::c000:200", 120);
}
END_TEST

START_TEST(missing_length_is_named)
{
        static const char *const texts[] = { "", "192.0.2.1", "::1", "echo", "192.0.2.1:24" };
        char why[160];

        for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
                snprintf(why, sizeof(why),
                         "`%s`: no length, expected ADDRESS/LENGTH such as 192.0.2.0/24 or "
                         "2001:db8::/32",
                         texts[i]);
                expect_rejected(texts[i], why);
        }
}
END_TEST

START_TEST(bad_address_is_named)
{
        static const char *const addresses[] = {
                "",
                "echo",
                "192.0.2",
                "192.0.2.256",
                "192.0.2.01",
                " 192.0.2.0",
                "[::1]",
                "[::]",
                "fe80::%lo",
                "1:2:3",
                ":",
                "::g",
                "10.0.0.0 ",
                "*",
                "0xa.0.0.0",
                "::ffff:1.2.3",
                "192.0.2.0:7007",
                "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa",
        };
        char text[80];
        char why[300];

        for (unsigned i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
                snprintf(text, sizeof(text), "%s/8", addresses[i]);
                snprintf(why, sizeof(why), "`%s`: address `%s`: " ADDRESS_EXPECTED, text,
                         addresses[i]);
                expect_rejected(text, why);
        }
}
END_TEST

START_TEST(bad_length_is_named)
{
        static const char *const lengths[] = { "",    "33", "-1",        "+8",
                                               "8 ",  " 8", "8/",        "x",
                                               "0x8", "8.", "255.0.0.0", "18446744073709551616" };
        char text[80];
        char why[160];

        for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
                snprintf(text, sizeof(text), "10.0.0.0/%s", lengths[i]);
                snprintf(why, sizeof(why), "`%s`: length `%s`: expected a number from 0 to 32",
                         text, lengths[i]);
                expect_rejected(text, why);
        }
        expect_rejected("::/129", "`::/129`: length `129`: expected a number from 0 to 128");
}
END_TEST

START_TEST(bits_behind_the_length_are_refused_and_the_right_network_is_told)
{
        expect_rejected("10.0.0.1/8",
                        "`10.0.0.1/8`: bits behind its length are set, expected 10.0.0.0/8");
        expect_rejected("192.0.2.129/31",
                        "`192.0.2.129/31`: bits behind its length are set, expected "
                        "192.0.2.128/31");
        expect_rejected("1.2.3.4/0",
                        "`1.2.3.4/0`: bits behind its length are set, expected 0.0.0.0/0");
        expect_rejected("2001:db8::1/64",
                        "`2001:db8::1/64`: bits behind its length are set, expected "
                        "2001:db8::/64");
        expect_rejected("::1/0", "`::1/0`: bits behind its length are set, expected ::/0");
}
END_TEST

START_TEST(network_of_ipv4_in_disguise_is_refused_and_the_network_itself_is_told)
{
        expect_rejected("::ffff:10.0.0.0/104",
                        "`::ffff:10.0.0.0/104`: expected the IPv4 network itself, 10.0.0.0/8");
        expect_rejected("::ffff:0:0/96",
                        "`::ffff:0:0/96`: expected the IPv4 network itself, 0.0.0.0/0");
        expect_rejected("::ffff:c000:201/128",
                        "`::ffff:c000:201/128`: expected the IPv4 network itself, 192.0.2.1/32");
}
END_TEST

START_TEST(network_is_shown_as_it_was_written)
{
        static const char *const texts[] = {
                "0.0.0.0/0",
                "192.0.2.0/24",
                "255.255.255.255/32",
                "::/0",
                "::1/128",
                "2001:db8::/32",
                "1111:2222:3333:4444:5555:6666:7777:8888/128",
        };
        struct network network;
        char shown[CIDR_TEXT_SIZE];

        for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
                ck_assert(cidr_parse(texts[i], &network, &complaint));
                cidr_format(network, shown);
                ck_assert_str_eq(shown, texts[i]);
        }
}
END_TEST

START_TEST(long_text_still_says_what_is_expected)
{
        char text[4000];

        memset(text, '\x1b', sizeof(text) - 1);
        text[sizeof(text) - 1] = '\0';
        ck_assert(!cidr_parse(text, &(struct network){ .bits = 0 }, &complaint));
        ck_assert_ptr_nonnull(strstr(complaint.text, "...`: no length, expected ADDRESS/LENGTH"));
        text[2000] = '/';
        ck_assert(!cidr_parse(text, &(struct network){ .bits = 0 }, &complaint));
        ck_assert_ptr_nonnull(strstr(complaint.text, "...`: " ADDRESS_EXPECTED));
        memcpy(text, "::/", 3);
        ck_assert(!cidr_parse(text, &(struct network){ .bits = 0 }, &complaint));
        ck_assert_ptr_nonnull(strstr(complaint.text, "...`: expected a number from 0 to 128"));
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                network_of_ipv4_is_read,
                network_of_ipv6_is_read,
                missing_length_is_named,
                bad_address_is_named,
                bad_length_is_named,
                bits_behind_the_length_are_refused_and_the_right_network_is_told,
                network_of_ipv4_in_disguise_is_refused_and_the_network_itself_is_told,
                network_is_shown_as_it_was_written,
                long_text_still_says_what_is_expected,
        };

        return SUITE_RUN("cidr", tests);
}
