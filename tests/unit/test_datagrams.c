/* SPDX-License-Identifier: MIT */
#include "probe/datagrams.h"

#include <string.h>

#include "probe/payload.h"
#include "suite.h"

enum { WINDOW = 16, SIZE_MOST = 65507, NUMBER = 2 };

static struct result result;
static uint64_t sent_ns[WINDOW];
static unsigned char data[SIZE_MOST];

static struct datagrams closed_loop(uint32_t size, uint32_t depth)
{
        result_clear(&result);
        return (struct datagrams){
                .number = NUMBER,
                .limit = UINT64_MAX,
                .sent_ns = sent_ns,
                .stride = 1,
                .window = WINDOW,
                .depth = depth,
                .batch = 1,
                .size = size,
        };
}

/* The next datagram as it goes out, into `data`; and sends it. */
static void send(struct datagrams *datagrams, uint64_t now_ns)
{
        unsigned char head[DATAGRAMS_HEAD_SIZE];
        const unsigned char *rest = NULL;
        uint32_t head_size = datagrams_next(datagrams, 0, head, &rest);

        memcpy(data, head, head_size);
        memcpy(data + head_size, rest, datagrams->size - head_size);
        datagrams_sent(datagrams, now_ns, &result);
}

static bool receive(struct datagrams *datagrams, uint64_t now_ns)
{
        return datagrams_received(datagrams, data, datagrams->size, now_ns, &result);
}

/* One of eight bytes is its number and nothing else. */
static bool receive_number(struct datagrams *datagrams, uint64_t number, uint64_t now_ns)
{
        for (unsigned i = 0; i < 8; i++)
                data[i] = (unsigned char)(number >> (8 * i));
        return datagrams_received(datagrams, data, 8, now_ns, &result);
}

START_TEST(datagram_is_its_number_and_then_payload)
{
        struct datagrams datagrams = closed_loop(1000, 4);
        static const unsigned char head[] = { 0x0d, 0x0c, 0x0b, 0, 0, 0, 0, 0 };

        datagrams.next = 0x0b0c0d;
        datagrams.oldest = 0x0b0c0d;
        send(&datagrams, 0);
        ck_assert_mem_eq(data, head, 8);
        ck_assert_mem_eq(data + 8, payload_at(NUMBER, UINT64_C(8) * 0x0b0c0d), 992);
}
END_TEST

START_TEST(short_datagram_is_the_low_bytes_of_its_number)
{
        struct datagrams datagrams = closed_loop(3, 4);
        unsigned char head[DATAGRAMS_HEAD_SIZE];
        const unsigned char *rest = NULL;

        datagrams.next = 0x0a0b0c0d;
        ck_assert_uint_eq(datagrams_next(&datagrams, 0, head, &rest), 3);
        ck_assert_mem_eq(head, "\x0d\x0c\x0b", 3);
}
END_TEST

START_TEST(answer_of_any_size_is_known)
{
        static const uint32_t sizes[] = { 0, 1, 2, 3, 4, 7, 8, 9, 64, 1500, SIZE_MOST };

        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
                struct datagrams datagrams = closed_loop(sizes[i], 1);
                if (datagrams.window > datagrams_window_most(sizes[i]))
                        datagrams.window = datagrams_window_most(sizes[i]);
                for (uint64_t number = 0; number < 1000; number++) {
                        send(&datagrams, 100 * number);
                        ck_assert(receive(&datagrams, 100 * number + 30));
                }
                ck_assert_uint_eq(result.messages, 1000);
                ck_assert_uint_eq(result.latency.min_ns, 30);
                ck_assert_uint_eq(result.latency.max_ns, 30);
                ck_assert_uint_eq(result.sent_size, UINT64_C(1000) * sizes[i]);
                ck_assert_uint_eq(result.received_size, UINT64_C(1000) * sizes[i]);
                ck_assert_uint_eq(result.lost + result.duplicated + result.reordered, 0);
        }
}
END_TEST

