/* SPDX-License-Identifier: MIT */
#include "words/complaint.h"

#include <string.h>

#include "suite.h"

static struct complaint complaint;

START_TEST(complaining_is_always_false)
{
        ck_assert(!complain(&complaint, "%s", "x"));
}
END_TEST

START_TEST(printable_text_is_kept)
{
        const char *text = " !\"#$%&'()*+,-./0123456789:;<=>?@AZ[\\]^_`az{|}~";

        (void)complain(&complaint, "%s", text);
        ck_assert_str_eq(complaint.text, text);
}
END_TEST

START_TEST(control_bytes_are_escaped)
{
        (void)complain(&complaint, "%s", "\x01 \t \n \x1b[31m \x1f \x7f");
        ck_assert_str_eq(complaint.text, "\\x01 \\x09 \\x0a \\x1b[31m \\x1f \\x7f");
}
END_TEST

START_TEST(bytes_beyond_ascii_are_escaped)
{
        (void)complain(&complaint, "%s", "\x80 \xc2\x9b \xff");
        ck_assert_str_eq(complaint.text, "\\x80 \\xc2\\x9b \\xff");
}
END_TEST

START_TEST(sentence_that_is_too_long_is_cut)
{
        char text[2 * sizeof(complaint.text)];

        memset(text, 'x', sizeof(text));
        text[sizeof(text) - 1] = '\0';
        (void)complain(&complaint, "%s", text);
        ck_assert_uint_eq(strlen(complaint.text), sizeof(complaint.text) - 1);
}
END_TEST

START_TEST(escape_is_never_cut)
{
        char text[sizeof(complaint.text)];

        for (size_t start = 0; start < 4; start++) {
                memset(text, 'x', start);
                memset(text + start, '\n', sizeof(text) - 1 - start);
                text[sizeof(text) - 1] = '\0';
                (void)complain(&complaint, "%s", text);
                size_t size = strlen(complaint.text);
                ck_assert_uint_ge(size, sizeof(complaint.text) - 4);
                ck_assert_uint_lt(size, sizeof(complaint.text));
                ck_assert_str_eq(complaint.text + size - 4, "\\x0a");
        }
}
END_TEST

START_TEST(word_is_quoted)
{
        struct complaint_word room;

        ck_assert_str_eq(complaint_word(&room, "5x", 2), "`5x`");
        ck_assert_str_eq(complaint_word(&room, "", 0), "``");
}
END_TEST

START_TEST(word_needs_no_end)
{
        struct complaint_word room;

        ck_assert_str_eq(complaint_word(&room, "abcdef", 3), "`abc`");
}
END_TEST

START_TEST(long_word_is_cut_and_says_so)
{
        struct complaint_word room;
        char word[4000];
        size_t most = sizeof(room.text) - sizeof("`...`");

        memset(word, 'x', sizeof(word));
        ck_assert_uint_eq(strlen(complaint_word(&room, word, most)), most + 2);
        ck_assert_ptr_null(strstr(room.text, "..."));
        (void)complaint_word(&room, word, most + 1);
        ck_assert_uint_eq(strlen(room.text), sizeof(room.text) - 1);
        ck_assert_str_eq(room.text + most + 1, "...`");
        (void)complaint_word(&room, word, sizeof(word));
        ck_assert_uint_eq(strlen(room.text), sizeof(room.text) - 1);
}
END_TEST

START_TEST(three_of_the_worst_words_leave_room_for_the_rest)
{
        struct complaint_word room;
        char word[4000];
        const char *rest = "expected something that takes a whole line to say, such as this one";

        memset(word, '\x1b', sizeof(word));
        (void)complaint_word(&room, word, sizeof(word));
        (void)complain(&complaint, "%s: %s: %s: %s", room.text, room.text, room.text, rest);
        ck_assert_ptr_nonnull(strstr(complaint.text, rest));
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                complaining_is_always_false,
                printable_text_is_kept,
                control_bytes_are_escaped,
                bytes_beyond_ascii_are_escaped,
                sentence_that_is_too_long_is_cut,
                escape_is_never_cut,
                word_is_quoted,
                word_needs_no_end,
                long_word_is_cut_and_says_so,
                three_of_the_worst_words_leave_room_for_the_rest,
        };

        return SUITE_RUN("complaint", tests);
}
