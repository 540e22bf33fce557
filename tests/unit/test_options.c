/* SPDX-License-Identifier: MIT */
/* What command lines mean; the wrong ones are in test_options_wrong.c, the help in ..._help.c. */
#include "service/options.h"

#include <stdio.h>

#include "command_line.h"

static void expect_listener(unsigned index, const char *expected)
{
        char text[ADDRESS_TEXT_SIZE];

        ck_assert_uint_lt(index, options.listener_count);
        address_format(&options.listeners[index], text, sizeof(text));
        ck_assert_str_eq(text, expected);
}

START_TEST(empty_command_line_gives_the_documented_defaults)
{
        ck_assert_int_eq(PARSE(NULL), OPTIONS_RUN);
        ck_assert_uint_eq(options.max_connections, 65536);
        ck_assert_uint_eq(options.buffer_memory, 64 * 1024 * 1024);
        ck_assert_uint_eq(options.idle_timeout_ns, UINT64_C(300000000000));
        ck_assert_uint_eq(options.stall_timeout_ns, UINT64_C(30000000000));
        ck_assert_uint_eq(options.drain_timeout_ns, UINT64_C(30000000000));
        ck_assert_int_eq(options.log_level, LOG_INFO);
        ck_assert_uint_eq(options.workers, 0);
        ck_assert_uint_eq(options.drain_delay_ns, 0);
        ck_assert_int_eq(options.log_format, LOG_LOGFMT);
}
END_TEST

START_TEST(default_listeners_are_on_loopback)
{
        ck_assert_int_eq(PARSE(NULL), OPTIONS_RUN);
        ck_assert_uint_eq(options.listener_count, 2);
        expect_listener(0, "127.0.0.1:7007");
        ck_assert_int_eq(options.listeners[0].transport, ADDRESS_TCP);
        expect_listener(1, "127.0.0.1:7007");
        ck_assert_int_eq(options.listeners[1].transport, ADDRESS_UDP);
}
END_TEST

START_TEST(no_program_name_is_an_empty_command_line)
{
        char *nothing[] = { NULL };

        memset(&options, 0x5a, sizeof(options));
        ck_assert_int_eq(options_parse(0, nothing, &options, &complaint), OPTIONS_RUN);
        ck_assert_uint_eq(options.max_connections, 65536);
        expect_listener(0, "127.0.0.1:7007");
}
END_TEST

START_TEST(workers_have_a_name_and_a_letter)
{
        ck_assert_int_eq(PARSE("--workers", "3"), OPTIONS_RUN);
        ck_assert_uint_eq(options.workers, 3);
        ck_assert_int_eq(PARSE("-w4"), OPTIONS_RUN);
        ck_assert_uint_eq(options.workers, 4);
        ck_assert_int_eq(PARSE("-w", "5", "tcp:1.2.3.4:5"), OPTIONS_RUN);
        ck_assert_uint_eq(options.workers, 5);
        expect_listener(0, "1.2.3.4:5");
        ck_assert_uint_eq(options.max_connections, 65536);
}
END_TEST

START_TEST(max_connections_sets_its_field_only)
{
        ck_assert_int_eq(PARSE("--max-connections", "7"), OPTIONS_RUN);
        ck_assert_uint_eq(options.max_connections, 7);
        ck_assert_uint_eq(options.buffer_memory, 64 * 1024 * 1024);
}
END_TEST

START_TEST(buffer_memory_sets_its_field_only)
{
        ck_assert_int_eq(PARSE("--buffer-memory", "8M"), OPTIONS_RUN);
        ck_assert_uint_eq(options.buffer_memory, 8 * 1024 * 1024);
        ck_assert_uint_eq(options.max_connections, 65536);
}
END_TEST

static void expect_timeouts(uint64_t idle_ms, uint64_t stall_ms, uint64_t drain_ms)
{
        ck_assert_uint_eq(options.idle_timeout_ns, idle_ms * 1000000);
        ck_assert_uint_eq(options.stall_timeout_ns, stall_ms * 1000000);
        ck_assert_uint_eq(options.drain_timeout_ns, drain_ms * 1000000);
}

