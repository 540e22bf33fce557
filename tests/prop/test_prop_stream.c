/* SPDX-License-Identifier: MIT */
/*
 * A stream over a model network, which splits as it likes and takes its time. What it does to the
 * bytes is known, so the first wrong one is, too.
 */
#include "probe/stream.h"

#include <string.h>

#include "core/ensure.h"
#include "probe/payload.h"
#include "suite.h"
#include "support/random.h"
#include "support/stream_model.h"

enum {
        ROUNDS = 120,
        STEPS_MOST = 4000,
        WIRE_SIZE = 3 << 20,
        MESSAGES_MOST = 5000,
        DEPTH_MOST = 16,
        SPLIT_MOST = 70000,
        /* Bytes that are not those of their place are wrong within so many; see payload.h. */
        UNIQUE_SIZE = 5,
};

struct network {
        struct random *random;
        struct stream stream;
        struct pace pace;
        struct result result;
        uint64_t now_ns;
        uint64_t begun_ns[DEPTH_MOST];
        uint64_t delivered; /* of the wire, from its start */
        uint64_t wire_size; /* echoed so far */
        bool is_wrong;
};

static struct network network;
static struct stream_model model;
static unsigned char wire[WIRE_SIZE];

static uint64_t draw(uint64_t most)
{
        return (random_next(network.random) >> (random_next(network.random) % 64)) % (most + 1);
}

static uint64_t least(uint64_t a, uint64_t b)
{
        return a < b ? a : b;
}

static void open_stream(struct random *random)
{
        static const uint32_t sizes[] = { 1, 2, 3, 7, 64, 1000, 4096, 65536, 131071, 200001 };
        uint32_t size = sizes[random_next(random) % (sizeof(sizes) / sizeof(sizes[0]))];
        bool is_open_loop = random_next(random) % 3 == 0;

        memset(&network, 0, sizeof(network));
        network.random = random;
        network.now_ns = draw(UINT64_MAX / 4);
        result_clear(&network.result);
        network.pace = (struct pace){ .start_ns = network.now_ns, .rate = 1 + draw(999999999) };
        network.stream = (struct stream){
                .number = draw(UINT32_MAX),
                .limit = 1 + draw(least(WIRE_SIZE / 3 / size, MESSAGES_MOST)),
                .begun_ns = network.begun_ns,
                .stride = 1 + draw(10),
                .depth = 1 + (uint32_t)draw(DEPTH_MOST - 1),
                .message_size = size,
        };
        if (is_open_loop) {
                network.stream.number %= network.stream.stride;
                network.stream.pace = &network.pace;
                network.stream.begun_ns = NULL;
        }
        stream_model_init(&model, &network.stream);
}

/* The server has it at once; how long it is on its way, the steps between tell. */
static void send(uint64_t size)
{
        for (uint64_t i = 0; i < size; i++)
                wire[network.wire_size++] =
                    *payload_at(network.stream.number, network.stream.sent + i);
        stream_sent(&network.stream, size, network.now_ns);
        stream_model_sent(&model, size, network.now_ns);
}

static void deliver(uint64_t size)
{
        const unsigned char *data = wire + network.delivered;
        bool is_right =
            stream_received(&network.stream, data, (uint32_t)size, network.now_ns, &network.result);

        ensure(is_right == stream_model_received(&model, data, (uint32_t)size, network.now_ns));
        network.delivered += size;
        network.is_wrong = !is_right;
}

static void step(void)
{
        uint64_t sendable = stream_sendable(&network.stream, network.now_ns);
        uint64_t waiting = network.wire_size - network.delivered;

        switch (random_next(network.random) % 3) {
        case 0:
                send(least(sendable, draw(SPLIT_MOST)));
                break;
        case 1:
                deliver(least(waiting, draw(SPLIT_MOST)));
                break;
        default:
                network.now_ns += draw(UINT64_C(10000000000));
                break;
        }
        stream_model_check(&model, &network.stream, &network.result, network.now_ns);
}

static bool is_done(void)
{
        return stream_is_sent(&network.stream) && stream_in_flight(&network.stream) == 0;
}

/* What is left, without the model, which checks each byte for itself. */
static void finish(void)
{
        while (!network.is_wrong && !is_done()) {
                send(stream_sendable(&network.stream, network.now_ns));
                deliver(network.wire_size - network.delivered);
                network.now_ns += 10000000000;
        }
        stream_model_check(&model, &network.stream, &network.result, network.now_ns);
}

START_TEST(good_network_ends_with_every_message_counted)
{
        struct random random = random_from_environment();

        for (unsigned round = 0; round < ROUNDS; round++) {
                open_stream(&random);
                for (uint64_t i = draw(STEPS_MOST); i > 0 && !is_done(); i--)
                        step();
                finish();
                ck_assert(!network.is_wrong);
                ck_assert_uint_eq(network.result.messages, network.stream.limit);
        }
}
END_TEST

START_TEST(stop_at_any_time_ends_with_the_message_that_has_begun)
{
        struct random random = random_from_environment();

        for (unsigned round = 0; round < ROUNDS; round++) {
                open_stream(&random);
                for (uint64_t i = draw(STEPS_MOST); i > 0 && !is_done(); i--)
                        step();
                uint64_t size = network.stream.message_size;
                uint64_t begun = (network.stream.sent + size - 1) / size;
                stream_stop(&network.stream);
                stream_model_stop(&model);
                for (uint64_t i = draw(STEPS_MOST); i > 0 && !is_done(); i--)
                        step();
                finish();
                ck_assert(!network.is_wrong);
                ck_assert_uint_eq(network.result.messages, begun);
        }
}
END_TEST

