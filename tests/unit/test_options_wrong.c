/* SPDX-License-Identifier: MIT */
/* Command lines that are refused: the whole sentence, so that it stays one. */
#include "service/options.h"

#include <stdio.h>

#include "command_line.h"

#define COUNT_EXPECTED "expected a number from 1 to 16777216"
#define SIZE_EXPECTED "expected a size such as 512, 64K, 8M or 1G, at most 1024G"
#define DURATION_EXPECTED "expected a duration such as 250ms, 5s, 2m or 1h, at most 8760h, or 0"
#define LEVEL_EXPECTED "expected error, warn, info or debug"
#define WORKERS_EXPECTED "expected a number from 1 to 256"
#define FORMAT_EXPECTED "expected logfmt or json"

/* All options that take a value. */
static const struct {
        const char *name;
        const char *expected;
        const char *wrong[5];
} valued[] = {
        { "--workers", WORKERS_EXPECTED, { "", "0", "257", "auto", "2.5" } },
        { "--max-connections", COUNT_EXPECTED, { "", "0", "16777217", "1K", "-1" } },
        { "--buffer-memory", SIZE_EXPECTED, { "", "64k", "1099511627777", "1025G", "5s" } },
        { "--idle-timeout", DURATION_EXPECTED, { "", "5", "8761h", "31536001s", "5M" } },
        { "--stall-timeout", DURATION_EXPECTED, { "", "1d", "8761h", "31536000001ms", "-1s" } },
        { "--drain-delay", DURATION_EXPECTED, { "", "5", "8761h", "0.5s", "never" } },
        { "--drain-timeout", DURATION_EXPECTED, { "", "1 s", "8761h", "525601m", "s" } },
        { "--udp-rate",
          "expected a number from 0 to 1000000000",
          { "", "-1", "x", "1000000001", "1K" } },
        { "--udp-loop-guard", "expected on or off", { "", "yes", "ON", "1", "o" } },
        { "--log-level", LEVEL_EXPECTED, { "", "INFO", "inf", "information", "3" } },
        { "--log-format", FORMAT_EXPECTED, { "", "JSON", "json ", "log", "text" } },
};

enum { VALUED_COUNT = sizeof(valued) / sizeof(valued[0]) };

static const char *const planned[] = {
        "config",
        "admin",
        "check-config",
        "dump-config",
};

enum { PLANNED_COUNT = sizeof(planned) / sizeof(planned[0]) };

START_TEST(bad_value_is_named_with_its_option_and_what_is_expected)
{
        char why[256];

        for (unsigned i = 0; i < VALUED_COUNT; i++) {
                for (unsigned j = 0; j < 5; j++) {
                        const char *value = valued[i].wrong[j];
                        snprintf(why, sizeof(why), "%s: `%s`: %s", valued[i].name, value,
                                 valued[i].expected);
                        EXPECT_WRONG(why, valued[i].name, value);
                }
        }
}
END_TEST

START_TEST(missing_value_is_named_with_what_is_expected)
{
        char why[256];

        for (unsigned i = 0; i < VALUED_COUNT; i++) {
                snprintf(why, sizeof(why), "%s: no value: %s", valued[i].name, valued[i].expected);
                EXPECT_WRONG(why, valued[i].name);
        }
}
END_TEST

START_TEST(letter_names_its_whole_option)
{
        EXPECT_WRONG("--workers: `0`: " WORKERS_EXPECTED, "-w0");
        EXPECT_WRONG("--workers: `=2`: " WORKERS_EXPECTED, "-w=2");
        EXPECT_WRONG("--workers: `257`: " WORKERS_EXPECTED, "-w", "257");
        EXPECT_WRONG("--workers: no value: " WORKERS_EXPECTED, "-w");
}
END_TEST

START_TEST(next_option_is_taken_for_the_value_and_named)
{
        EXPECT_WRONG("--max-connections: `--help`: " COUNT_EXPECTED, "--max-connections", "--help");
}
END_TEST

