/* SPDX-License-Identifier: MIT */
/* What command lines of echoprobe mean; the wrong ones are in test_probe_options_wrong.c. */
#include "probe/options.h"

#include <stdio.h>

#include "probe_command_line.h"

static const uint64_t second_ns = 1000000000;
static const uint64_t year_ns = UINT64_C(31536000000000000);

static void expect_target(const char *expected)
{
        char text[ADDRESS_TEXT_SIZE];

        address_format(&options.target, text, sizeof(text));
        ck_assert_str_eq(text, expected);
}

START_TEST(target_alone_gives_the_documented_defaults)
{
        ck_assert_int_eq(PARSE(TARGET), OPTIONS_RUN);
        expect_target("127.0.0.1:7");
        ck_assert_str_eq(options.target_text, TARGET);
        ck_assert_int_eq(options.mode, PROBE_PING);
        ck_assert_uint_eq(options.connections, 1);
        ck_assert_uint_eq(options.message_size, 64);
        ck_assert_uint_eq(options.duration_ns, 5 * second_ns);
        ck_assert_uint_eq(options.count, 0);
        ck_assert_uint_eq(options.depth, 1);
        ck_assert_uint_eq(options.rate, 0);
        ck_assert_uint_eq(options.timeout_ns, 5 * second_ns);
        ck_assert_uint_eq(options.server_pid, 0);
        ck_assert(!options.half_close);
        ck_assert(!options.json);
        ck_assert_ptr_null(options.histogram_path);
        ck_assert_ptr_null(options.plot_path);
}
END_TEST

START_TEST(target_may_be_of_any_transport)
{
        ck_assert_int_eq(PARSE("unix:@name"), OPTIONS_RUN);
        ck_assert_int_eq(options.target.transport, ADDRESS_UNIX);
        expect_target("@name");
        ck_assert_int_eq(PARSE("udp:[::1]:7"), OPTIONS_RUN);
        ck_assert_int_eq(options.target.transport, ADDRESS_UDP);
        expect_target("[::1]:7");
        ck_assert_int_eq(PARSE("--json", "--", "unix:/run/echod"), OPTIONS_RUN);
        expect_target("/run/echod");
}
END_TEST

START_TEST(every_letter_sets_its_field)
{
        ck_assert_int_eq(PARSE("-c5", "-s64K", "-d2m", "-n7", TARGET), OPTIONS_RUN);
        ck_assert_uint_eq(options.connections, 5);
        ck_assert_uint_eq(options.message_size, 65536);
        ck_assert_uint_eq(options.duration_ns, 120 * second_ns);
        ck_assert_uint_eq(options.count, 7);
}
END_TEST

START_TEST(every_name_sets_its_field)
{
        ck_assert_int_eq(PARSE("--connections=6", "--size=0", "--duration=1ms", "--count=8",
                               "--timeout=3s", "--json", "--server-pid=9", "--histogram=h.txt",
                               "--plot=p.png", "--rate=10", "--size=4", "udp:1.2.3.4:5"),
                         OPTIONS_RUN);
        ck_assert_uint_eq(options.connections, 6);
        ck_assert_uint_eq(options.message_size, 4);
        ck_assert_uint_eq(options.duration_ns, 1000000);
        ck_assert_uint_eq(options.count, 8);
        ck_assert_uint_eq(options.timeout_ns, 3 * second_ns);
        ck_assert(options.json);
        ck_assert(!options.half_close);
        ck_assert_uint_eq(options.server_pid, 9);
        ck_assert_str_eq(options.histogram_path, "h.txt");
        ck_assert_str_eq(options.plot_path, "p.png");
        ck_assert_uint_eq(options.rate, 10);
        ck_assert_uint_eq(options.depth, 1);
}
END_TEST

START_TEST(depth_and_half_close_set_their_field_only)
{
        ck_assert_int_eq(PARSE("--depth=3", TARGET), OPTIONS_RUN);
        ck_assert_uint_eq(options.depth, 3);
        ck_assert(!options.half_close);
        ck_assert_int_eq(PARSE("--half-close", TARGET), OPTIONS_RUN);
        ck_assert_uint_eq(options.depth, 1);
        ck_assert(options.half_close);
        ck_assert(!options.json);
}
END_TEST

START_TEST(every_mode_has_its_word)
{
        static const char *const words[] = { "ping", "stream", "churn", "idle", "slow" };

        for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
                ck_assert_int_eq(PARSE("--mode", words[i], TARGET), OPTIONS_RUN);
                ck_assert_uint_eq(options.mode, i);
                ck_assert_str_eq(probe_mode_name(options.mode), words[i]);
        }
}
END_TEST

