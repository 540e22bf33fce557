/* SPDX-License-Identifier: MIT */
/* What becomes of answers that the kernel does not take at once. */
#include "outbox_kernel.h"

/* Four messages, of 1, 2, 1 and 2 answers. */
static void put_four(void)
{
        static const uint32_t sizes[] = { 10, 20, 20, 30, 40, 40 };

        start();
        put_sizes(6, sizes);
        ck_assert_uint_eq(outbox.count, 4);
}

START_TEST(kernel_that_takes_a_part_is_given_the_rest)
{
        put_four();
        script(3, (const long[]){ 1, 2, 1 });
        flush(3);
        check_left(0, 6);
}
END_TEST

START_TEST(full_send_buffer_drops_the_rest)
{
        put_four();
        script(2, (const long[]){ 1, -EAGAIN });
        flush(2);
        ck_assert_uint_eq(dropped(DATAGRAM_DROP_SEND_BUFFER), 5);
        check_left(0, 1);
        /* It is empty again, and works as before. */
        put(&batch, 1);
        flush(3);
        ck_assert_uint_eq(counter_read(&counters.datagrams_sent), 2);
}
END_TEST

START_TEST(lack_of_kernel_memory_drops_one_message)
{
        const long errors[] = { -ENOBUFS, -ENOMEM };

        for (unsigned i = 0; i < 2; i++) {
                put_four();
                script(1, &errors[i]);
                flush(2);
                ck_assert_uint_eq(dropped(DATAGRAM_DROP_SEND_BUFFER), 1);
                check_left(1, 5);
        }
}
END_TEST

START_TEST(refusal_drops_one_message)
{
        const long errors[] = { -EPERM, -ENETUNREACH, -ECONNREFUSED, -EINVAL, -EMSGSIZE, -EIO };

        for (unsigned i = 0; i < 6; i++) {
                put_four();
                script(1, &errors[i]);
                flush(2);
                ck_assert_uint_eq(dropped(DATAGRAM_DROP_SEND_ERROR), 1);
                check_left(1, 5);
        }
}
END_TEST

START_TEST(refusal_drops_all_answers_of_the_message)
{
        start();
        put_sizes(3, (const uint32_t[]){ 100, 100, 40 });
        script(1, (const long[]){ -EPERM });
        flush(1);
        ck_assert_uint_eq(dropped(DATAGRAM_DROP_SEND_ERROR), 3);
        check_left(0, 0);
}
END_TEST

START_TEST(kernel_that_takes_none_is_not_asked_for_ever)
{
        put_four();
        script(1, (const long[]){ 0 });
        flush(2);
        ck_assert_uint_eq(dropped(DATAGRAM_DROP_SEND_ERROR), 1);
        check_left(1, 5);
}
END_TEST

START_TEST(what_the_kernel_does_not_cut_up_leaves_one_by_one)
{
        const long errors[] = { -EINVAL, -EMSGSIZE, -EIO };

        for (unsigned i = 0; i < 3; i++) {
                start();
                put_at(&batch, data, 100);
                put_at(&batch, data + 100, 100);
                put_at(&batch, data + 300, 100);
                put_at(&batch, data + 400, 40);
                script(1, &errors[i]);
                flush(5);
                ck_assert_uint_eq(letter_count, 5);
                for (unsigned letter = 1; letter < 5; letter++)
                        check_letter(letter, put_pieces[letter - 1].size, 0);
                check_left(0, 4);
        }
}
END_TEST

START_TEST(answer_that_fails_by_itself_too_is_dropped_alone)
{
        start();
        put_sizes(3, (const uint32_t[]){ 100, 100, 40 });
        script(4, (const long[]){ -EINVAL, -EMSGSIZE, 1, 1 });
        flush(4);
        ck_assert_uint_eq(dropped(DATAGRAM_DROP_SEND_ERROR), 1);
        check_left(1, 2);
        start();
        put_sizes(3, (const uint32_t[]){ 100, 100, 40 });
        script(4, (const long[]){ -EIO, 1, 1, -EAGAIN });
        flush(4);
        ck_assert_uint_eq(dropped(DATAGRAM_DROP_SEND_BUFFER), 1);
        check_left(0, 2);
}
END_TEST

START_TEST(messages_behind_one_that_is_not_cut_up_leave_as_well)
{
        start();
        put_sizes(4, (const uint32_t[]){ 10, 10, 20, 20 });
        script(1, (const long[]){ -EINVAL });
        flush(4);
        check_left(0, 4);
}
END_TEST

START_TEST(interrupted_call_is_repeated)
{
        put_four();
        script(4, (const long[]){ -EINTR, 3, -EINTR, 1 });
        flush(4);
        check_left(0, 6);
        start();
        put_sizes(2, (const uint32_t[]){ 100, 100 });
        script(4, (const long[]){ -EINVAL, -EINTR, 1, 1 });
        flush(4);
        check_left(0, 2);
}
END_TEST

START_TEST(interrupted_call_is_not_repeated_for_ever)
{
        long interruptions[16];

        for (unsigned i = 0; i < 16; i++)
                interruptions[i] = -EINTR;
        start();
        put_sizes(3, (const uint32_t[]){ 10, 20, 30 });
        script(11, interruptions);
        flush(11);
        ck_assert_uint_eq(dropped(DATAGRAM_DROP_SEND_ERROR), 3);
        check_left(0, 0);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                kernel_that_takes_a_part_is_given_the_rest,
                full_send_buffer_drops_the_rest,
                lack_of_kernel_memory_drops_one_message,
                refusal_drops_one_message,
                refusal_drops_all_answers_of_the_message,
                kernel_that_takes_none_is_not_asked_for_ever,
                what_the_kernel_does_not_cut_up_leaves_one_by_one,
                answer_that_fails_by_itself_too_is_dropped_alone,
                messages_behind_one_that_is_not_cut_up_leave_as_well,
                interrupted_call_is_repeated,
                interrupted_call_is_not_repeated_for_ever,
        };

        return SUITE_RUN("outbox errors", tests);
}