START_TEST(needless_value_is_named)
{
        EXPECT_WRONG("--help: `5`: expected no value", "--help=5");
        EXPECT_WRONG("--version: ``: expected no value", "--version=");
        EXPECT_WRONG("--version: `a=b`: expected no value", "--vers=a=b");
}
END_TEST

START_TEST(bad_value_is_wrong_even_if_a_later_one_is_good)
{
        EXPECT_WRONG("--max-connections: `x`: " COUNT_EXPECTED, "--max-connections=x",
                     "--max-connections=5");
}
END_TEST

START_TEST(wrong_command_line_leaves_the_options_alone)
{
        ck_assert_int_eq(PARSE("--max-connections=5", "--nonsense"), OPTIONS_WRONG);
        expect_untouched(&options, sizeof(options));
        ck_assert_int_eq(PARSE("--max-connections=5", "nonsense"), OPTIONS_WRONG);
        expect_untouched(&options, sizeof(options));
}
END_TEST

START_TEST(planned_option_is_refused_by_name)
{
        char option[64];
        char why[128];

        for (unsigned i = 0; i < PLANNED_COUNT; i++) {
                snprintf(option, sizeof(option), "--%s", planned[i]);
                snprintf(why, sizeof(why), "%s: not part of this version", option);
                EXPECT_WRONG(why, option);
                EXPECT_WRONG(why, option, "5");
        }
}
END_TEST

START_TEST(planned_option_with_a_value_is_refused_by_name)
{
        char option[64];
        char why[128];

        for (unsigned i = 0; i < PLANNED_COUNT; i++) {
                snprintf(option, sizeof(option), "--%s=5", planned[i]);
                snprintf(why, sizeof(why), "--%s: not part of this version", planned[i]);
                EXPECT_WRONG(why, option);
        }
}
END_TEST

START_TEST(planned_letter_is_refused_by_its_name)
{
        EXPECT_WRONG("--config: not part of this version", "-c", "file");
        EXPECT_WRONG("--config: not part of this version", "-cfile");
        EXPECT_WRONG("--check-config: not part of this version", "-t");
        EXPECT_WRONG("--dump-config: not part of this version", "-T");
}
END_TEST

START_TEST(beginning_of_a_planned_option_is_refused_by_its_name)
{
        EXPECT_WRONG("--config: not part of this version", "--co");
        EXPECT_WRONG("--admin: not part of this version", "--ad");
}
END_TEST

START_TEST(unknown_option_is_named_with_the_nearest)
{
        EXPECT_WRONG("`--idle-timout`: no such option, the nearest is --idle-timeout",
                     "--idle-timout=5s");
        EXPECT_WRONG("`--hlep`: no such option, the nearest is --help", "--hlep");
        EXPECT_WRONG("`--log_level`: no such option, the nearest is --log-level", "--log_level",
                     "info");
        EXPECT_WRONG("`---help`: no such option, the nearest is --help", "---help");
        EXPECT_WRONG("`--versions`: no such option, the nearest is --version", "--versions");
}
END_TEST

START_TEST(nearest_option_may_be_planned_and_says_so)
{
        EXPECT_WRONG("`--confg`: no such option, the nearest is --config, not part of this version",
                     "--confg=file");
        EXPECT_WRONG("`--alow`: no such option, the nearest is --allow", "--alow=10.0.0.0/8");
}
END_TEST

START_TEST(option_without_a_near_one_is_just_unknown)
{
        EXPECT_WRONG("`--pineapple`: no such option", "--pineapple");
        EXPECT_WRONG("`--`: no such option", "--=x");
}
END_TEST

START_TEST(first_unknown_option_is_named_wherever_it_stands)
{
        EXPECT_WRONG("`--pineapple`: no such option", "tcp:1.2.3.4:5", "--log-level", "info",
                     "tcp:1.2.3.4:6", "--pineapple", "--banana");
}
END_TEST