/* From two before all bytes of the head are zero again. */
START_TEST(number_may_outgrow_the_head)
{
        for (uint32_t size = 1; size < DATAGRAMS_HEAD_SIZE; size++) {
                struct datagrams datagrams = closed_loop(size, 5);
                datagrams.next = (UINT64_C(1) << (8 * size)) - 2;
                datagrams.oldest = datagrams.next;
                for (unsigned i = 0; i < 5; i++)
                        send(&datagrams, 0);
                ck_assert(receive(&datagrams, 1));
                memset(data, 0xff, size);
                ck_assert(receive(&datagrams, 1));
                ck_assert_uint_eq(result.messages, 2);
        }
}
END_TEST

START_TEST(window_is_what_the_head_can_tell_apart)
{
        ck_assert_uint_eq(datagrams_window_most(0), 1);
        ck_assert_uint_eq(datagrams_window_most(1), 256);
        ck_assert_uint_eq(datagrams_window_most(2), 65536);
        ck_assert_uint_eq(datagrams_window_most(3), 1 << 24);
        ck_assert_uint_eq(datagrams_window_most(4), UINT32_C(1) << 31);
        ck_assert_uint_eq(datagrams_window_most(SIZE_MOST), UINT32_C(1) << 31);
}
END_TEST

START_TEST(closed_loop_awaits_its_depth)
{
        struct datagrams datagrams = closed_loop(8, 3);

        ck_assert_uint_eq(datagrams_sendable(&datagrams, 0), 3);
        for (unsigned i = 0; i < 3; i++)
                send(&datagrams, 0);
        ck_assert_uint_eq(datagrams_sendable(&datagrams, 0), 0);
        ck_assert(receive_number(&datagrams, 1, 5));
        ck_assert_uint_eq(datagrams_sendable(&datagrams, 5), 1);
}
END_TEST

START_TEST(batch_is_sent_whole_and_only_the_last_may_be_smaller)
{
        struct datagrams datagrams = closed_loop(8, 7);

        datagrams.batch = 3;
        datagrams.limit = 8;
        ck_assert_uint_eq(datagrams_sendable(&datagrams, 0), 6);
        for (unsigned i = 0; i < 6; i++)
                send(&datagrams, 0);
        ck_assert_uint_eq(datagrams_sendable(&datagrams, 0), 0);
        ck_assert(receive_number(&datagrams, 0, 5));
        ck_assert_uint_eq(datagrams_sendable(&datagrams, 5), 2);
        datagrams.limit = 9;
        ck_assert_uint_eq(datagrams_sendable(&datagrams, 5), 0);
        ck_assert(receive_number(&datagrams, 1, 5));
        ck_assert_uint_eq(datagrams_sendable(&datagrams, 5), 3);
}
END_TEST

/* One that is late holds up nothing before the window ends. */
START_TEST(closed_loop_goes_on_behind_a_late_one_to_the_end_of_its_window)
{
        struct datagrams datagrams = closed_loop(8, 2);

        send(&datagrams, 0);
        for (uint64_t number = 1; number < WINDOW; number++) {
                ck_assert_uint_ge(datagrams_sendable(&datagrams, 0), 1);
                send(&datagrams, 0);
                ck_assert(receive_number(&datagrams, number, 1));
        }
        ck_assert_uint_eq(datagrams_sendable(&datagrams, 1), 0);
        ck_assert(receive_number(&datagrams, 0, 2));
        ck_assert_uint_eq(datagrams_sendable(&datagrams, 2), 2);
        ck_assert_uint_eq(result.reordered, 1);
}
END_TEST

START_TEST(second_answer_is_a_duplicate)
{
        struct datagrams datagrams = closed_loop(8, 2);

        send(&datagrams, 0);
        send(&datagrams, 0);
        ck_assert(receive_number(&datagrams, 0, 1));
        ck_assert(receive_number(&datagrams, 0, 2));
        ck_assert(receive_number(&datagrams, 0, 3));
        ck_assert_uint_eq(result.messages, 1);
        ck_assert_uint_eq(result.duplicated, 2);
        ck_assert_uint_eq(datagrams.awaited, 1);
}
END_TEST

