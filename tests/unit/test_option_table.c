/* SPDX-License-Identifier: MIT */
/* What a table says is what its command lines do; echod's own table is in test_options*.c. */
#include "words/option_table.h"

#include <stdio.h>

#include "argv.h"

static const char *const colours[] = { "red", "green", "blue", NULL };
static const char *const endings[] = { ".svg", ".png", NULL };
static const char *const only[] = { "one", NULL };

enum { NUMBER, SIZE, DURATION, COLOUR, ONLY, ANY_FILE, PICTURE, WORD, FLAG, UNSET, ROW_COUNT = 13 };

static const struct option_row rows[ROW_COUNT] = {
        [NUMBER] = { .name = "number",
                     .letter = 'n',
                     .value = "N",
                     .kind = OPTION_NUMBER,
                     .initial = "7",
                     .initial_shown = "seven",
                     .least = "5",
                     .most = "9",
                     .heading = "First:",
                     .help = "a number" },
        [SIZE] = { .name = "size",
                   .value = "SIZE",
                   .kind = OPTION_SIZE,
                   .initial = "2K",
                   .least = "1K",
                   .most = "1M",
                   .help = "a size" },
        [DURATION] = { .name = "duration",
                       .value = "T",
                       .kind = OPTION_DURATION,
                       .initial = "5s",
                       .least = "1ms",
                       .most = "1h",
                       .help = "a duration" },
        [COLOUR] = { .name = "colour",
                     .value = "C",
                     .kind = OPTION_CHOICE,
                     .choices = colours,
                     .initial = "green",
                     .help = "a colour" },
        [ONLY] = { .name = "only",
                   .value = "O",
                   .kind = OPTION_CHOICE,
                   .choices = only,
                   .help = "one" },
        [ANY_FILE] = { .name = "file",
                       .letter = 'f',
                       .value = "FILE",
                       .kind = OPTION_FILE,
                       .help = "any file" },
        [PICTURE] = { .name = "picture",
                      .value = "FILE",
                      .kind = OPTION_FILE,
                      .choices = endings,
                      .help = "a picture" },
        [WORD] = { .name = "word", .value = "A|B", .kind = OPTION_WORD, .help = "a word" },
        [FLAG] = { .name = "flag", .letter = 'F', .kind = OPTION_FLAG, .help = "a flag" },
        [UNSET] = { .name = "unset",
                    .value = "N",
                    .kind = OPTION_NUMBER,
                    .least = "0",
                    .most = "1",
                    .help = "no default" },
        { .name = "help",
          .letter = 'h',
          .kind = OPTION_HELP,
          .heading = "\nLast:",
          .help = "help" },
        { .name = "version", .kind = OPTION_VERSION, .help = "version" },
        { .name = "later", .letter = 'l', .kind = OPTION_PLANNED },
};

static const struct option_table table = { .rows = rows, .row_count = ROW_COUNT };

static struct argv argv;
static struct option_value values[ROW_COUNT];
static char **rest;
static struct complaint complaint;

#define PARSE(...) parse((const char *const[]){ __VA_ARGS__, NULL })
#define EXPECT_WRONG(why, ...) expect_wrong(why, (const char *const[]){ __VA_ARGS__, NULL })

static enum options_verdict parse(const char *const *words)
{
        static char name[] = "program";

        argv_free(&argv);
        memset(values, 0x5a, sizeof(values));
        memset(&complaint, 0x5a, sizeof(complaint));
        argv_make(&argv, name, words);
        return option_table_parse(&table, argv.count, argv.words, values, &rest, &complaint);
}

static void expect_wrong(const char *why, const char *const *words)
{
        ck_assert_int_eq(parse(words), OPTIONS_WRONG);
        ck_assert_str_eq(complaint.text, why);
}