START_TEST(beginning_of_several_options_names_them_all)
{
        EXPECT_WRONG(
            "`--max`: ambiguous, expected --max-connections or "
            "--max-connections-per-source",
            "--max", "5");
        EXPECT_WRONG(
            "`--d`: ambiguous, expected --deny or --drain-delay or --drain-timeout or "
            "--dump-config",
            "--d=5");
}
END_TEST

START_TEST(every_ambiguous_letter_names_its_last_option_whole)
{
        static const char *const pairs[][2] = {
                { "--a", " or --admin" },       { "--c", " or --check-config" },
                { "--d", " or --dump-config" }, { "--l", " or --log-format" },
                { "--m", "-per-source" },       { "--u", " or --user" },
        };

        for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
                ck_assert_int_eq(PARSE(pairs[i][0]), OPTIONS_WRONG);
                size_t size = strlen(pairs[i][1]);
                ck_assert_uint_gt(strlen(complaint.text), size);
                ck_assert_str_eq(complaint.text + strlen(complaint.text) - size, pairs[i][1]);
        }
}
END_TEST

START_TEST(unknown_letter_is_named)
{
        EXPECT_WRONG("`-x`: no such option", "-x");
        EXPECT_WRONG("`-1`: no such option", "-12");
        EXPECT_WRONG("`-:`: no such option", "-:");
        EXPECT_WRONG("`- `: no such option", "- ");
}
END_TEST

START_TEST(letter_of_the_other_case_is_the_nearest)
{
        EXPECT_WRONG("`-v`: no such option, the nearest is --version", "-v");
        EXPECT_WRONG("`-H`: no such option, the nearest is --help", "-H");
        EXPECT_WRONG("`-W`: no such option, the nearest is --workers", "-W");
        EXPECT_WRONG("`-C`: no such option, the nearest is --config, not part of this version",
                     "-C");
}
END_TEST

START_TEST(name_after_a_single_dash_hints_at_the_name)
{
        EXPECT_WRONG("`-i`: no such option, the nearest is --idle-timeout", "-idle-timeout", "5s");
        EXPECT_WRONG("`-m`: no such option, the nearest is --max-connections",
                     "-max-connections=5");
        EXPECT_WRONG("`-u`: no such option, the nearest is --user",
                     "-user=somebody-with-a-long-name");
        EXPECT_WRONG("`-v`: no such option, the nearest is --version", "-vx");
}
END_TEST

START_TEST(next_word_is_no_hint_for_a_letter)
{
        EXPECT_WRONG("`-e`: no such option", "-e", "help");
        EXPECT_WRONG("`-x`: no such option", "-x", "-help");
        EXPECT_WRONG("`-x`: no such option", "-x", "-x");
}
END_TEST

START_TEST(unknown_letter_behind_known_ones_decides_too_late)
{
        ck_assert_int_eq(PARSE("-hx"), OPTIONS_HELP);
        EXPECT_WRONG("`-x`: no such option", "-xh");
}
END_TEST

/* getopt(3) reports them by number, as the rows of the table once were. */
START_TEST(control_bytes_are_no_options)
{
        char option[3] = "-";
        char why[64];

        for (int byte = 1; byte < ' '; byte++) {
                option[1] = (char)byte;
                snprintf(why, sizeof(why), "`-\\x%02x`: no such option", (unsigned)byte);
                EXPECT_WRONG(why, option);
        }
        EXPECT_WRONG("`-\\xff`: no such option", "-\xff");
        EXPECT_WRONG("`--\\x1b[2J`: no such option", "--\x1b[2J");
}
END_TEST

START_TEST(control_bytes_of_a_value_are_escaped)
{
        EXPECT_WRONG("--max-connections: `\\x1b[2J\\x0a5`: " COUNT_EXPECTED, "--max-connections",
                     "\x1b[2J\n5");
}
END_TEST