START_TEST(stream_has_defaults_of_its_own)
{
        ck_assert_int_eq(PARSE("--mode=stream", TARGET), OPTIONS_RUN);
        ck_assert_uint_eq(options.message_size, 65536);
        ck_assert_uint_eq(options.depth, 16);
        ck_assert_int_eq(PARSE("--mode=stream", "-s64", "--depth=1", TARGET), OPTIONS_RUN);
        ck_assert_uint_eq(options.message_size, 64);
        ck_assert_uint_eq(options.depth, 1);
        ck_assert_int_eq(PARSE("--mode=stream", "--mode=slow", TARGET), OPTIONS_RUN);
        ck_assert_uint_eq(options.message_size, 64);
        ck_assert_uint_eq(options.depth, 1);
}
END_TEST

START_TEST(stream_of_datagrams_has_small_ones)
{
        ck_assert_int_eq(PARSE("--mode=stream", DATAGRAMS), OPTIONS_RUN);
        ck_assert_uint_eq(options.message_size, 64);
        ck_assert_uint_eq(options.depth, 16);
        ck_assert_int_eq(PARSE("--mode=stream", "--size=0", DATAGRAMS), OPTIONS_RUN);
        ck_assert_uint_eq(options.depth, 1);
        ck_assert_int_eq(PARSE("--mode=stream", "--size=1", DATAGRAMS), OPTIONS_RUN);
        ck_assert_uint_eq(options.depth, 16);
}
END_TEST

START_TEST(count_has_all_the_time_it_needs)
{
        ck_assert_int_eq(PARSE("-n1", TARGET), OPTIONS_RUN);
        ck_assert_uint_eq(options.duration_ns, year_ns);
        ck_assert_int_eq(PARSE("-n1", "-d5s", TARGET), OPTIONS_RUN);
        ck_assert_uint_eq(options.duration_ns, 5 * second_ns);
}
END_TEST

START_TEST(smallest_and_largest_values_are_accepted)
{
        ck_assert_int_eq(PARSE("-c1", "-s1", "-d1ms", "-n1", "--depth=1", "--timeout=1ms",
                               "--server-pid=1", TARGET),
                         OPTIONS_RUN);
        ck_assert_uint_eq(options.message_size, 1);
        ck_assert_uint_eq(options.timeout_ns, 1000000);
        ck_assert_int_eq(PARSE("-c1048576", "-s64M", "-d8760h", "-n1000000000000", "--depth=65536",
                               "--timeout=8760h", "--server-pid=4194304", TARGET),
                         OPTIONS_RUN);
        ck_assert_uint_eq(options.connections, 1 << 20);
        ck_assert_uint_eq(options.message_size, 64 << 20);
        ck_assert_uint_eq(options.duration_ns, year_ns);
        ck_assert_uint_eq(options.count, UINT64_C(1000000000000));
        ck_assert_uint_eq(options.depth, 65536);
        ck_assert_uint_eq(options.timeout_ns, year_ns);
        ck_assert_uint_eq(options.server_pid, 4194304);
        ck_assert_int_eq(PARSE("--rate=10000000", TARGET), OPTIONS_RUN);
        ck_assert_uint_eq(options.rate, 10000000);
        ck_assert_int_eq(PARSE("--rate=1", TARGET), OPTIONS_RUN);
        ck_assert_uint_eq(options.rate, 1);
}
END_TEST

START_TEST(depth_of_datagrams_is_what_their_number_tells_apart)
{
        ck_assert_int_eq(PARSE("-s0", "--depth=1", DATAGRAMS), OPTIONS_RUN);
        ck_assert_int_eq(PARSE("-s1", "--depth=128", DATAGRAMS), OPTIONS_RUN);
        ck_assert_int_eq(PARSE("-s2", "--depth=32768", DATAGRAMS), OPTIONS_RUN);
        ck_assert_int_eq(PARSE("-s3", "--depth=65536", DATAGRAMS), OPTIONS_RUN);
        ck_assert_int_eq(PARSE("-s65507", "--depth=65536", DATAGRAMS), OPTIONS_RUN);
        ck_assert_int_eq(PARSE("-s1", "--depth=65536", TARGET), OPTIONS_RUN);
        ck_assert_int_eq(PARSE("-s1", "--rate=5", TARGET), OPTIONS_RUN);
}
END_TEST

START_TEST(depth_is_a_batch_at_least)
{
        ck_assert_int_eq(PARSE("--batch=64", DATAGRAMS), OPTIONS_RUN);
        ck_assert_uint_eq(options.batch, 64);
        ck_assert_uint_eq(options.depth, 64);
        ck_assert_int_eq(PARSE("--batch=8", "--mode=stream", DATAGRAMS), OPTIONS_RUN);
        ck_assert_uint_eq(options.depth, 16);
        ck_assert_int_eq(PARSE("--batch=17", "--mode=stream", DATAGRAMS), OPTIONS_RUN);
        ck_assert_uint_eq(options.depth, 17);
        ck_assert_int_eq(PARSE("--batch=64", "--depth=64", DATAGRAMS), OPTIONS_RUN);
        ck_assert_int_eq(PARSE("--batch=64", "--rate=5", DATAGRAMS), OPTIONS_RUN);
        ck_assert_uint_eq(options.depth, 1);
}
END_TEST