START_TEST(values_not_given_are_the_defaults)
{
        ck_assert_int_eq(PARSE(NULL), OPTIONS_RUN);
        ck_assert_uint_eq(values[NUMBER].number, 7);
        ck_assert_uint_eq(values[SIZE].number, 2048);
        ck_assert_uint_eq(values[DURATION].number, UINT64_C(5000000000));
        ck_assert_uint_eq(values[COLOUR].number, 1);
        for (unsigned i = 0; i < ROW_COUNT; i++)
                ck_assert(!values[i].is_given);
}
END_TEST

START_TEST(values_without_default_are_nothing)
{
        ck_assert_int_eq(PARSE(NULL), OPTIONS_RUN);
        for (unsigned i = ANY_FILE; i < ROW_COUNT; i++) {
                ck_assert_uint_eq(values[i].number, 0);
                ck_assert_ptr_null(values[i].text);
        }
}
END_TEST

START_TEST(given_value_is_told_from_an_equal_default)
{
        ck_assert_int_eq(PARSE("-n7"), OPTIONS_RUN);
        ck_assert_uint_eq(values[NUMBER].number, 7);
        ck_assert(values[NUMBER].is_given);
        ck_assert(!values[SIZE].is_given);
}
END_TEST

START_TEST(each_value_is_in_the_place_of_its_row)
{
        ck_assert_int_eq(PARSE("--size=1M", "--duration", "1ms", "--colour=blue", "--only=one",
                               "-f", "x", "--picture=a.svg", "--word=w", "--flag", "--unset=1",
                               "-n5"),
                         OPTIONS_RUN);
        ck_assert_uint_eq(values[NUMBER].number, 5);
        ck_assert_uint_eq(values[SIZE].number, 1 << 20);
        ck_assert_uint_eq(values[DURATION].number, 1000000);
        ck_assert_uint_eq(values[COLOUR].number, 2);
        ck_assert_uint_eq(values[ONLY].number, 0);
        ck_assert_str_eq(values[ANY_FILE].text, "x");
        ck_assert_str_eq(values[PICTURE].text, "a.svg");
        ck_assert_str_eq(values[WORD].text, "w");
        ck_assert_uint_eq(values[UNSET].number, 1);
        for (unsigned i = 0; i <= UNSET; i++)
                ck_assert(values[i].is_given);
}
END_TEST

START_TEST(words_that_are_no_options_stay_in_their_order)
{
        ck_assert_int_eq(PARSE("a", "-F", "b", "--", "--flag"), OPTIONS_RUN);
        ck_assert_str_eq(rest[0], "a");
        ck_assert_str_eq(rest[1], "b");
        ck_assert_str_eq(rest[2], "--flag");
        ck_assert_ptr_null(rest[3]);
}
END_TEST

START_TEST(flag_takes_no_value)
{
        EXPECT_WRONG("--flag: `1`: expected no value", "--flag=1");
        ck_assert_int_eq(PARSE("-F", "1"), OPTIONS_RUN);
        ck_assert_str_eq(rest[0], "1");
}
END_TEST

START_TEST(number_out_of_range_is_named_with_its_range)
{
        EXPECT_WRONG("--number: `4`: expected a number from 5 to 9", "-n4");
        EXPECT_WRONG("--number: `10`: expected a number from 5 to 9", "--number=10");
        EXPECT_WRONG("--size: `1023`: expected a size such as 512, 64K, 8M or 1G, from 1K to 1M",
                     "--size=1023");
        EXPECT_WRONG("--size: no value: expected a size such as 512, 64K, 8M or 1G, from 1K to 1M",
                     "--size");
        EXPECT_WRONG(
            "--duration: `0`: expected a duration such as 250ms, 5s, 2m or 1h, from 1ms to 1h",
            "--duration=0");
        EXPECT_WRONG(
            "--duration: `2h`: expected a duration such as 250ms, 5s, 2m or 1h, from 1ms to 1h",
            "--duration=2h");
}
END_TEST

START_TEST(choice_is_one_of_its_words)
{
        EXPECT_WRONG("--colour: `Red`: expected red, green or blue", "--colour=Red");
        EXPECT_WRONG("--colour: ``: expected red, green or blue", "--colour=");
        EXPECT_WRONG("--colour: `redd`: expected red, green or blue", "--colour=redd");
        EXPECT_WRONG("--only: `two`: expected one", "--only=two");
}
END_TEST