START_TEST(idle_timeout_sets_its_field_only)
{
        ck_assert_int_eq(PARSE("--idle-timeout", "250ms"), OPTIONS_RUN);
        expect_timeouts(250, 30000, 30000);
}
END_TEST

START_TEST(stall_timeout_sets_its_field_only)
{
        ck_assert_int_eq(PARSE("--stall-timeout", "250ms"), OPTIONS_RUN);
        expect_timeouts(300000, 250, 30000);
}
END_TEST

START_TEST(drain_timeout_sets_its_field_only)
{
        ck_assert_int_eq(PARSE("--drain-timeout", "250ms"), OPTIONS_RUN);
        expect_timeouts(300000, 30000, 250);
}
END_TEST

START_TEST(drain_delay_sets_its_field_only)
{
        ck_assert_int_eq(PARSE("--drain-delay", "250ms"), OPTIONS_RUN);
        ck_assert_uint_eq(options.drain_delay_ns, 250000000);
        expect_timeouts(300000, 30000, 30000);
}
END_TEST

START_TEST(timeouts_of_0_are_accepted)
{
        ck_assert_int_eq(PARSE("--idle-timeout=0", "--stall-timeout=0", "--drain-timeout=0"),
                         OPTIONS_RUN);
        expect_timeouts(0, 0, 0);
}
END_TEST

START_TEST(every_log_level_has_its_word)
{
        for (unsigned level = 0; level < LOG_LEVEL_COUNT; level++) {
                ck_assert_int_eq(PARSE("--log-level", log_level_name(level)), OPTIONS_RUN);
                ck_assert_uint_eq(options.log_level, level);
        }
}
END_TEST

START_TEST(every_log_format_has_its_word)
{
        ck_assert_int_eq(PARSE("--log-format", "json"), OPTIONS_RUN);
        ck_assert_int_eq(options.log_format, LOG_JSON);
        ck_assert_int_eq(options.log_level, LOG_INFO);
        ck_assert_int_eq(PARSE("--log-format=json", "--log-format=logfmt"), OPTIONS_RUN);
        ck_assert_int_eq(options.log_format, LOG_LOGFMT);
}
END_TEST

START_TEST(value_may_follow_an_equals_sign)
{
        ck_assert_int_eq(PARSE("--max-connections=9", "--log-level=debug"), OPTIONS_RUN);
        ck_assert_uint_eq(options.max_connections, 9);
        ck_assert_int_eq(options.log_level, LOG_DEBUG);
}
END_TEST

START_TEST(smallest_and_largest_values_are_accepted)
{
        ck_assert_int_eq(PARSE("--max-connections=1", "--buffer-memory=0", "-w1"), OPTIONS_RUN);
        ck_assert_uint_eq(options.workers, 1);
        ck_assert_uint_eq(options.max_connections, 1);
        ck_assert_uint_eq(options.buffer_memory, 0);
        ck_assert_int_eq(PARSE("--max-connections=16777216", "--buffer-memory=1024G",
                               "--idle-timeout=8760h", "--stall-timeout=8760h",
                               "--drain-delay=8760h", "--drain-timeout=8760h", "--workers=256"),
                         OPTIONS_RUN);
        ck_assert_uint_eq(options.workers, 256);
        ck_assert_uint_eq(options.drain_delay_ns, UINT64_C(31536000000000000));
        ck_assert_uint_eq(options.max_connections, 1 << 24);
        ck_assert_uint_eq(options.buffer_memory, UINT64_C(1) << 40);
        expect_timeouts(UINT64_C(31536000000), UINT64_C(31536000000), UINT64_C(31536000000));
}
END_TEST