START_TEST(batch_may_be_all_that_one_call_sends)
{
        ck_assert_int_eq(PARSE("--batch=64", "-s1023", DATAGRAMS), OPTIONS_RUN);
        ck_assert_int_eq(PARSE("--batch=2", "-s32753", DATAGRAMS), OPTIONS_RUN);
        ck_assert_int_eq(PARSE("--batch=1", "-s65507", DATAGRAMS), OPTIONS_RUN);
        ck_assert_int_eq(PARSE("--batch=1", "-s0", DATAGRAMS), OPTIONS_RUN);
        ck_assert_int_eq(PARSE("--batch=64", "-s1", DATAGRAMS), OPTIONS_RUN);
}
END_TEST

START_TEST(plot_and_histogram_are_two_files)
{
        ck_assert_int_eq(PARSE("--plot=a.svg", "--histogram=b.svg", TARGET), OPTIONS_RUN);
        ck_assert_str_eq(options.plot_path, "a.svg");
        ck_assert_str_eq(options.histogram_path, "b.svg");
}
END_TEST

START_TEST(help_and_version_need_no_target)
{
        ck_assert_int_eq(PARSE("--help"), OPTIONS_HELP);
        ck_assert_int_eq(PARSE("-h", "-x"), OPTIONS_HELP);
        ck_assert_int_eq(PARSE("-V"), OPTIONS_VERSION);
        ck_assert_int_eq(PARSE("--version"), OPTIONS_VERSION);
        expect_untouched(&options, sizeof(options));
        expect_untouched(&complaint, sizeof(complaint));
}
END_TEST

START_TEST(right_command_line_leaves_the_complaint_alone)
{
        ck_assert_int_eq(PARSE("-c5", TARGET), OPTIONS_RUN);
        expect_untouched(&complaint, sizeof(complaint));
}
END_TEST

static void read_help(char *help, size_t size)
{
        FILE *to = fmemopen(help, size, "w");

        ck_assert_ptr_nonnull(to);
        memset(help, 0, size);
        probe_options_help(to);
        ck_assert_int_eq(fclose(to), 0);
        ck_assert_uint_lt(strlen(help), size - 1);
}

START_TEST(help_fits_a_terminal)
{
        static char help[8192];

        read_help(help, sizeof(help));
        ck_assert_int_eq(help[strlen(help) - 1], '\n');
        for (const char *at = help; *at != '\0'; at += strcspn(at, "\n") + 1)
                ck_assert_msg(strcspn(at, "\n") < 80, "%.*s", (int)strcspn(at, "\n"), at);
}
END_TEST

START_TEST(help_names_options_verdicts_and_exit_codes)
{
        static const char *const texts[] = {
                "  -c, --connections N ",
                "  -s, --size SIZE ",
                "  -d, --duration T ",
                "  -n, --count N ",
                "      --depth N ",
                "      --batch N ",
                "      --rate R ",
                "      --mode M ",
                "      --half-close ",
                "      --timeout T ",
                "      --json ",
                "      --histogram FILE ",
                "      --plot FILE ",
                "      --server-pid PID ",
                "  -h, --help ",
                "  -V, --version ",
                "ok 0 ",
                "corrupt 1 ",
                "lossy 2 ",
                "refused 3 ",
                "timeout 4 ",
                "reset 5 ",
                "exit code 64",
        };
        static char help[8192];

        read_help(help, sizeof(help));
        for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                ck_assert_msg(strstr(help, texts[i]) != NULL, "%s", texts[i]);
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                target_alone_gives_the_documented_defaults,
                target_may_be_of_any_transport,
                every_letter_sets_its_field,
                every_name_sets_its_field,
                depth_and_half_close_set_their_field_only,
                every_mode_has_its_word,
                stream_has_defaults_of_its_own,
                stream_of_datagrams_has_small_ones,
                count_has_all_the_time_it_needs,
                smallest_and_largest_values_are_accepted,
                depth_of_datagrams_is_what_their_number_tells_apart,
                depth_is_a_batch_at_least,
                batch_may_be_all_that_one_call_sends,
                plot_and_histogram_are_two_files,
                help_and_version_need_no_target,
                right_command_line_leaves_the_complaint_alone,
                help_fits_a_terminal,
                help_names_options_verdicts_and_exit_codes,
        };

        return SUITE_RUN("probe options", tests);
}
