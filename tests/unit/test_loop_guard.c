/* SPDX-License-Identifier: MIT */
#include "core/loop_guard.h"

#include <string.h>

#include "suite.h"
#include "support/ips.h"

enum { ENTRIES = 64 * LOOP_GUARD_WAYS, FIRST_REFUSED = LOOP_GUARD_REPEATS + LOOP_GUARD_INTERVAL };

#define HOUR UINT64_C(3600000000000)

static const struct siphash_key key = { { 5, 6 } };
static struct loop_guard_entry entries[ENTRIES];
static struct loop_guard guard;
static uint64_t now_ns;

static void start(void)
{
        loop_guard_init(&guard, entries, ENTRIES, &key);
        now_ns = HOUR;
}

/* All in one set. */
static void start_smallest(void)
{
        loop_guard_init(&guard, entries, LOOP_GUARD_WAYS, &key);
        now_ns = HOUR;
}

/* The n-th identity, never in another's place by chance. */
static uint64_t identity_number(uint64_t number)
{
        return (number + 1) << 32 | number;
}

/* The datagram comes `count` times, each a gap after the one before; returns how many are refused.
 */
static uint32_t repeat(uint64_t identity, uint32_t count, uint64_t gap_ns)
{
        uint32_t refused = 0;

        for (uint32_t i = 0; i < count; i++) {
                now_ns += gap_ns;
                refused += !loop_guard_admit(&guard, identity, now_ns);
        }
        return refused;
}

START_TEST(every_64th_of_fast_repeats_is_refused_after_a_thousand)
{
        start();
        for (unsigned i = 0; i <= 5000; i++) {
                bool is_due =
                    i >= FIRST_REFUSED && (i - LOOP_GUARD_REPEATS) % LOOP_GUARD_INTERVAL == 0;
                ck_assert_int_eq(loop_guard_admit(&guard, 7, now_ns + i), !is_due);
        }
}
END_TEST

START_TEST(the_same_instant_is_fast)
{
        start();
        ck_assert_uint_eq(repeat(7, FIRST_REFUSED + 1, 0), 1);
}
END_TEST

START_TEST(just_less_than_the_gap_is_fast)
{
        start();
        ck_assert_uint_eq(repeat(7, FIRST_REFUSED, LOOP_GUARD_GAP_NS - 1), 0);
        ck_assert_uint_eq(repeat(7, 1, LOOP_GUARD_GAP_NS - 1), 1);
}
END_TEST

START_TEST(ten_a_second_are_not_fast)
{
        start();
        ck_assert_uint_eq(repeat(7, 10000, LOOP_GUARD_GAP_NS), 0);
}
END_TEST

START_TEST(one_gap_starts_the_count_anew)
{
        start();
        ck_assert_uint_eq(repeat(7, FIRST_REFUSED, 1), 0);
        ck_assert_uint_eq(repeat(7, 1, LOOP_GUARD_GAP_NS), 0);
        ck_assert_uint_eq(repeat(7, FIRST_REFUSED - 1, 1), 0);
        ck_assert_uint_eq(repeat(7, 1, 1), 1);
}
END_TEST

START_TEST(a_gap_is_needed_to_be_forgiven_once_refused)
{
        start();
        ck_assert_uint_eq(repeat(7, FIRST_REFUSED + 1, 1), 1);
        ck_assert_uint_eq(repeat(7, 63, 1), 0);
        ck_assert_uint_eq(repeat(7, 1, 1), 1);
        now_ns += LOOP_GUARD_GAP_NS;
        ck_assert_uint_eq(repeat(7, FIRST_REFUSED, 1), 0);
}
END_TEST

START_TEST(a_payload_that_changes_is_never_refused)
{
        uint32_t refused = 0;

        start();
        for (uint64_t i = 0; i < 100000; i++)
                refused += !loop_guard_admit(&guard, identity_number(i), now_ns);
        ck_assert_uint_eq(refused, 0);
}
END_TEST

START_TEST(loops_are_counted_separately)
{
        start();
        for (unsigned i = 0; i < FIRST_REFUSED; i++)
                for (uint64_t loop = 0; loop < 3; loop++)
                        ck_assert(loop_guard_admit(&guard, identity_number(loop), now_ns));
        for (uint64_t loop = 0; loop < 3; loop++)
                ck_assert(!loop_guard_admit(&guard, identity_number(loop), now_ns));
}
END_TEST

START_TEST(identities_of_one_set_are_told_apart)
{
        start_smallest();
        for (unsigned i = 0; i < FIRST_REFUSED; i++)
                for (uint64_t loop = 0; loop < LOOP_GUARD_WAYS; loop++)
                        ck_assert(loop_guard_admit(&guard, identity_number(loop), now_ns));
        for (uint64_t loop = 0; loop < LOOP_GUARD_WAYS; loop++)
                ck_assert(!loop_guard_admit(&guard, identity_number(loop), now_ns));
}
END_TEST

