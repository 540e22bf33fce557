/* SPDX-License-Identifier: MIT */
/* Which answers leave as one message. */
#include "outbox_kernel.h"

START_TEST(answers_of_one_way_and_size_leave_as_one_message)
{
        start();
        put_sizes(3, (const uint32_t[]){ 100, 100, 100 });
        flush(1);
        check_letter(0, 300, 100);
        check_left(0, 3);
}
END_TEST

START_TEST(answer_alone_is_not_to_be_cut_up)
{
        start();
        put(&batch, 100);
        flush(1);
        check_letter(0, 100, 0);
        check_left(0, 1);
}
END_TEST

START_TEST(answers_that_lie_next_to_each_other_are_one_piece)
{
        start();
        put_at(&batch, data, 100);
        put_at(&batch, data + 100, 100);
        put_at(&batch, data + 201, 100);
        flush(1);
        check_letter(0, 300, 100);
        ck_assert_uint_eq(letters[0].vectors, 2);
        check_left(0, 3);
}
END_TEST

START_TEST(shorter_answer_ends_a_message)
{
        start();
        put_sizes(5, (const uint32_t[]){ 100, 100, 40, 40, 40 });
        flush(1);
        ck_assert_uint_eq(letter_count, 2);
        check_letter(0, 240, 100);
        check_letter(1, 80, 40);
        check_left(0, 5);
}
END_TEST

START_TEST(longer_answer_begins_a_message)
{
        start();
        put_sizes(3, (const uint32_t[]){ 40, 41, 41 });
        flush(1);
        ck_assert_uint_eq(letter_count, 2);
        check_letter(0, 40, 0);
        check_letter(1, 82, 41);
        check_left(0, 3);
}
END_TEST

START_TEST(empty_answers_leave_by_themselves)
{
        start();
        put_sizes(5, (const uint32_t[]){ 0, 0, 100, 0, 100 });
        flush(1);
        ck_assert_uint_eq(letter_count, 5);
        for (unsigned i = 0; i < 5; i++)
                check_letter(i, put_pieces[i].size, 0);
        check_left(0, 5);
}
END_TEST

START_TEST(message_is_of_64_answers_at_most)
{
        start();
        for (unsigned i = 0; i < 65; i++)
                put(&batch, 1);
        flush(1);
        check_letter(0, 64, 1);
        check_letter(1, 1, 0);
        check_left(0, 65);
}
END_TEST

START_TEST(message_is_of_65507_bytes_at_most)
{
        for (uint32_t last = 5507; last <= 5508; last++) {
                start();
                put_sizes(3, (const uint32_t[]){ 30000, 30000, last });
                flush(1);
                ck_assert_uint_eq(letter_count, last == 5507 ? 1 : 2);
                check_letter(0, last == 5507 ? 65507 : 60000, 30000);
                check_left(0, 3);
        }
}
END_TEST

START_TEST(batches_of_one_way_leave_together)
{
        struct inbox_batch same = came(PORT, SOURCE);

        start();
        put(&batch, 100);
        put(&same, 100);
        flush(1);
        check_letter(0, 200, 100);
        check_left(0, 2);
}
END_TEST

START_TEST(another_peer_begins_a_message)
{
        struct inbox_batch other = came(PORT + 1, SOURCE);

        start();
        put(&batch, 100);
        put(&other, 100);
        put(&batch, 100);
        flush(1);
        ck_assert_uint_eq(letter_count, 3);
        ck_assert_uint_eq(letters[1].peer_port, PORT + 1);
        check_left(0, 3);
}
END_TEST

START_TEST(another_source_begins_a_message)
{
        struct inbox_batch other = came(PORT, SOURCE + 1);
        struct inbox_batch unpinned = came(PORT, SOURCE);

        start();
        unpinned.path_size = 0;
        put(&batch, 100);
        put(&other, 100);
        put(&unpinned, 100);
        flush(1);
        ck_assert_uint_eq(letter_count, 3);
        ck_assert_uint_eq(letters[0].source, SOURCE);
        ck_assert_uint_eq(letters[1].source, SOURCE + 1);
        ck_assert_uint_eq(letters[2].source, 0);
        check_left(0, 3);
}
END_TEST

START_TEST(messages_of_different_sizes_are_cut_up_each_by_its_own)
{
        struct inbox_batch other = came(PORT + 1, SOURCE);

        start();
        put_sizes(2, (const uint32_t[]){ 100, 100 });
        put(&other, 70);
        put(&other, 70);
        put(&batch, 30);
        put(&batch, 30);
        flush(1);
        check_letter(0, 200, 100);
        check_letter(1, 140, 70);
        check_letter(2, 60, 30);
        check_left(0, 6);
}
END_TEST

START_TEST(full_outbox_leaves_before_the_next_message)
{
        struct inbox_batch other = came(PORT + 1, SOURCE);

        start();
        for (unsigned i = 0; i < OUTBOX_MESSAGES + 1; i++)
                put(i % 2 == 0 ? &batch : &other, 100);
        ck_assert_uint_eq(left_count, OUTBOX_MESSAGES);
        flush(2);
        check_left(0, OUTBOX_MESSAGES + 1);
}
END_TEST

START_TEST(full_pieces_leave_before_the_next_one)
{
        start();
        for (unsigned i = 0; i < OUTBOX_VECTORS + 70; i++)
                put(&batch, 1);
        ck_assert_uint_eq(left_count, OUTBOX_VECTORS);
        flush(2);
        check_left(0, OUTBOX_VECTORS + 70);
}
END_TEST

START_TEST(full_pieces_take_what_lies_next_to_the_last)
{
        struct inbox_batch other = came(PORT + 1, SOURCE);
        const unsigned char *next = &data[2 * OUTBOX_VECTORS - 1];

        start();
        /* So that the last message has room for more answers. */
        put(&other, 1);
        put(&batch, 1);
        for (unsigned i = 2; i < OUTBOX_VECTORS; i++)
                put(i == 2 ? &other : &batch, 1);
        put_at(&batch, next, 1);
        ck_assert_uint_eq(left_count, 0);
        put_at(&batch, next + 2, 1);
        ck_assert_uint_eq(left_count, OUTBOX_VECTORS + 1);
        flush(2);
        check_left(0, OUTBOX_VECTORS + 2);
}
END_TEST

START_TEST(empty_outbox_calls_nobody)
{
        start();
        flush(0);
        check_left(0, 0);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                answers_of_one_way_and_size_leave_as_one_message,
                answer_alone_is_not_to_be_cut_up,
                answers_that_lie_next_to_each_other_are_one_piece,
                shorter_answer_ends_a_message,
                longer_answer_begins_a_message,
                empty_answers_leave_by_themselves,
                message_is_of_64_answers_at_most,
                message_is_of_65507_bytes_at_most,
                batches_of_one_way_leave_together,
                another_peer_begins_a_message,
                another_source_begins_a_message,
                messages_of_different_sizes_are_cut_up_each_by_its_own,
                full_outbox_leaves_before_the_next_message,
                full_pieces_leave_before_the_next_one,
                full_pieces_take_what_lies_next_to_the_last,
                empty_outbox_calls_nobody,
        };

        return SUITE_RUN("outbox", tests);
}
