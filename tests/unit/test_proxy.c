/* SPDX-License-Identifier: MIT */
/* PROXY headers of version 1, and what both versions have in common; others in test_proxy_block. */
#include "proxy_headers.h"

static const char longest_unknown[] =
    "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
    "65535 65535\r\n";
static const char longest_client[] =
    "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
    "65535 65535\r\n";

static struct proxy_header parsed(const char *line)
{
        return proxy_parsed((const unsigned char *)line, (uint32_t)strlen(line));
}

static void refuse(const char *line, enum proxy_verdict why)
{
        expect_refused((const unsigned char *)line, (uint32_t)strlen(line), why);
}

START_TEST(nothing_is_the_beginning_of_a_header)
{
        struct proxy_header header;

        ck_assert_int_eq(proxy_parse(NULL, 0, &header), PROXY_INCOMPLETE);
        ck_assert_int_eq(proxy_parse((const unsigned char *)"", 0, &header), PROXY_INCOMPLETE);
}
END_TEST

START_TEST(line_of_ipv4_tells_the_client)
{
        struct proxy_header header = parsed("PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n");

        ck_assert_uint_eq(header.size, 45);
        expect_client(&header, "192.0.2.1", 56324, "198.51.100.7", 443);
}
END_TEST

START_TEST(line_of_ipv6_tells_the_client)
{
        struct proxy_header header = parsed("PROXY TCP6 2001:DB8::1 ::1 0 65535\r\n");

        ck_assert_uint_eq(header.size, 36);
        expect_client(&header, "2001:db8::1", 0, "::1", 65535);
}
END_TEST

/* As haproxy writes for a client of IPv4 that came by a dual-stack socket. */
START_TEST(mapped_address_in_a_line_is_that_of_ipv4)
{
        struct proxy_header header =
            parsed("PROXY TCP6 ::ffff:127.0.0.1 ::ffff:7f00:2 38572 23203\r\n");

        expect_client(&header, "127.0.0.1", 38572, "127.0.0.2", 23203);
}
END_TEST

START_TEST(longest_line_of_a_client_has_104_bytes)
{
        struct proxy_header header = parsed(longest_client);

        ck_assert_uint_eq(header.size, 104);
        expect_client(&header, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535,
                      "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535);
}
END_TEST

START_TEST(what_follows_the_header_is_not_part_of_it)
{
        ck_assert_uint_eq(parsed("PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n\r\n").size, 33);
        ck_assert_uint_eq(parsed("PROXY UNKNOWN\r\nPROXY UNKNOWN\r\n").size, 15);
}
END_TEST

START_TEST(unknown_client_is_accepted_without_addresses)
{
        static const char *const lines[] = {
                "PROXY UNKNOWN\r\n",
                "PROXY UNKNOWN \r\n",
                "PROXY UNKNOWN 1.2.3.4 5.6.7.8 9 10\r\n",
                "PROXY UNKNOWN what\x01\xff ever\t\r\n",
        };

        for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
                struct proxy_header header = parsed(lines[i]);
                ck_assert_uint_eq(header.size, strlen(lines[i]));
                ck_assert(!header.has_addresses);
        }
}
END_TEST

START_TEST(line_of_107_bytes_is_taken_and_none_that_is_longer)
{
        static const char before[] = "PROXY UNKNOWN ";
        char line[PROXY_LINE_MAX + 1];

        ck_assert_uint_eq(parsed(longest_unknown).size, PROXY_LINE_MAX);
        memset(line, 'x', sizeof(line));
        memcpy(line, before, strlen(before));
        expect_refused((const unsigned char *)line, PROXY_LINE_MAX - 1, PROXY_TOO_LONG);
}
END_TEST

START_TEST(what_begins_as_no_header_is_refused)
{
        refuse("G", PROXY_BAD_SIGNATURE);
        refuse("p", PROXY_BAD_SIGNATURE);
        refuse("\n", PROXY_BAD_SIGNATURE);
        refuse("PRI", PROXY_BAD_SIGNATURE);
        refuse("PROXX", PROXY_BAD_SIGNATURE);
        refuse("PROXY\t", PROXY_BAD_SIGNATURE);
        refuse("PROXY\r", PROXY_BAD_SIGNATURE);
        refuse("\r\r", PROXY_BAD_SIGNATURE);
}
END_TEST

START_TEST(other_families_are_refused)
{
        refuse("PROXY  ", PROXY_BAD_FAMILY);
        refuse("PROXY t", PROXY_BAD_FAMILY);
        refuse("PROXY TCP5", PROXY_BAD_FAMILY);
        refuse("PROXY TCP ", PROXY_BAD_FAMILY);
        refuse("PROXY TCP4\r", PROXY_BAD_FAMILY);
        refuse("PROXY TCP6\t", PROXY_BAD_FAMILY);
        refuse("PROXY TU", PROXY_BAD_FAMILY);
        refuse("PROXY UNKNOWM", PROXY_BAD_FAMILY);
        refuse("PROXY UNKNOWNS", PROXY_BAD_FAMILY);
        refuse("PROXY UD", PROXY_BAD_FAMILY);
}
END_TEST