START_TEST(last_of_repeated_options_wins)
{
        ck_assert_int_eq(PARSE("--max-connections=1", "--log-level=warn", "--max-connections=2",
                               "--log-level=error"),
                         OPTIONS_RUN);
        ck_assert_uint_eq(options.max_connections, 2);
        ck_assert_int_eq(options.log_level, LOG_ERROR);
}
END_TEST

START_TEST(unambiguous_beginning_is_the_option)
{
        ck_assert_int_eq(PARSE("--idle=1s", "--b", "2M"), OPTIONS_RUN);
        ck_assert_uint_eq(options.idle_timeout_ns, 1000000000);
        ck_assert_uint_eq(options.buffer_memory, 2 * 1024 * 1024);
}
END_TEST

START_TEST(whole_name_is_not_ambiguous_with_a_longer_one)
{
        ck_assert_int_eq(PARSE("--max-connections", "3"), OPTIONS_RUN);
        ck_assert_uint_eq(options.max_connections, 3);
}
END_TEST

START_TEST(listeners_replace_the_default_in_their_order)
{
        ck_assert_int_eq(PARSE("tcp:1.2.3.4:5", "tcp:0.0.0.0:0", "tcp:10.0.0.1:65535"),
                         OPTIONS_RUN);
        ck_assert_uint_eq(options.listener_count, 3);
        expect_listener(0, "1.2.3.4:5");
        expect_listener(1, "0.0.0.0:0");
        expect_listener(2, "10.0.0.1:65535");
}
END_TEST

START_TEST(listeners_of_all_kinds_mix)
{
        ck_assert_int_eq(PARSE("unix:/run/echod", "tcp:*:7", "tcp:[::1]:7", "unix:@echod"),
                         OPTIONS_RUN);
        ck_assert_uint_eq(options.listener_count, 4);
        expect_listener(0, "/run/echod");
        expect_listener(1, "*:7");
        expect_listener(2, "[::1]:7");
        expect_listener(3, "@echod");
}
END_TEST

START_TEST(listeners_of_port_0_may_repeat)
{
        ck_assert_int_eq(PARSE("tcp:1.2.3.4:0", "tcp:1.2.3.4:0", "tcp:*:0", "tcp:*:0"),
                         OPTIONS_RUN);
        ck_assert_uint_eq(options.listener_count, 4);
}
END_TEST

START_TEST(options_and_listeners_mix)
{
        ck_assert_int_eq(
            PARSE("tcp:1.2.3.4:5", "--max-connections=5", "tcp:1.2.3.4:6", "--log-level", "warn"),
            OPTIONS_RUN);
        ck_assert_uint_eq(options.listener_count, 2);
        expect_listener(1, "1.2.3.4:6");
        ck_assert_uint_eq(options.max_connections, 5);
        ck_assert_int_eq(options.log_level, LOG_WARN);
}
END_TEST

START_TEST(two_dashes_end_the_options)
{
        ck_assert_int_eq(PARSE("--max-connections=5", "--", "tcp:1.2.3.4:5"), OPTIONS_RUN);
        ck_assert_uint_eq(options.listener_count, 1);
        expect_listener(0, "1.2.3.4:5");
        ck_assert_int_eq(PARSE("--"), OPTIONS_RUN);
        expect_listener(0, "127.0.0.1:7007");
}
END_TEST

START_TEST(sixteen_listeners_are_accepted)
{
        const char *words[OPTIONS_LISTENERS_MAX + 1] = { NULL };

        for (unsigned i = 0; i < OPTIONS_LISTENERS_MAX; i++)
                words[i] = i == 15 ? "tcp:127.0.0.1:15" : "tcp:127.0.0.1:0";
        ck_assert_int_eq(parse(words), OPTIONS_RUN);
        ck_assert_uint_eq(options.listener_count, 16);
        expect_listener(15, "127.0.0.1:15");
}
END_TEST

START_TEST(help_and_version_have_a_name_and_a_letter)
{
        ck_assert_int_eq(PARSE("--help"), OPTIONS_HELP);
        ck_assert_int_eq(PARSE("-h"), OPTIONS_HELP);
        ck_assert_int_eq(PARSE("--version"), OPTIONS_VERSION);
        ck_assert_int_eq(PARSE("-V"), OPTIONS_VERSION);
}
END_TEST

