/* SPDX-License-Identifier: MIT */
/* Decisions by a seed or by bytes, and the payload of simulated connections. */
#include "support/choice.h"

#include <string.h>

#include "suite.h"
#include "support/pattern.h"
#include "support/payload.h"

enum { DRAWS = 2000, PERIOD = 65536 };

static const uint32_t limits[] = { 1, 2, 3, 255, 256, 257, 65535, 65536 };
enum { LIMIT_COUNT = sizeof(limits) / sizeof(limits[0]) };

START_TEST(exhausted_bytes_decide_the_tame_way_for_ever)
{
        struct choice choice = choice_from_bytes(NULL, 0);

        ck_assert(choice_is_exhausted(&choice));
        for (unsigned i = 0; i < DRAWS; i++) {
                ck_assert_uint_eq(choice_below(&choice, limits[i % LIMIT_COUNT]), 0);
                ck_assert_uint_eq(choice_part(&choice), 65535);
                ck_assert_uint_eq(choice_size(&choice, 1 + i), 1);
        }
}
END_TEST

START_TEST(bytes_run_out_after_the_last)
{
        static const uint8_t bytes[] = { 5, 1, 2, 255 };
        struct choice choice = choice_from_bytes(bytes, sizeof(bytes));

        ck_assert_uint_eq(choice_below(&choice, 256), 5);
        ck_assert_uint_eq(choice_below(&choice, 65536), 0x201);
        ck_assert(!choice_is_exhausted(&choice));
        ck_assert_uint_eq(choice_part(&choice), 0);
        ck_assert(choice_is_exhausted(&choice));
        ck_assert_uint_eq(choice_below(&choice, 256), 0);
}
END_TEST

START_TEST(seed_is_never_exhausted)
{
        struct choice choice = choice_from_seed(0);

        for (unsigned i = 0; i < DRAWS; i++)
                (void)choice_below(&choice, 2);
        ck_assert(!choice_is_exhausted(&choice));
}
END_TEST

START_TEST(same_seed_decides_the_same_and_another_differs)
{
        struct choice one = choice_from_seed(42);
        struct choice same = choice_from_seed(42);
        struct choice other = choice_from_seed(43);
        unsigned different = 0;

        for (unsigned i = 0; i < DRAWS; i++) {
                uint32_t value = choice_below(&one, 65536);
                ck_assert_uint_eq(choice_below(&same, 65536), value);
                different += choice_below(&other, 65536) != value;
        }
        ck_assert_uint_gt(different, DRAWS / 2);
}
END_TEST

static void expect_bounds(struct choice *choice)
{
        for (unsigned i = 0; i < DRAWS; i++) {
                uint32_t limit = limits[i % LIMIT_COUNT];
                ck_assert_uint_lt(choice_below(choice, limit), limit);
                ck_assert_uint_lt(choice_part(choice), 65536);
                uint32_t size = choice_size(choice, limit);
                ck_assert(size >= 1 && size <= limit);
        }
}

START_TEST(choices_stay_within_their_bounds)
{
        static uint8_t bytes[8 * DRAWS];
        struct choice choice = choice_from_seed(7);

        expect_bounds(&choice);
        choice = choice_from_seed(7);
        for (unsigned i = 0; i < sizeof(bytes); i++)
                bytes[i] = (uint8_t)choice_below(&choice, 256);
        choice = choice_from_bytes(bytes, sizeof(bytes));
        expect_bounds(&choice);
        memset(bytes, 255, sizeof(bytes));
        choice = choice_from_bytes(bytes, sizeof(bytes));
        expect_bounds(&choice);
}
END_TEST

START_TEST(every_value_below_a_limit_is_decided)
{
        struct choice choice = choice_from_seed(1);
        bool is_seen[16] = { false };
        bool is_size_seen[17] = { false };

        for (unsigned i = 0; i < DRAWS; i++) {
                is_seen[choice_below(&choice, 16)] = true;
                is_size_seen[choice_size(&choice, 16)] = true;
        }
        for (unsigned i = 0; i < 16; i++)
                ck_assert(is_seen[i] && is_size_seen[i + 1]);
}
END_TEST

START_TEST(payload_is_the_same_whatever_the_portions)
{
        static unsigned char whole[3 * PERIOD];
        static unsigned char part[3 * PERIOD];
        static const uint32_t sizes[] = { 1, 100, PERIOD - 1, PERIOD, PERIOD + 1 };

        payload_fill(whole, sizeof(whole), 3, 12345);
        for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
                for (uint32_t at = 0; at < sizeof(part); at += sizes[i]) {
                        uint32_t left = (uint32_t)sizeof(part) - at;
                        payload_fill(part + at, left < sizes[i] ? left : sizes[i], 3, 12345 + at);
                }
                ck_assert_mem_eq(part, whole, sizeof(whole));
        }
        ck_assert(payload_matches(whole, sizeof(whole), 3, 12345));
}
END_TEST

START_TEST(payload_is_the_pattern)
{
        static unsigned char data[PERIOD];

        payload_fill(data, sizeof(data), 0, 0);
        ck_assert_uint_eq(pattern_check(data, sizeof(data), 0, 0), sizeof(data));
}
END_TEST

START_TEST(one_wrong_byte_is_no_match)
{
        static unsigned char data[PERIOD + 100];
        static const uint32_t places[] = { 0, 1, PERIOD - 1, PERIOD, sizeof(data) - 1 };

        payload_fill(data, sizeof(data), 9, 0);
        for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
                data[places[i]] ^= 128;
                ck_assert(!payload_matches(data, sizeof(data), 9, 0));
                data[places[i]] ^= 128;
        }
        ck_assert(payload_matches(data, sizeof(data), 9, 0));
}
END_TEST

START_TEST(other_place_or_connection_is_no_match)
{
        unsigned char data[64];

        payload_fill(data, sizeof(data), 5, 1000);
        for (unsigned i = 1; i < 300; i++) {
                ck_assert(!payload_matches(data, sizeof(data), 5, 1000 + i));
                ck_assert(!payload_matches(data, sizeof(data), 5 + i, 1000));
        }
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                exhausted_bytes_decide_the_tame_way_for_ever,
                bytes_run_out_after_the_last,
                seed_is_never_exhausted,
                same_seed_decides_the_same_and_another_differs,
                choices_stay_within_their_bounds,
                every_value_below_a_limit_is_decided,
                payload_is_the_same_whatever_the_portions,
                payload_is_the_pattern,
                one_wrong_byte_is_no_match,
                other_place_or_connection_is_no_match,
        };

        return SUITE_RUN("choice", tests);
}