START_TEST(wrong_addresses_are_refused)
{
        refuse("PROXY TCP4  ", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP4 1.2.3.256", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP4 1.2.3 ", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP4 01", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP4 :", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP4 1.2.3.4\r", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP4 1.2.3.4  ", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP4 1.2.3.4 :", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP6 1.", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP6 ::1%", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP6 [", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP6 1:2 ", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP6 ::1 ::g", PROXY_BAD_ADDRESS);
}
END_TEST

START_TEST(wrong_ports_are_refused)
{
        refuse("PROXY TCP4 1.2.3.4 5.6.7.8  ", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP4 1.2.3.4 5.6.7.8 \r", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP4 1.2.3.4 5.6.7.8 65536", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP4 1.2.3.4 5.6.7.8 100000", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP4 1.2.3.4 5.6.7.8 00", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP4 1.2.3.4 5.6.7.8 +", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP4 1.2.3.4 5.6.7.8 9\r", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP4 1.2.3.4 5.6.7.8 9x", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP4 1.2.3.4 5.6.7.8 9  ", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP4 1.2.3.4 5.6.7.8 9 \r", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP4 1.2.3.4 5.6.7.8 9 07", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP4 1.2.3.4 5.6.7.8 9 65536", PROXY_BAD_ADDRESS);
        refuse("PROXY TCP4 1.2.3.4 5.6.7.8 9 /", PROXY_BAD_ADDRESS);
}
END_TEST

START_TEST(anything_but_cr_and_lf_behind_the_last_port_is_refused)
{
        refuse("PROXY TCP4 1.2.3.4 5.6.7.8 9 10 ", PROXY_BAD_LINE_END);
        refuse("PROXY TCP4 1.2.3.4 5.6.7.8 9 10\n", PROXY_BAD_LINE_END);
        refuse("PROXY TCP4 1.2.3.4 5.6.7.8 9 10x", PROXY_BAD_LINE_END);
        refuse("PROXY TCP4 1.2.3.4 5.6.7.8 9 10\rx", PROXY_BAD_LINE_END);
        refuse("PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\r", PROXY_BAD_LINE_END);
}
END_TEST

START_TEST(lone_cr_or_lf_does_not_end_the_line_of_an_unknown_client)
{
        refuse("PROXY UNKNOWN\n", PROXY_BAD_LINE_END);
        refuse("PROXY UNKNOWN\rx", PROXY_BAD_LINE_END);
        refuse("PROXY UNKNOWN 1.2.3.4\n", PROXY_BAD_LINE_END);
        refuse("PROXY UNKNOWN 1.2.3.4\r ", PROXY_BAD_LINE_END);
}
END_TEST

START_TEST(every_refusal_is_an_end_with_a_stable_name)
{
        static const char *const names[PROXY_VERDICT_COUNT] = {
                [PROXY_BAD_SIGNATURE] = "header_signature",
                [PROXY_BAD_VERSION] = "header_version",
                [PROXY_BAD_COMMAND] = "header_command",
                [PROXY_BAD_FAMILY] = "header_family",
                [PROXY_BAD_ADDRESS] = "header_address",
                [PROXY_BAD_LINE_END] = "header_line_end",
                [PROXY_BAD_CHECKSUM] = "header_checksum",
                [PROXY_BAD_EXTENSION] = "header_extension",
                [PROXY_TOO_SHORT] = "header_too_short",
                [PROXY_TOO_LONG] = "header_too_long",
        };

        for (unsigned i = PROXY_COMPLETE + 1; i < PROXY_VERDICT_COUNT; i++)
                ck_assert_str_eq(counters_closed_name(proxy_conn_end(i)), names[i]);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                nothing_is_the_beginning_of_a_header,
                line_of_ipv4_tells_the_client,
                line_of_ipv6_tells_the_client,
                mapped_address_in_a_line_is_that_of_ipv4,
                longest_line_of_a_client_has_104_bytes,
                what_follows_the_header_is_not_part_of_it,
                unknown_client_is_accepted_without_addresses,
                line_of_107_bytes_is_taken_and_none_that_is_longer,
                what_begins_as_no_header_is_refused,
                other_families_are_refused,
                wrong_addresses_are_refused,
                wrong_ports_are_refused,
                anything_but_cr_and_lf_behind_the_last_port_is_refused,
                lone_cr_or_lf_does_not_end_the_line_of_an_unknown_client,
                every_refusal_is_an_end_with_a_stable_name,
        };

        return SUITE_RUN("proxy", tests);
}