START_TEST(first_option_that_decides_decides)
{
        ck_assert_int_eq(PARSE("-hV"), OPTIONS_HELP);
        ck_assert_int_eq(PARSE("-Vh"), OPTIONS_VERSION);
        ck_assert_int_eq(PARSE("--help", "--nonsense"), OPTIONS_HELP);
        ck_assert_int_eq(PARSE("nonsense", "--help"), OPTIONS_HELP);
        ck_assert_int_eq(PARSE("--nonsense", "--help"), OPTIONS_WRONG);
}
END_TEST

START_TEST(help_and_version_write_nothing)
{
        (void)PARSE("--max-connections=5", "--help");
        expect_untouched(&options, sizeof(options));
        expect_untouched(&complaint, sizeof(complaint));
        (void)PARSE("--version");
        expect_untouched(&options, sizeof(options));
        expect_untouched(&complaint, sizeof(complaint));
}
END_TEST

START_TEST(right_command_line_leaves_the_complaint_alone)
{
        ck_assert_int_eq(PARSE("--max-connections=5", "tcp:1.2.3.4:5"), OPTIONS_RUN);
        expect_untouched(&complaint, sizeof(complaint));
}
END_TEST

START_TEST(command_lines_do_not_remember_each_other)
{
        ck_assert_int_eq(PARSE("--max-connections=5", "tcp:1.2.3.4:5", "--idle-timeout", "1s"),
                         OPTIONS_RUN);
        ck_assert_int_eq(PARSE("-hV"), OPTIONS_HELP);
        ck_assert_int_eq(PARSE("--log-level=warn"), OPTIONS_RUN);
        ck_assert_uint_eq(options.max_connections, 65536);
        ck_assert_uint_eq(options.listener_count, 2);
        expect_listener(0, "127.0.0.1:7007");
        ck_assert_int_eq(options.log_level, LOG_WARN);
}
END_TEST

START_TEST(wrong_command_line_does_not_spoil_the_next)
{
        ck_assert_int_eq(PARSE("-xyz"), OPTIONS_WRONG);
        ck_assert_int_eq(PARSE("--help=5"), OPTIONS_WRONG);
        ck_assert_int_eq(PARSE("tcp:1.2.3.4:6", "--max-connections=6"), OPTIONS_RUN);
        ck_assert_uint_eq(options.max_connections, 6);
        expect_listener(0, "1.2.3.4:6");
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                empty_command_line_gives_the_documented_defaults,
                default_listeners_are_on_loopback,
                no_program_name_is_an_empty_command_line,
                workers_have_a_name_and_a_letter,
                max_connections_sets_its_field_only,
                buffer_memory_sets_its_field_only,
                idle_timeout_sets_its_field_only,
                stall_timeout_sets_its_field_only,
                drain_timeout_sets_its_field_only,
                drain_delay_sets_its_field_only,
                timeouts_of_0_are_accepted,
                every_log_level_has_its_word,
                every_log_format_has_its_word,
                value_may_follow_an_equals_sign,
                smallest_and_largest_values_are_accepted,
                last_of_repeated_options_wins,
                unambiguous_beginning_is_the_option,
                whole_name_is_not_ambiguous_with_a_longer_one,
                listeners_replace_the_default_in_their_order,
                listeners_of_all_kinds_mix,
                listeners_of_port_0_may_repeat,
                options_and_listeners_mix,
                two_dashes_end_the_options,
                sixteen_listeners_are_accepted,
                help_and_version_have_a_name_and_a_letter,
                first_option_that_decides_decides,
                help_and_version_write_nothing,
                right_command_line_leaves_the_complaint_alone,
                command_lines_do_not_remember_each_other,
                wrong_command_line_does_not_spoil_the_next,
        };

        return SUITE_RUN("options", tests);
}
