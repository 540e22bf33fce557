/* SPDX-License-Identifier: MIT */
#include "core/ip_text.h"

#include <string.h>

#include "suite.h"
#include "support/ips.h"

enum family { V4, V6 };

static void begin(struct ip_text *text, enum family family)
{
        if (family == V4)
                ip_text_begin_v4(text);
        else
                ip_text_begin_v6(text);
}

/* How many bytes are taken before one is refused. */
static size_t take(struct ip_text *text, enum family family, const char *bytes)
{
        size_t taken = 0;

        begin(text, family);
        while (bytes[taken] != '\0' && ip_text_add(text, (unsigned char)bytes[taken]))
                taken++;
        return taken;
}

static void expect(enum family family, const char *bytes, const char *usual)
{
        struct ip_text text;
        struct ip ip;

        ck_assert_msg(take(&text, family, bytes) == strlen(bytes) && ip_text_end(&text, &ip), "%s",
                      bytes);
        ck_assert_msg(ip_is_equal(ip, ips_parse(usual)), "%s is not %s", bytes, usual);
}

/* Taken as a beginning, but not as the whole. */
static void expect_beginning(enum family family, const char *bytes)
{
        struct ip_text text;
        struct ip ip = { .high = 1, .low = 2 };

        ck_assert_msg(take(&text, family, bytes) == strlen(bytes), "%s", bytes);
        ck_assert_msg(!ip_text_end(&text, &ip), "%s", bytes);
        ck_assert(ip.high == 1 && ip.low == 2);
}

/* Refused at its last byte, and not before. */
static void expect_refused(enum family family, const char *bytes)
{
        struct ip_text text;

        ck_assert_msg(take(&text, family, bytes) == strlen(bytes) - 1, "%s", bytes);
}

START_TEST(four_numbers_are_an_ipv4_address)
{
        static const char *const texts[] = { "0.0.0.0", "1.2.3.4", "10.20.30.40", "192.0.2.1",
                                             "255.255.255.255" };

        for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                expect(V4, texts[i], texts[i]);
}
END_TEST

START_TEST(part_of_an_ipv4_address_is_no_address)
{
        static const char *const texts[] = { "", "1", "1.", "1.2.3", "1.2.3.", "255.255.255." };

        for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                expect_beginning(V4, texts[i]);
}
END_TEST

START_TEST(what_is_no_ipv4_address_is_refused_at_the_first_wrong_byte)
{
        static const char *const texts[] = {
                ".",  "1..",      "256",       "300",  "1.2.3.256", "1.2.3.4.", "01",
                "00", "1.2.00",   "1.2.3.456", "a",    "1a",        "1:",       "-",
                " ",  "1.2.3.4 ", "1.2.3.4\r", "\xb1", "1.2.3.4/",  "1.+",
        };

        for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                expect_refused(V4, texts[i]);
}
END_TEST

START_TEST(eight_groups_are_an_ipv6_address)
{
        expect(V6, "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8");
        expect(V6, "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1");
        expect(V6, "ABCD:EF01:2345:6789:abcd:ef01:2345:6789",
               "abcd:ef01:2345:6789:abcd:ef01:2345:6789");
        expect(V6, "0:0:0:0:0:ffff:c000:201", "192.0.2.1");
}
END_TEST

START_TEST(two_colons_stand_for_one_group_or_more)
{
        static const char *const texts[] = {
                "::",
                "::1",
                "1::",
                "1::8",
                "fe80::1:2:3:4",
                "::2:3:4:5:6:7:8",
                "1::3:4:5:6:7:8",
                "1:2:3:4:5:6::8",
                "1:2:3:4:5:6:7::",
                "2001:db8::ffff",
        };

        for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                expect(V6, texts[i], texts[i]);
}
END_TEST

START_TEST(mapped_and_compatible_addresses_may_end_in_dots)
{
        expect(V6, "::ffff:192.0.2.1", "192.0.2.1");
        expect(V6, "::FfFf:255.255.255.255", "255.255.255.255");
        expect(V6, "::ffff:0.0.0.0", "0.0.0.0");
        expect(V6, "::ffff:c000:201", "192.0.2.1");
        expect(V6, "::192.0.2.1", "::c000:201");
        expect(V6, "::0.0.0.1", "::1");
}
END_TEST

START_TEST(part_of_an_ipv6_address_is_no_address)
{
        static const char *const texts[] = { "",
                                             "1",
                                             "1:",
                                             ":",
                                             "1:2:3:4:5:6:7",
                                             "1:2:3:4:5:6:7:",
                                             "1::2:",
                                             "::1:2:3:4:5:6:",
                                             "::ffff:1.2.3",
                                             "::ffff:1.2.3.",
                                             "::1." };

        for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                expect_beginning(V6, texts[i]);
}
END_TEST

START_TEST(what_is_no_ipv6_address_is_refused_at_the_first_wrong_byte)
{
        static const char *const texts[] = {
                ":1",
                ":::",
                "1:::",
                "1::2::",
                "::1::",
                "12345",
                "00000",
                "1:2:3:4:5:6:7:8:",
                "1:2:3:4:5:6:7::8",
                "::1:2:3:4:5:6:7:",
                "1::2:3:4:5:6:7:",
                "g",
                "1:G",
                "1 ",
                "%",
                "fe80::1%",
                "[",
                "::1]",
                "::1/",
                "::\xb1",
        };

        for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                expect_refused(V6, texts[i]);
}
END_TEST

START_TEST(dots_elsewhere_are_refused)
{
        static const char *const texts[] = {
                "1.",          ".",           "::.",
                ":.",          "1::2.",       "::1:2.",
                "::fffe:1.",   "::ffff:0:1.", "1::1.",
                "::ffff:256.", "::ffff:1a.",  "::ffff:01.",
                "::1234.",     "::ffff:1.2:", "::ffff:1.2.3.4.",
                "::1.a",       "64:ff9b::1.", "0:0:0:0:0:ffff:1.",
        };

        for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                expect_refused(V6, texts[i]);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                four_numbers_are_an_ipv4_address,
                part_of_an_ipv4_address_is_no_address,
                what_is_no_ipv4_address_is_refused_at_the_first_wrong_byte,
                eight_groups_are_an_ipv6_address,
                two_colons_stand_for_one_group_or_more,
                mapped_and_compatible_addresses_may_end_in_dots,
                part_of_an_ipv6_address_is_no_address,
                what_is_no_ipv6_address_is_refused_at_the_first_wrong_byte,
                dots_elsewhere_are_refused,
        };

        return SUITE_RUN("ip text", tests);
}
