/* SPDX-License-Identifier: MIT */
#include "words/suggest.h"

#include <string.h>

#include "suite.h"

static const char *const names[] = {
        "max-connections", "max-connections-per-source", "idle-timeout", "help", "user",
};

enum { NAME_COUNT = sizeof(names) / sizeof(names[0]) };

static const char *nearest(const char *word)
{
        return suggest_nearest(word, strlen(word), names, NAME_COUNT);
}

START_TEST(name_itself_is_nearest)
{
        for (unsigned i = 0; i < NAME_COUNT; i++)
                ck_assert_ptr_eq(nearest(names[i]), names[i]);
}
END_TEST

START_TEST(name_itself_is_nearer_than_a_longer_one_before_it)
{
        static const char *const longer_first[] = { "user-name", "user" };

        ck_assert_ptr_eq(suggest_nearest("user", 4, longer_first, 2), longer_first[1]);
}
END_TEST

START_TEST(added_letter_is_near)
{
        ck_assert_str_eq(nearest("heelp"), "help");
}
END_TEST

START_TEST(dropped_letter_is_near)
{
        ck_assert_str_eq(nearest("hlp"), "help");
        ck_assert_str_eq(nearest("idle-timout"), "idle-timeout");
}
END_TEST

START_TEST(changed_letter_is_near)
{
        ck_assert_str_eq(nearest("holp"), "help");
        ck_assert_str_eq(nearest("max_connections"), "max-connections");
}
END_TEST

START_TEST(swapped_letters_are_one_step)
{
        ck_assert_str_eq(nearest("hlep"), "help");
        ck_assert_str_eq(nearest("suer"), "user");
        ck_assert_str_eq(nearest("usre"), "user");
}
END_TEST

START_TEST(letters_farther_apart_are_not_swapped)
{
        ck_assert_ptr_null(nearest("rseu"));
}
END_TEST

START_TEST(half_a_swap_is_two_steps)
{
        ck_assert_ptr_null(nearest("hexl"));
        ck_assert_ptr_null(nearest("hpxl"));
}
END_TEST

START_TEST(a_third_of_the_word_may_differ)
{
        /* 3 of 9 letters, and 4 of 9. */
        static const char *const one[] = { "abcdefghi" };

        ck_assert_ptr_eq(suggest_nearest("xxxdefghi", 9, one, 1), one[0]);
        ck_assert_ptr_null(suggest_nearest("xxxxefghi", 9, one, 1));
}
END_TEST

START_TEST(fewest_changes_win)
{
        static const char *const two[] = { "drain-timeouts", "drain-timeout" };

        ck_assert_ptr_eq(suggest_nearest("drain-timeour", 13, two, 2), two[1]);
}
END_TEST

START_TEST(first_of_equally_near_names_wins)
{
        static const char *const two[] = { "bat", "cat" };

        ck_assert_ptr_eq(suggest_nearest("rat", 3, two, 2), two[0]);
}
END_TEST

START_TEST(beginning_is_near_however_long_the_rest)
{
        ck_assert_str_eq(nearest("idle"), "idle-timeout");
        ck_assert_str_eq(nearest("id"), "idle-timeout");
}
END_TEST

START_TEST(first_name_with_the_beginning_wins)
{
        ck_assert_ptr_eq(nearest("max"), names[0]);
}
END_TEST

START_TEST(beginning_wins_over_a_near_name_before_it)
{
        static const char *const two[] = { "user", "uses-everything" };

        ck_assert_ptr_eq(suggest_nearest("uses", 4, two, 2), two[1]);
}
END_TEST

START_TEST(single_letter_begins_nothing)
{
        ck_assert_ptr_null(nearest("h"));
}
END_TEST

START_TEST(nothing_is_near_to_an_empty_word)
{
        ck_assert_ptr_null(nearest(""));
}
END_TEST

START_TEST(nothing_is_near_to_a_strange_word)
{
        ck_assert_ptr_null(nearest("pineapple"));
}
END_TEST

START_TEST(nothing_is_near_to_a_very_long_word)
{
        char word[1000];

        memset(word, 'x', sizeof(word));
        ck_assert_ptr_null(suggest_nearest(word, sizeof(word), names, NAME_COUNT));
        /* The first one with a third of it longer than all names, and the limits. */
        ck_assert_ptr_null(suggest_nearest(word, 90, names, NAME_COUNT));
        ck_assert_ptr_null(suggest_nearest(word, SUGGEST_WORD_MAX + 1, names, NAME_COUNT));
        ck_assert_ptr_null(suggest_nearest(word, SUGGEST_WORD_MAX, names, NAME_COUNT));
}
END_TEST

START_TEST(longest_word_and_name_are_compared)
{
        static const char *const longest[] = { "12345678901234567890123456789012345678901234567x" };
        const char *word = "12345678901234567890123456789012345678901234567y";

        ck_assert_uint_eq(strlen(word), SUGGEST_WORD_MAX);
        ck_assert_ptr_eq(suggest_nearest(word, strlen(word), longest, 1), longest[0]);
}
END_TEST

START_TEST(name_that_is_too_long_is_never_near)
{
        static const char *const longer[] = { "1234567890123456789012345678901234567890123456789" };

        ck_assert_ptr_null(suggest_nearest(longer[0], SUGGEST_WORD_MAX, longer, 1));
}
END_TEST

START_TEST(word_needs_no_end)
{
        ck_assert_str_eq(suggest_nearest("hepl=5", 4, names, NAME_COUNT), "help");
        ck_assert_str_eq(suggest_nearest("user=5", 4, names, NAME_COUNT), "user");
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                name_itself_is_nearest,
                name_itself_is_nearer_than_a_longer_one_before_it,
                added_letter_is_near,
                dropped_letter_is_near,
                changed_letter_is_near,
                swapped_letters_are_one_step,
                letters_farther_apart_are_not_swapped,
                half_a_swap_is_two_steps,
                a_third_of_the_word_may_differ,
                fewest_changes_win,
                first_of_equally_near_names_wins,
                beginning_is_near_however_long_the_rest,
                first_name_with_the_beginning_wins,
                beginning_wins_over_a_near_name_before_it,
                single_letter_begins_nothing,
                nothing_is_near_to_an_empty_word,
                nothing_is_near_to_a_strange_word,
                nothing_is_near_to_a_very_long_word,
                longest_word_and_name_are_compared,
                name_that_is_too_long_is_never_near,
                word_needs_no_end,
        };

        return SUITE_RUN("suggest", tests);
}