START_TEST(newcomers_take_the_place_of_who_repeats_least)
{
        start_smallest();
        for (uint64_t loop = 0; loop < LOOP_GUARD_WAYS; loop++)
                ck_assert_uint_eq(repeat(identity_number(loop), loop == 2 ? 400 : 500, 1), 0);
        ck_assert_uint_eq(repeat(identity_number(100), 1, 1), 0);
        ck_assert_uint_eq(repeat(identity_number(101), 1, 1), 0);
        ck_assert_uint_eq(repeat(identity_number(2), FIRST_REFUSED, 1), 0);
        for (uint64_t loop = 0; loop < LOOP_GUARD_WAYS; loop++)
                if (loop != 2)
                        ck_assert_uint_eq(repeat(identity_number(loop), FIRST_REFUSED - 499, 1), 1);
}
END_TEST

START_TEST(a_loop_that_is_over_makes_room_whatever_it_had)
{
        start_smallest();
        ck_assert_uint_eq(repeat(identity_number(0), 900, 1), 0);
        now_ns += LOOP_GUARD_GAP_NS;
        for (uint64_t loop = 1; loop < LOOP_GUARD_WAYS; loop++)
                ck_assert_uint_eq(repeat(identity_number(loop), 2, 1), 0);
        ck_assert_uint_eq(repeat(identity_number(100), 2, 1), 0);
        for (uint64_t loop = 1; loop < LOOP_GUARD_WAYS; loop++)
                ck_assert_uint_eq(repeat(identity_number(loop), FIRST_REFUSED - 1, 1), 1);
}
END_TEST

START_TEST(what_the_memory_held_before_does_not_matter)
{
        memset(entries, 0xff, sizeof(entries));
        start();
        now_ns = 0;
        ck_assert_uint_eq(repeat(0, FIRST_REFUSED, 0), 0);
        ck_assert_uint_eq(repeat(0, 1, 0), 1);
        ck_assert_uint_eq(repeat(UINT64_MAX, FIRST_REFUSED, 0), 0);
}
END_TEST

static uint64_t identify(const char *source, uint16_t port, const void *payload, uint32_t size)
{
        return loop_guard_identify(&guard, ips_parse(source), port, payload, size);
}

START_TEST(the_same_datagram_has_the_same_identity)
{
        start();
        ck_assert_uint_eq(identify("192.0.2.1", 7, "hello", 5),
                          identify("192.0.2.1", 7, "hello", 5));
        ck_assert_uint_eq(identify("192.0.2.1", 7, "hello", 5),
                          identify("::ffff:192.0.2.1", 7, "hello", 5));
        ck_assert_uint_eq(identify("192.0.2.1", 7, NULL, 0), identify("192.0.2.1", 7, "", 0));
}
END_TEST

START_TEST(whatever_differs_makes_another_identity)
{
        uint64_t identity;

        start();
        identity = identify("192.0.2.1", 7, "hello", 5);
        ck_assert_uint_ne(identity, identify("192.0.2.2", 7, "hello", 5));
        ck_assert_uint_ne(identity, identify("2001:db8::1", 7, "hello", 5));
        ck_assert_uint_ne(identity, identify("192.0.2.1", 8, "hello", 5));
        ck_assert_uint_ne(identity, identify("192.0.2.1", 7, "hella", 5));
        ck_assert_uint_ne(identity, identify("192.0.2.1", 7, "hell", 4));
        ck_assert_uint_ne(identity, identify("192.0.2.1", 7, "hello\0", 6));
        ck_assert_uint_ne(identify("2001:db8::1", 7, "", 0), identify("2001:db8::2", 7, "", 0));
        ck_assert_uint_ne(identify("2001:db8::1", 7, "", 0), identify("2001:db9::1", 7, "", 0));
        guard.key.words[0]++;
        ck_assert_uint_ne(identity, identify("192.0.2.1", 7, "hello", 5));
}
END_TEST

START_TEST(entries_are_quarter_cache_lines)
{
        ck_assert_uint_eq(sizeof(struct loop_guard_entry) * LOOP_GUARD_WAYS, 64);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                every_64th_of_fast_repeats_is_refused_after_a_thousand,
                the_same_instant_is_fast,
                just_less_than_the_gap_is_fast,
                ten_a_second_are_not_fast,
                one_gap_starts_the_count_anew,
                a_gap_is_needed_to_be_forgiven_once_refused,
                a_payload_that_changes_is_never_refused,
                loops_are_counted_separately,
                identities_of_one_set_are_told_apart,
                newcomers_take_the_place_of_who_repeats_least,
                a_loop_that_is_over_makes_room_whatever_it_had,
                what_the_memory_held_before_does_not_matter,
                the_same_datagram_has_the_same_identity,
                whatever_differs_makes_another_identity,
                entries_are_quarter_cache_lines,
        };

        return SUITE_RUN("loop guard", tests);
}
