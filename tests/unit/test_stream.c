/* SPDX-License-Identifier: MIT */
#include "probe/stream.h"

#include <stddef.h>

#include "probe/payload.h"
#include "suite.h"

enum { DEPTH_MOST = 4, NUMBER = 3 };

static struct result result;
static uint64_t begun_ns[DEPTH_MOST];

static struct stream closed_loop(uint32_t message_size, uint32_t depth, uint64_t limit)
{
        result_clear(&result);
        return (struct stream){
                .number = NUMBER,
                .limit = limit,
                .begun_ns = begun_ns,
                .stride = 1,
                .depth = depth,
                .message_size = message_size,
        };
}

static bool receive(struct stream *stream, uint32_t size, uint64_t now_ns)
{
        return stream_received(stream, payload_at(NUMBER, stream->received), size, now_ns, &result);
}

START_TEST(closed_loop_may_send_its_depth)
{
        struct stream stream = closed_loop(10, 3, UINT64_MAX);

        ck_assert_uint_eq(stream_sendable(&stream, 0), 30);
        stream_sent(&stream, 30, 0);
        ck_assert_uint_eq(stream_sendable(&stream, 1000), 0);
        ck_assert_uint_eq(stream_in_flight(&stream), 30);
}
END_TEST

START_TEST(message_answered_whole_makes_room_for_one)
{
        struct stream stream = closed_loop(10, 3, UINT64_MAX);

        stream_sent(&stream, 30, 0);
        ck_assert(receive(&stream, 9, 1));
        ck_assert_uint_eq(stream_sendable(&stream, 1), 0);
        ck_assert(receive(&stream, 1, 2));
        ck_assert_uint_eq(stream_sendable(&stream, 2), 10);
        ck_assert_uint_eq(stream_in_flight(&stream), 20);
}
END_TEST

START_TEST(latency_is_from_first_byte_sent_to_last_byte_back)
{
        struct stream stream = closed_loop(10, 1, UINT64_MAX);

        stream_sent(&stream, 4, 100);
        stream_sent(&stream, 6, 200);
        ck_assert(receive(&stream, 9, 300));
        ck_assert_uint_eq(result.messages, 0);
        ck_assert(receive(&stream, 1, 450));
        ck_assert_uint_eq(result.messages, 1);
        ck_assert_uint_eq(result.latency.min_ns, 350);
        ck_assert_uint_eq(result.latency.max_ns, 350);
}
END_TEST

START_TEST(each_message_in_flight_has_a_latency_of_its_own)
{
        struct stream stream = closed_loop(10, 3, UINT64_MAX);

        stream_sent(&stream, 10, 100);
        stream_sent(&stream, 10, 200);
        stream_sent(&stream, 10, 400);
        ck_assert(receive(&stream, 30, 1000));
        ck_assert_uint_eq(result.messages, 3);
        ck_assert_uint_eq(result.latency.min_ns, 600);
        ck_assert_uint_eq(result.latency.max_ns, 900);
        ck_assert_uint_eq(result.latency.sum_ns, 900 + 800 + 600);
        ck_assert_uint_eq(result.jitter_count, 2);
        ck_assert_uint_eq(result.jitter_sum_ns, 100 + 200);
}
END_TEST

START_TEST(jitter_goes_on_over_reads)
{
        struct stream stream = closed_loop(1, 1, UINT64_MAX);

        stream_sent(&stream, 1, 0);
        ck_assert(receive(&stream, 1, 70));
        stream_sent(&stream, 1, 100);
        ck_assert(receive(&stream, 1, 130));
        ck_assert_uint_eq(result.jitter_count, 1);
        ck_assert_uint_eq(result.jitter_sum_ns, 40);
}
END_TEST

START_TEST(limit_ends_the_sending)
{
        struct stream stream = closed_loop(10, 4, 2);

        ck_assert(!stream_is_sent(&stream));
        ck_assert_uint_eq(stream_sendable(&stream, 0), 20);
        stream_sent(&stream, 20, 0);
        ck_assert(stream_is_sent(&stream));
        ck_assert(receive(&stream, 20, 1));
        ck_assert_uint_eq(stream_sendable(&stream, 1), 0);
}
END_TEST

START_TEST(stream_without_a_message_is_sent_from_the_start)
{
        struct stream stream = closed_loop(10, 4, 0);

        ck_assert(stream_is_sent(&stream));
        ck_assert_uint_eq(stream_sendable(&stream, 0), 0);
}
END_TEST

START_TEST(stop_in_mid_message_sends_it_to_its_end)
{
        struct stream stream = closed_loop(10, 4, UINT64_MAX);

        stream_sent(&stream, 13, 0);
        stream_stop(&stream);
        ck_assert_uint_eq(stream_sendable(&stream, 0), 7);
        ck_assert(!stream_is_sent(&stream));
        stream_sent(&stream, 7, 0);
        ck_assert(stream_is_sent(&stream));
        ck_assert_uint_eq(stream_sendable(&stream, 0), 0);
        ck_assert(receive(&stream, 20, 1));
        ck_assert_uint_eq(result.messages, 2);
}
END_TEST