/* Sends all in a closed loop of one message, so that all of it is on the wire. */
static void fill_wire(struct random *random)
{
        open_stream(random);
        network.stream.pace = NULL;
        network.stream.begun_ns = network.begun_ns;
        network.stream.message_size = 1000 + (uint32_t)(random_next(random) % (WIRE_SIZE / 3));
        network.stream.limit = 1;
        stream_model_init(&model, &network.stream);
        send(network.stream.message_size);
}

/* Delivers in any pieces; the book must stop where the wire first differs from what was sent. */
static void expect_wrong_at(uint64_t offset)
{
        while (!network.is_wrong && network.delivered < network.wire_size)
                deliver(least(network.wire_size - network.delivered, 1 + draw(1 << 20)));
        ck_assert(network.is_wrong);
        ck_assert_uint_eq(network.stream.received, offset);
        stream_model_check(&model, &network.stream, &network.result, network.now_ns);
}

START_TEST(flipped_bit_is_found_at_its_offset)
{
        struct random random = random_from_environment();

        for (unsigned round = 0; round < ROUNDS; round++) {
                fill_wire(&random);
                uint64_t offset = random_next(&random) % network.wire_size;
                wire[offset] ^= (unsigned char)(1U << random_next(&random) % 8);
                expect_wrong_at(offset);
        }
}
END_TEST

/* The first byte of the wire, from `offset` on, that is not the stream's. */
static uint64_t first_wrong(uint64_t offset)
{
        while (offset < network.wire_size &&
               wire[offset] == *payload_at(network.stream.number, offset))
                offset++;
        return offset;
}

/* A fault there: seen at the first byte that differs, which is one of the next few. */
static void expect_wrong_from(uint64_t offset)
{
        uint64_t wrong = first_wrong(offset);

        ck_assert_uint_lt(wrong, offset + UNIQUE_SIZE);
        expect_wrong_at(wrong);
}

/* A place that has so many bytes behind it that the fault must show. */
static uint64_t draw_offset(uint64_t behind)
{
        return random_next(network.random) % (network.wire_size - behind - UNIQUE_SIZE);
}

static uint64_t draw_block(void)
{
        uint64_t size = 1 + draw(least(network.wire_size / 2 - UNIQUE_SIZE - 1, 1 << 20));

        return size % PAYLOAD_PERIOD == 0 ? size + 1 : size;
}

START_TEST(dropped_block_is_found_at_once)
{
        struct random random = random_from_environment();

        for (unsigned round = 0; round < ROUNDS; round++) {
                fill_wire(&random);
                uint64_t size = draw_block();
                uint64_t offset = draw_offset(size);
                memmove(wire + offset, wire + offset + size, network.wire_size - offset - size);
                network.wire_size -= size;
                expect_wrong_from(offset);
        }
}
END_TEST

START_TEST(repeated_block_is_found_at_once)
{
        struct random random = random_from_environment();

        for (unsigned round = 0; round < ROUNDS; round++) {
                fill_wire(&random);
                uint64_t size = draw_block();
                uint64_t offset = draw_offset(size);
                uint64_t behind = offset + size;
                /* Behind it comes the same again, and then the rest. */
                memmove(wire + behind + size, wire + behind, network.wire_size - behind);
                memcpy(wire + behind, wire + offset, size);
                network.wire_size += size;
                expect_wrong_from(behind);
        }
}
END_TEST

/* What stands there afterwards is the second block, which must be as long for five to differ. */
START_TEST(blocks_that_change_places_are_found_at_once)
{
        struct random random = random_from_environment();
        static unsigned char block[WIRE_SIZE];

        for (unsigned round = 0; round < ROUNDS; round++) {
                fill_wire(&random);
                uint64_t size = draw_block();
                uint64_t offset = draw_offset(2 * size - 1);
                memcpy(block, wire + offset, size);
                memmove(wire + offset, wire + offset + size, size);
                memcpy(wire + offset + size, block, size);
                if (size >= UNIQUE_SIZE)
                        expect_wrong_from(offset);
                else if (first_wrong(offset) < offset + 2 * size)
                        expect_wrong_at(first_wrong(offset));
        }
}
END_TEST

START_TEST(bytes_of_another_stream_are_found_at_once)
{
        struct random random = random_from_environment();

        for (unsigned round = 0; round < ROUNDS; round++) {
                fill_wire(&random);
                uint64_t offset = draw_offset(0);
                uint64_t other = network.stream.number + 1 + random_next(&random) % 100000;
                for (uint64_t i = offset; i < network.wire_size; i++)
                        wire[i] = *payload_at(other, i);
                expect_wrong_from(offset);
        }
}
END_TEST

START_TEST(bytes_behind_all_that_was_sent_are_wrong)
{
        struct random random = random_from_environment();

        for (unsigned round = 0; round < ROUNDS; round++) {
                fill_wire(&random);
                uint64_t size = network.wire_size;
                for (uint64_t i = 0; i <= draw(1000); i++)
                        wire[network.wire_size++] = *payload_at(network.stream.number, size + i);
                expect_wrong_at(size);
        }
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                good_network_ends_with_every_message_counted,
                stop_at_any_time_ends_with_the_message_that_has_begun,
                flipped_bit_is_found_at_its_offset,
                dropped_block_is_found_at_once,
                repeated_block_is_found_at_once,
                blocks_that_change_places_are_found_at_once,
                bytes_of_another_stream_are_found_at_once,
                bytes_behind_all_that_was_sent_are_wrong,
        };

        payload_init();
        return SUITE_RUN("prop stream", tests);
}