START_TEST(very_long_words_leave_room_for_what_is_expected)
{
        char word[4000] = "--";

        memset(word + 2, '\n', sizeof(word) - 3);
        (void)PARSE(word);
        ck_assert_ptr_nonnull(strstr(complaint.text, "...`: no such option"));
        (void)PARSE("--max-connections", word);
        ck_assert_ptr_nonnull(strstr(complaint.text, "...`: " COUNT_EXPECTED));
        (void)PARSE("--", word);
        ck_assert_ptr_nonnull(strstr(complaint.text, "...`: expected a listener"));
}
END_TEST

START_TEST(bad_listener_is_named)
{
        EXPECT_WRONG("`tcp:1.2.3.4`: no port, expected tcp:HOST:PORT", "tcp:1.2.3.4:5",
                     "tcp:1.2.3.4", "tcp:");
        EXPECT_WRONG("``: expected a listener, tcp:HOST:PORT, udp:HOST:PORT or unix:PATH", "");
        EXPECT_WRONG("`-`: expected a listener, tcp:HOST:PORT, udp:HOST:PORT or unix:PATH", "-");
}
END_TEST

START_TEST(option_behind_two_dashes_is_a_bad_listener)
{
        EXPECT_WRONG("`--help`: expected a listener, tcp:HOST:PORT, udp:HOST:PORT or unix:PATH",
                     "--", "--help");
}
END_TEST

START_TEST(seventeenth_listener_is_refused)
{
        const char *words[OPTIONS_LISTENERS_MAX + 2] = { NULL };

        for (unsigned i = 0; i <= OPTIONS_LISTENERS_MAX; i++)
                words[i] = i == 16 ? "tcp:127.0.0.1:17" : "tcp:127.0.0.1:0";
        expect_wrong("`tcp:127.0.0.1:17`: more than 16 listeners", words);
}
END_TEST

START_TEST(listener_given_twice_is_named_with_the_first)
{
        EXPECT_WRONG("`tcp:1.2.3.4:5`: the same as `tcp:1.2.3.4:5`, expected each listener once",
                     "tcp:1.2.3.4:5", "tcp:1.2.3.4:6", "tcp:1.2.3.4:5");
        EXPECT_WRONG("`tcp:[0::1]:7`: the same as `tcp:[::1]:7`, expected each listener once",
                     "tcp:*:7", "tcp:[::1]:7", "tcp:[0::1]:7");
        EXPECT_WRONG("`unix:@x`: the same as `unix:@x`, expected each listener once", "unix:@x",
                     "unix:x", "unix:@x");
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                bad_value_is_named_with_its_option_and_what_is_expected,
                missing_value_is_named_with_what_is_expected,
                letter_names_its_whole_option,
                next_option_is_taken_for_the_value_and_named,
                needless_value_is_named,
                bad_value_is_wrong_even_if_a_later_one_is_good,
                wrong_command_line_leaves_the_options_alone,
                planned_option_is_refused_by_name,
                planned_option_with_a_value_is_refused_by_name,
                planned_letter_is_refused_by_its_name,
                beginning_of_a_planned_option_is_refused_by_its_name,
                unknown_option_is_named_with_the_nearest,
                nearest_option_may_be_planned_and_says_so,
                option_without_a_near_one_is_just_unknown,
                first_unknown_option_is_named_wherever_it_stands,
                beginning_of_several_options_names_them_all,
                every_ambiguous_letter_names_its_last_option_whole,
                unknown_letter_is_named,
                letter_of_the_other_case_is_the_nearest,
                name_after_a_single_dash_hints_at_the_name,
                next_word_is_no_hint_for_a_letter,
                unknown_letter_behind_known_ones_decides_too_late,
                control_bytes_are_no_options,
                control_bytes_of_a_value_are_escaped,
                very_long_words_leave_room_for_what_is_expected,
                bad_listener_is_named,
                option_behind_two_dashes_is_a_bad_listener,
                seventeenth_listener_is_refused,
                listener_given_twice_is_named_with_the_first,
        };

        return SUITE_RUN("options wrong", tests);
}