START_TEST(stop_between_messages_sends_nothing_more)
{
        struct stream stream = closed_loop(10, 4, UINT64_MAX);

        stream_sent(&stream, 20, 0);
        stream_stop(&stream);
        ck_assert(stream_is_sent(&stream));
        ck_assert_uint_eq(stream_sendable(&stream, 0), 0);
}
END_TEST

START_TEST(wrong_byte_is_found_at_its_offset)
{
        struct stream stream = closed_loop(1000, 1, UINT64_MAX);
        unsigned char data[1000];

        for (unsigned i = 0; i < sizeof(data); i++)
                data[i] = *payload_at(NUMBER, i);
        data[777] ^= 4;
        stream_sent(&stream, 1000, 0);
        ck_assert(!stream_received(&stream, data, 1000, 1, &result));
        ck_assert_uint_eq(stream.received, 777);
        ck_assert_uint_eq(result.received_size, 777);
        ck_assert_uint_eq(result.messages, 0);
}
END_TEST

START_TEST(messages_before_a_wrong_byte_count)
{
        struct stream stream = closed_loop(10, 4, UINT64_MAX);
        unsigned char data[40];

        for (unsigned i = 0; i < sizeof(data); i++)
                data[i] = *payload_at(NUMBER, i);
        data[25] ^= 0x80;
        stream_sent(&stream, 40, 0);
        ck_assert(!stream_received(&stream, data, 40, 1, &result));
        ck_assert_uint_eq(result.messages, 2);
}
END_TEST

START_TEST(byte_that_was_never_sent_is_wrong)
{
        struct stream stream = closed_loop(10, 4, UINT64_MAX);

        ck_assert(!receive(&stream, 1, 0));
        ck_assert_uint_eq(stream.received, 0);
        stream_sent(&stream, 15, 0);
        ck_assert(!receive(&stream, 16, 1));
        ck_assert_uint_eq(stream.received, 15);
        ck_assert_uint_eq(result.messages, 1);
}
END_TEST

START_TEST(stream_of_another_number_is_wrong)
{
        struct stream stream = closed_loop(100, 1, UINT64_MAX);

        stream_sent(&stream, 100, 0);
        ck_assert(!stream_received(&stream, payload_at(NUMBER + 1, 0), 100, 1, &result));
        ck_assert_uint_lt(stream.received, 5);
}
END_TEST

/* A message a ns, of three streams in turn: numbers 1, 4, 7 and so on are those of stream 1. */
START_TEST(open_loop_may_send_what_is_due)
{
        const struct pace pace = { .start_ns = 100, .rate = 1000000000 };
        struct stream stream = closed_loop(10, 1, UINT64_MAX);

        stream.number = 1;
        stream.pace = &pace;
        stream.stride = 3;
        stream.begun_ns = NULL;
        ck_assert_uint_eq(stream_sendable(&stream, 99), 0);
        ck_assert_uint_eq(stream_sendable(&stream, 100), 0);
        ck_assert_uint_eq(stream_sendable(&stream, 101), 10);
        ck_assert_uint_eq(stream_sendable(&stream, 103), 10);
        ck_assert_uint_eq(stream_sendable(&stream, 104), 20);
        ck_assert_uint_eq(stream_sendable(&stream, 1100), 3340);
}
END_TEST

START_TEST(latency_of_an_open_loop_is_from_when_it_was_due)
{
        const struct pace pace = { .start_ns = 100, .rate = 1000000000 };
        struct stream stream = closed_loop(10, 1, UINT64_MAX);

        stream.pace = &pace;
        stream.stride = 50;
        stream.begun_ns = NULL;
        /* Number 3 of the schedule, and 53; sent late. */
        stream_sent(&stream, 20, 1000);
        ck_assert(receive(&stream, 10, 1500));
        ck_assert_uint_eq(result.latency.max_ns, 1500 - 103);
        ck_assert(receive(&stream, 10, 1510));
        ck_assert_uint_eq(result.latency.min_ns, 1510 - 153);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                closed_loop_may_send_its_depth,
                message_answered_whole_makes_room_for_one,
                latency_is_from_first_byte_sent_to_last_byte_back,
                each_message_in_flight_has_a_latency_of_its_own,
                jitter_goes_on_over_reads,
                limit_ends_the_sending,
                stream_without_a_message_is_sent_from_the_start,
                stop_in_mid_message_sends_it_to_its_end,
                stop_between_messages_sends_nothing_more,
                wrong_byte_is_found_at_its_offset,
                messages_before_a_wrong_byte_count,
                byte_that_was_never_sent_is_wrong,
                stream_of_another_number_is_wrong,
                open_loop_may_send_what_is_due,
                latency_of_an_open_loop_is_from_when_it_was_due,
        };

        payload_init();
        return SUITE_RUN("stream", tests);
}
