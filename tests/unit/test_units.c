/* SPDX-License-Identifier: MIT */
#include "probe/units.h"

#include "suite.h"

static const char *duration(double ns)
{
        static char text[UNITS_TEXT_SIZE];

        units_duration(text, ns);
        return text;
}

static const char *size(double bytes)
{
        static char text[UNITS_TEXT_SIZE];

        units_size(text, bytes);
        return text;
}

START_TEST(durations_have_three_digits_and_a_unit)
{
        ck_assert_str_eq(duration(0), "0 ns");
        ck_assert_str_eq(duration(812), "812 ns");
        ck_assert_str_eq(duration(999), "999 ns");
        ck_assert_str_eq(duration(1000), "1.00 µs");
        ck_assert_str_eq(duration(11249), "11.2 µs");
        ck_assert_str_eq(duration(265432), "265 µs");
        ck_assert_str_eq(duration(1020000), "1.02 ms");
        ck_assert_str_eq(duration(5002000000), "5.00 s");
}
END_TEST

START_TEST(rounding_does_not_make_a_fourth_digit)
{
        ck_assert_str_eq(duration(9994), "9.99 µs");
        ck_assert_str_eq(duration(9996), "10.0 µs");
        ck_assert_str_eq(duration(99960), "100 µs");
        ck_assert_str_eq(duration(999499), "999 µs");
        ck_assert_str_eq(duration(999500), "1.00 ms");
}
END_TEST

START_TEST(part_of_the_least_unit_is_shown)
{
        ck_assert_str_eq(duration(0.5), "0.50 ns");
        ck_assert_str_eq(size(64.26), "64.3 B");
        ck_assert_str_eq(size(-64.26), "-64.3 B");
}
END_TEST

START_TEST(greatest_unit_takes_the_rest)
{
        ck_assert_str_eq(duration(3600e9), "3600 s");
        ck_assert_str_eq(size(1.5e15), "1500 TB");
        ck_assert_str_eq(size(18446744073709551615.0), "18446744 TB");
}
END_TEST

START_TEST(sizes_are_counted_by_thousands)
{
        ck_assert_str_eq(size(64), "64 B");
        ck_assert_str_eq(size(1024), "1.02 KB");
        ck_assert_str_eq(size(77014080), "77.0 MB");
        ck_assert_str_eq(size(3.1e9), "3.10 GB");
}
END_TEST

START_TEST(character_of_several_bytes_takes_one_column)
{
        ck_assert_uint_eq(units_columns(""), 0);
        ck_assert_uint_eq(units_columns("11.2 µs"), 7);
        ck_assert_uint_eq(units_columns("11.2 ms"), 7);
        ck_assert_uint_eq(units_columns("\u2026"), 1);
}
END_TEST

START_TEST(what_could_command_a_terminal_is_escaped)
{
        char text[64];

        units_printable(text, sizeof(text), "unix:/a b\x1b[2J\xc3\xa9\n~");
        ck_assert_str_eq(text, "unix:/a b\\x1b[2J\\xc3\\xa9\\x0a~");
}
END_TEST

START_TEST(printable_text_is_cut_between_characters)
{
        char text[6];

        units_printable(text, sizeof(text), "12345");
        ck_assert_str_eq(text, "12345");
        units_printable(text, sizeof(text), "123456");
        ck_assert_str_eq(text, "12345");
        units_printable(text, sizeof(text), "12\n");
        ck_assert_str_eq(text, "12");
        units_printable(text, 1, "12");
        ck_assert_str_eq(text, "");
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                durations_have_three_digits_and_a_unit,
                rounding_does_not_make_a_fourth_digit,
                part_of_the_least_unit_is_shown,
                greatest_unit_takes_the_rest,
                sizes_are_counted_by_thousands,
                character_of_several_bytes_takes_one_column,
                what_could_command_a_terminal_is_escaped,
                printable_text_is_cut_between_characters,
        };

        return SUITE_RUN("units", tests);
}