START_TEST(answer_behind_a_later_one_is_out_of_order)
{
        struct datagrams datagrams = closed_loop(8, 3);

        for (unsigned i = 0; i < 3; i++)
                send(&datagrams, 0);
        ck_assert(receive_number(&datagrams, 2, 1));
        ck_assert(receive_number(&datagrams, 0, 2));
        ck_assert(receive_number(&datagrams, 1, 3));
        ck_assert_uint_eq(result.messages, 3);
        ck_assert_uint_eq(result.reordered, 2);
}
END_TEST

START_TEST(datagram_that_is_not_back_in_time_is_lost)
{
        struct datagrams datagrams = closed_loop(8, 3);

        send(&datagrams, 100);
        send(&datagrams, 200);
        send(&datagrams, 300);
        ck_assert(receive_number(&datagrams, 1, 350));
        datagrams_expire(&datagrams, 99, &result);
        ck_assert_uint_eq(result.lost, 0);
        datagrams_expire(&datagrams, 200, &result);
        ck_assert_uint_eq(result.lost, 1);
        ck_assert_uint_eq(datagrams.awaited, 1);
        ck_assert_uint_eq(datagrams_sendable(&datagrams, 350), 2);
}
END_TEST

START_TEST(answer_that_comes_too_late_changes_nothing)
{
        struct datagrams datagrams = closed_loop(8, 3);

        send(&datagrams, 100);
        send(&datagrams, 100);
        datagrams_expire(&datagrams, 100, &result);
        ck_assert(receive_number(&datagrams, 0, 500));
        ck_assert(receive_number(&datagrams, 0, 500));
        ck_assert_uint_eq(result.lost, 2);
        ck_assert_uint_eq(result.messages, 0);
        ck_assert_uint_eq(result.duplicated, 0);
        ck_assert_uint_eq(result.received_size, 0);
        ck_assert_uint_eq(datagrams.awaited, 0);
}
END_TEST

START_TEST(late_answer_with_a_wrong_byte_is_wrong)
{
        struct datagrams datagrams = closed_loop(100, 1);

        send(&datagrams, 0);
        datagrams_expire(&datagrams, 0, &result);
        ck_assert(receive(&datagrams, 1));
        data[99] ^= 1;
        ck_assert(!receive(&datagrams, 1));
}
END_TEST

START_TEST(open_loop_loses_the_oldest_of_a_full_window)
{
        const struct pace pace = { .start_ns = 0, .rate = 1000000000 };
        struct datagrams datagrams = closed_loop(8, 1);

        datagrams.pace = &pace;
        datagrams.number = 0;
        for (unsigned i = 0; i < WINDOW + 3; i++)
                send(&datagrams, i);
        ck_assert_uint_eq(result.lost, 3);
        ck_assert_uint_eq(datagrams.awaited, WINDOW);
        ck_assert(receive_number(&datagrams, 2, 100));
        ck_assert_uint_eq(result.messages, 0);
        ck_assert(receive_number(&datagrams, 3, 100));
        ck_assert_uint_eq(result.messages, 1);
        ck_assert_uint_eq(result.latency.max_ns, 97);
}
END_TEST

/* Socket 2 of 5 has numbers 2, 7, 12 and so on of a schedule of one a ns. */
START_TEST(open_loop_may_send_what_is_due)
{
        const struct pace pace = { .start_ns = 1000, .rate = 1000000000 };
        struct datagrams datagrams = closed_loop(8, 1);

        datagrams.pace = &pace;
        datagrams.stride = 5;
        ck_assert_uint_eq(datagrams_sendable(&datagrams, 1001), 0);
        ck_assert_uint_eq(datagrams_sendable(&datagrams, 1002), 1);
        ck_assert_uint_eq(datagrams_sendable(&datagrams, 1006), 1);
        ck_assert_uint_eq(datagrams_sendable(&datagrams, 1007), 2);
        send(&datagrams, 1020);
        ck_assert_uint_eq(datagrams_sendable(&datagrams, 1007), 1);
        ck_assert(receive_number(&datagrams, 0, 1100));
        ck_assert_uint_eq(result.latency.max_ns, 98);
}
END_TEST