START_TEST(file_is_any_text_but_none)
{
        EXPECT_WRONG("--file: ``: expected a file", "--file=");
        EXPECT_WRONG("--file: no value: expected a file", "-f");
        ck_assert_int_eq(PARSE("-f-"), OPTIONS_RUN);
        ck_assert_str_eq(values[ANY_FILE].text, "-");
}
END_TEST

START_TEST(word_is_any_text_but_none)
{
        EXPECT_WRONG("--word: ``: expected A|B", "--word=");
        EXPECT_WRONG("--word: no value: expected A|B", "--word");
        ck_assert_int_eq(PARSE("--word", "x", "--word= "), OPTIONS_RUN);
        ck_assert_str_eq(values[WORD].text, " ");
}
END_TEST

START_TEST(file_with_endings_has_one_of_them)
{
        EXPECT_WRONG("--picture: `a.gif`: expected a file that ends in .svg or .png",
                     "--picture=a.gif");
        EXPECT_WRONG("--picture: `svg`: expected a file that ends in .svg or .png",
                     "--picture=svg");
        EXPECT_WRONG("--picture: `a.svg.`: expected a file that ends in .svg or .png",
                     "--picture=a.svg.");
        ck_assert_int_eq(PARSE("--picture=b.png"), OPTIONS_RUN);
        ck_assert_str_eq(values[PICTURE].text, "b.png");
}
END_TEST

START_TEST(bad_value_leaves_the_earlier_one)
{
        ck_assert_int_eq(PARSE("-n6", "-n10"), OPTIONS_WRONG);
        ck_assert_uint_eq(values[NUMBER].number, 6);
}
END_TEST

START_TEST(planned_option_is_refused_by_name)
{
        EXPECT_WRONG("--later: not part of this version", "-lx");
        EXPECT_WRONG("`--latter`: no such option, the nearest is --later, not part of this version",
                     "--latter");
}
END_TEST

START_TEST(verdicts_are_those_of_their_kind)
{
        ck_assert_int_eq(PARSE("-h", "--nonsense"), OPTIONS_HELP);
        ck_assert_int_eq(PARSE("--version"), OPTIONS_VERSION);
        ck_assert_int_eq(PARSE("--nonsense"), OPTIONS_WRONG);
}
END_TEST

START_TEST(help_is_the_rows_of_this_version)
{
        static const char expected[] =
            "First:\n"
            "  -n, --number N            a number [seven]\n"
            "      --size SIZE           a size [2K]\n"
            "      --duration T          a duration [5s]\n"
            "      --colour C            a colour [green]\n"
            "      --only O              one\n"
            "  -f, --file FILE           any file\n"
            "      --picture FILE        a picture\n"
            "      --word A|B            a word\n"
            "  -F, --flag                a flag\n"
            "      --unset N             no default\n"
            "\nLast:\n"
            "  -h, --help                help\n"
            "      --version             version\n";
        char help[1024] = "";
        FILE *to = fmemopen(help, sizeof(help), "w");

        ck_assert_ptr_nonnull(to);
        option_table_help(&table, to);
        ck_assert_int_eq(fclose(to), 0);
        ck_assert_str_eq(help, expected);
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                values_not_given_are_the_defaults,
                values_without_default_are_nothing,
                given_value_is_told_from_an_equal_default,
                each_value_is_in_the_place_of_its_row,
                words_that_are_no_options_stay_in_their_order,
                flag_takes_no_value,
                number_out_of_range_is_named_with_its_range,
                choice_is_one_of_its_words,
                file_is_any_text_but_none,
                word_is_any_text_but_none,
                file_with_endings_has_one_of_them,
                bad_value_leaves_the_earlier_one,
                planned_option_is_refused_by_name,
                verdicts_are_those_of_their_kind,
                help_is_the_rows_of_this_version,
        };

        return SUITE_RUN("option table", tests);
}
