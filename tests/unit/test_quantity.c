/* SPDX-License-Identifier: MIT */
#include "words/quantity.h"

#include "suite.h"

typedef bool quantity_reader(const char *text, uint64_t *ret_value);

static const uint64_t untouched = UINT64_C(0xdeadbeefdeadbeef);

static void expect(quantity_reader *reader, const char *text, uint64_t expected)
{
        uint64_t value = untouched;

        ck_assert_msg(reader(text, &value), "`%s` was rejected", text);
        ck_assert_msg(value == expected, "`%s` was read as %ju", text, (uintmax_t)value);
}

static void expect_rejected(quantity_reader *reader, const char *text)
{
        uint64_t value = untouched;

        ck_assert_msg(!reader(text, &value), "`%s` was read as %ju", text, (uintmax_t)value);
        ck_assert_msg(value == untouched, "`%s` was rejected, but written", text);
}

static void expect_rejected_by_all(const char *text)
{
        expect_rejected(quantity_count, text);
        expect_rejected(quantity_size, text);
        expect_rejected(quantity_duration, text);
}

START_TEST(count_is_decimal_digits)
{
        expect(quantity_count, "0", 0);
        expect(quantity_count, "9", 9);
        expect(quantity_count, "10", 10);
        expect(quantity_count, "1234567890", 1234567890);
}
END_TEST

START_TEST(leading_zeros_change_nothing)
{
        expect(quantity_count, "0000000000000000000000000007", 7);
        expect(quantity_size, "08K", 8192);
        expect(quantity_duration, "0s", 0);
        expect(quantity_duration, "010ms", 10000000);
}
END_TEST

START_TEST(count_has_no_unit)
{
        expect_rejected(quantity_count, "1K");
        expect_rejected(quantity_count, "1s");
}
END_TEST

START_TEST(largest_count_is_2_to_the_64_minus_1)
{
        expect(quantity_count, "18446744073709551615", UINT64_MAX);
}
END_TEST

START_TEST(count_of_2_to_the_64_is_rejected)
{
        expect_rejected(quantity_count, "18446744073709551616");
        expect_rejected(quantity_count, "18446744073709551620");
        expect_rejected(quantity_count, "184467440737095516150");
}
END_TEST

START_TEST(size_without_unit_is_bytes)
{
        expect(quantity_size, "0", 0);
        expect(quantity_size, "512", 512);
}
END_TEST

START_TEST(size_units_are_powers_of_1024)
{
        expect(quantity_size, "64K", 65536);
        expect(quantity_size, "8M", 8388608);
        expect(quantity_size, "1G", 1073741824);
}
END_TEST

START_TEST(size_takes_no_other_unit)
{
        static const char *const texts[] = {
                "1k", "1m", "1g", "1T", "1KB", "1KiB", "1B", "1KK", "1s", "1K1",
        };

        for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                expect_rejected(quantity_size, texts[i]);
}
END_TEST

START_TEST(size_of_2_to_the_64_is_rejected)
{
        expect(quantity_size, "18446744073709551615", UINT64_MAX);
        expect_rejected(quantity_size, "18446744073709551616");
        expect(quantity_size, "18014398509481983K", UINT64_MAX - 1023);
        expect_rejected(quantity_size, "18014398509481984K");
        expect(quantity_size, "17592186044415M", UINT64_MAX - 1048575);
        expect_rejected(quantity_size, "17592186044416M");
        expect(quantity_size, "17179869183G", UINT64_MAX - 1073741823);
        expect_rejected(quantity_size, "17179869184G");
}
END_TEST

START_TEST(duration_units_are_exact_in_nanoseconds)
{
        expect(quantity_duration, "250ms", 250000000);
        expect(quantity_duration, "5s", 5000000000);
        expect(quantity_duration, "2m", 120000000000);
        expect(quantity_duration, "1h", 3600000000000);
}
END_TEST

START_TEST(bare_zero_is_a_duration)
{
        expect(quantity_duration, "0", 0);
}
END_TEST

START_TEST(other_durations_need_a_unit)
{
        expect_rejected(quantity_duration, "5");
        expect_rejected(quantity_duration, "00");
}
END_TEST

START_TEST(duration_takes_no_other_unit)
{
        static const char *const texts[] = {
                "1S", "1M", "1H", "1MS", "1us", "1ns", "1d", "1sec", "1m30s", "1mss", "1K",
        };

        for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                expect_rejected(quantity_duration, texts[i]);
}
END_TEST

START_TEST(duration_of_2_to_the_64_ns_is_rejected)
{
        expect(quantity_duration, "18446744073709ms", UINT64_C(18446744073709000000));
        expect_rejected(quantity_duration, "18446744073710ms");
        expect(quantity_duration, "18446744073s", UINT64_C(18446744073000000000));
        expect_rejected(quantity_duration, "18446744074s");
        expect(quantity_duration, "307445734m", UINT64_C(18446744040000000000));
        expect_rejected(quantity_duration, "307445735m");
        expect(quantity_duration, "5124095h", UINT64_C(18446742000000000000));
        expect_rejected(quantity_duration, "5124096h");
}
END_TEST

START_TEST(nothing_is_no_number)
{
        expect_rejected_by_all("");
}
END_TEST

START_TEST(unit_alone_is_no_number)
{
        expect_rejected(quantity_size, "K");
        expect_rejected(quantity_duration, "s");
        expect_rejected(quantity_duration, "ms");
}
END_TEST

START_TEST(sign_is_rejected)
{
        expect_rejected_by_all("+5");
        expect_rejected_by_all("-5");
        expect_rejected_by_all("-0");
        expect_rejected(quantity_size, "+5K");
        expect_rejected(quantity_duration, "-1s");
}
END_TEST

START_TEST(space_is_rejected)
{
        expect_rejected_by_all(" 5");
        expect_rejected_by_all("5 ");
        expect_rejected_by_all("0 ");
        expect_rejected_by_all("5\n");
        expect_rejected(quantity_size, "5 K");
        expect_rejected(quantity_duration, "5\ts");
}
END_TEST

START_TEST(fraction_is_rejected)
{
        expect_rejected_by_all("1.5");
        expect_rejected_by_all("1,5");
        expect_rejected(quantity_size, "1.5K");
        expect_rejected(quantity_duration, "1.5s");
}
END_TEST

START_TEST(other_notations_are_rejected)
{
        static const char *const texts[] = { "0x10", "1e3", "1_000", "ten", "/", ":", "5\xff" };

        for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                expect_rejected_by_all(texts[i]);
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                count_is_decimal_digits,
                leading_zeros_change_nothing,
                count_has_no_unit,
                largest_count_is_2_to_the_64_minus_1,
                count_of_2_to_the_64_is_rejected,
                size_without_unit_is_bytes,
                size_units_are_powers_of_1024,
                size_takes_no_other_unit,
                size_of_2_to_the_64_is_rejected,
                duration_units_are_exact_in_nanoseconds,
                bare_zero_is_a_duration,
                other_durations_need_a_unit,
                duration_takes_no_other_unit,
                duration_of_2_to_the_64_ns_is_rejected,
                nothing_is_no_number,
                unit_alone_is_no_number,
                sign_is_rejected,
                space_is_rejected,
                fraction_is_rejected,
                other_notations_are_rejected,
        };

        return SUITE_RUN("quantity", tests);
}