START_TEST(datagram_with_a_wrong_byte_is_none_that_was_sent)
{
        struct datagrams datagrams = closed_loop(64, 1);

        send(&datagrams, 0);
        for (unsigned i = 0; i < 64; i++) {
                data[i] ^= 0x10;
                ck_assert(!receive(&datagrams, 1));
                data[i] ^= 0x10;
        }
        ck_assert_uint_eq(result.messages, 0);
        ck_assert_uint_eq(datagrams.awaited, 1);
        ck_assert(receive(&datagrams, 1));
}
END_TEST

START_TEST(datagram_of_another_size_is_none_that_was_sent)
{
        struct datagrams datagrams = closed_loop(64, 1);

        send(&datagrams, 0);
        ck_assert(!datagrams_received(&datagrams, data, 63, 1, &result));
        ck_assert(!datagrams_received(&datagrams, data, 65, 1, &result));
        ck_assert(!datagrams_received(&datagrams, data, 0, 1, &result));
}
END_TEST

START_TEST(datagram_before_any_was_sent_is_none_that_was_sent)
{
        struct datagrams datagrams = closed_loop(0, 1);

        ck_assert(!datagrams_received(&datagrams, data, 0, 1, &result));
}
END_TEST

START_TEST(number_of_the_future_is_none_that_was_sent)
{
        struct datagrams datagrams = closed_loop(8, 4);

        send(&datagrams, 0);
        ck_assert(!receive_number(&datagrams, 1, 1));
        ck_assert(!receive_number(&datagrams, UINT64_MAX, 1));
        ck_assert(!receive_number(&datagrams, UINT64_C(1) << 32, 1));
        ck_assert(receive_number(&datagrams, 0, 1));
}
END_TEST

START_TEST(limit_and_stop_end_the_sending)
{
        struct datagrams datagrams = closed_loop(8, 4);

        datagrams.limit = 2;
        ck_assert_uint_eq(datagrams_sendable(&datagrams, 0), 2);
        send(&datagrams, 0);
        datagrams_stop(&datagrams);
        ck_assert_uint_eq(datagrams_sendable(&datagrams, 0), 0);
        ck_assert(receive_number(&datagrams, 0, 3));
        ck_assert_uint_eq(datagrams_sendable(&datagrams, 3), 0);
        ck_assert_uint_eq(result.messages, 1);
}
END_TEST

START_TEST(jitter_is_of_answers_in_the_order_they_come)
{
        struct datagrams datagrams = closed_loop(8, 4);

        send(&datagrams, 0);
        send(&datagrams, 100);
        ck_assert(receive_number(&datagrams, 1, 110));
        ck_assert(receive_number(&datagrams, 0, 150));
        ck_assert_uint_eq(result.jitter_count, 1);
        ck_assert_uint_eq(result.jitter_sum_ns, 140);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                datagram_is_its_number_and_then_payload,
                short_datagram_is_the_low_bytes_of_its_number,
                answer_of_any_size_is_known,
                number_may_outgrow_the_head,
                window_is_what_the_head_can_tell_apart,
                closed_loop_awaits_its_depth,
                batch_is_sent_whole_and_only_the_last_may_be_smaller,
                closed_loop_goes_on_behind_a_late_one_to_the_end_of_its_window,
                second_answer_is_a_duplicate,
                answer_behind_a_later_one_is_out_of_order,
                datagram_that_is_not_back_in_time_is_lost,
                answer_that_comes_too_late_changes_nothing,
                late_answer_with_a_wrong_byte_is_wrong,
                open_loop_loses_the_oldest_of_a_full_window,
                open_loop_may_send_what_is_due,
                datagram_with_a_wrong_byte_is_none_that_was_sent,
                datagram_of_another_size_is_none_that_was_sent,
                datagram_before_any_was_sent_is_none_that_was_sent,
                number_of_the_future_is_none_that_was_sent,
                limit_and_stop_end_the_sending,
                jitter_is_of_answers_in_the_order_they_come,
        };

        payload_init();
        return SUITE_RUN("datagrams", tests);
}
