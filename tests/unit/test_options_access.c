/* SPDX-License-Identifier: MIT */
/* Who may connect, and how often, as the command line tells it. */
#include "service/options.h"

#include "command_line.h"
#include "words/cidr.h"

static void expect_network(uint64_t index, const char *text, bool is_allowed)
{
        char found[CIDR_TEXT_SIZE];

        ck_assert_uint_lt(index, options.network_count);
        cidr_format(options.networks[index].network, found);
        ck_assert_str_eq(found, text);
        ck_assert_int_eq(options.networks[index].is_allowed, is_allowed);
}

START_TEST(everybody_may_come_unless_told_otherwise)
{
        ck_assert_int_eq(PARSE(NULL), OPTIONS_RUN);
        ck_assert_uint_eq(options.max_connections_per_source, 0);
        ck_assert_uint_eq(options.accept_rate, 0);
        ck_assert_uint_eq(options.network_count, 0);
}
END_TEST

START_TEST(limits_of_a_source_are_numbers)
{
        ck_assert_int_eq(PARSE("--max-connections-per-source=16777216", "--accept-rate=1000000000"),
                         OPTIONS_RUN);
        ck_assert_uint_eq(options.max_connections_per_source, 16777216);
        ck_assert_uint_eq(options.accept_rate, 1000000000);
        EXPECT_WRONG(
            "--max-connections-per-source: `16777217`: expected a number from 0 to "
            "16777216",
            "--max-connections-per-source=16777217");
        EXPECT_WRONG("--accept-rate: `1000000001`: expected a number from 0 to 1000000000",
                     "--accept-rate=1000000001");
}
END_TEST

START_TEST(networks_are_all_taken_however_they_are_mixed)
{
        ck_assert_int_eq(PARSE("--deny=10.0.0.0/8", "--allow", "2001:db8::/32", "tcp:*:7", "--deny",
                               "192.0.2.1/32", "--allow=10.1.0.0/16"),
                         OPTIONS_RUN);
        ck_assert_uint_eq(options.network_count, 4);
        expect_network(0, "2001:db8::/32", true);
        expect_network(1, "10.1.0.0/16", true);
        expect_network(2, "10.0.0.0/8", false);
        expect_network(3, "192.0.2.1/32", false);
        ck_assert_uint_eq(options.listener_count, 1);
}
END_TEST

START_TEST(network_may_be_given_twice)
{
        ck_assert_int_eq(PARSE("--allow=10.0.0.0/8", "--allow=10.0.0.0/8"), OPTIONS_RUN);
        ck_assert_int_eq(PARSE("--deny=::/0", "--deny=::/0", "--allow=0.0.0.0/0"), OPTIONS_RUN);
}
END_TEST

START_TEST(network_is_not_both_allowed_and_denied)
{
        EXPECT_WRONG("--deny: `10.0.0.0/8`: expected a network that is not allowed, too",
                     "--allow=10.0.0.0/8", "--deny=192.0.2.0/24", "--deny=10.0.0.0/8");
        EXPECT_WRONG("--deny: `2001:DB8:0::/32`: expected a network that is not allowed, too",
                     "--deny=2001:DB8:0::/32", "--allow=2001:db8::/32");
}
END_TEST

START_TEST(what_is_no_network_is_named_with_its_option)
{
        EXPECT_WRONG("--allow: `10.0.0.1/8`: bits behind its length are set, expected 10.0.0.0/8",
                     "--allow=10.0.0.1/8");
        EXPECT_WRONG("--deny: no value: expected CIDR", "--deny");
        static const char *const wrong[] = { "--allow=",         "--deny=10.0.0.0",
                                             "--deny=10.0.0.0/", "--allow=10.0.0.0/33",
                                             "--deny=::/129",    "--allow=localhost/8",
                                             "--deny=[::]/0",    "--allow=::ffff:10.0.0.0/104" };
        for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
                size_t name_size = strcspn(wrong[i], "=");
                ck_assert_int_eq(PARSE(wrong[i]), OPTIONS_WRONG);
                ck_assert_int_eq(strncmp(complaint.text, wrong[i], name_size), 0);
                ck_assert_int_eq(complaint.text[name_size], ':');
        }
}
END_TEST

START_TEST(no_more_networks_are_taken_than_there_is_room_for)
{
        static char texts[OPTION_LIST_MAX + 1][32];
        const char *words[OPTION_LIST_MAX + 2] = { NULL };

        for (unsigned i = 0; i <= OPTION_LIST_MAX; i++) {
                snprintf(texts[i], sizeof(texts[i]), "--deny=10.%u.%u.0/24", i / 256, i % 256);
                words[i] = texts[i];
        }
        expect_wrong("--deny: `10.1.0.0/24`: more than 256 of them", words);
        words[OPTION_LIST_MAX] = NULL;
        ck_assert_int_eq(parse(words), OPTIONS_RUN);
        ck_assert_uint_eq(options.network_count, OPTION_LIST_MAX);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                everybody_may_come_unless_told_otherwise,
                limits_of_a_source_are_numbers,
                networks_are_all_taken_however_they_are_mixed,
                network_may_be_given_twice,
                network_is_not_both_allowed_and_denied,
                what_is_no_network_is_named_with_its_option,
                no_more_networks_are_taken_than_there_is_room_for,
        };

        return SUITE_RUN("options access", tests);
}
