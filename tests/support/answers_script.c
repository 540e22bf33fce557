/* SPDX-License-Identifier: MIT */
#include "support/answers_script.h"

#include <string.h>

#include "probe/payload.h"
#include "support/choice.h"
#include "support/datagrams_model.h"
#include "support/stream_model.h"

enum { DEPTH_MOST = 8, WINDOW_MOST = 256, ANSWER_SIZE_MOST = 2048 };

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

static const uint64_t second_ns = 1000000000;
static const uint64_t limits[] = { UINT64_MAX, 0, 1, 2, 7, 1000 };

struct world {
        struct choice choice;
        uint64_t now_ns;
        struct pace pace;
        struct result result;
        uint64_t times_ns[WINDOW_MOST];
        /* An answer is at its end, so that a read beyond is seen. */
        unsigned char answers[ANSWER_SIZE_MOST];
};

static uint64_t least(uint64_t a, uint64_t b)
{
        return a < b ? a : b;
}

static void advance(struct world *world)
{
        static const uint64_t steps_ns[] = {
                1, 2, 500, 999999, 333333333, second_ns, 7 * second_ns
        };

        world->now_ns += steps_ns[choice_below(&world->choice, COUNT(steps_ns))];
}

/* Begins a book: of a closed loop, or of a schedule, which then is in *ret_pace. */
static void begin(struct world *world, const struct pace **ret_pace, uint64_t *ret_limit)
{
        static const uint64_t rates[] = { 0, 1, 3, 1000, 999983, second_ns };

        result_clear(&world->result);
        world->pace.rate = rates[choice_below(&world->choice, COUNT(rates))];
        world->pace.start_ns = world->now_ns;
        *ret_pace = world->pace.rate == 0 ? NULL : &world->pace;
        *ret_limit = limits[choice_below(&world->choice, COUNT(limits))];
        /* A model counts all that is due. */
        if (*ret_pace != NULL)
                *ret_limit = least(*ret_limit, 1000);
}

static unsigned char *answer_of(struct world *world, uint32_t size)
{
        return world->answers + ANSWER_SIZE_MOST - size;
}

/* Of what would end too soon what a long script can show. */
static bool is_rare(struct world *world)
{
        return choice_below(&world->choice, 16) == 1;
}

/* Changes one byte, or nothing if there is none. */
static void flip(struct world *world, unsigned char *data, uint32_t size)
{
        if (size > 0)
                data[choice_below(&world->choice, size)] ^=
                    (unsigned char)(1U << choice_below(&world->choice, 8));
}

static void draw_bytes(struct world *world, unsigned char *data, uint32_t size)
{
        for (uint32_t i = 0; i < size; i++)
                data[i] = (unsigned char)choice_byte(&world->choice);
}

struct stream_world {
        struct stream stream;
        struct stream_model *model;
        bool is_over;
};

static void stream_begin(struct world *world, struct stream_world *of)
{
        static const uint32_t sizes[] = { 1, 2, 3, 10, 100, 255 };
        static struct stream_model model;

        of->stream = (struct stream){
                .number = choice_byte(&world->choice),
                .begun_ns = world->times_ns,
                .stride = 1 + choice_below(&world->choice, 3),
                .depth = 1 + choice_below(&world->choice, DEPTH_MOST),
                .message_size = sizes[choice_below(&world->choice, COUNT(sizes))],
        };
        of->model = &model;
        of->is_over = false;
        begin(world, &of->stream.pace, &of->stream.limit);
        if (of->stream.pace != NULL)
                of->stream.begun_ns = NULL;
        stream_model_init(of->model, &of->stream);
}

static void stream_send(struct world *world, struct stream_world *of, uint64_t most)
{
        uint64_t size = least(stream_sendable(&of->stream, world->now_ns), most);

        stream_sent(&of->stream, size, world->now_ns);
        stream_model_sent(of->model, size, world->now_ns);
}

static void stream_take(struct world *world, struct stream_world *of, const unsigned char *data,
                        uint32_t size)
{
        bool is_right = stream_received(&of->stream, data, size, world->now_ns, &world->result);

        ensure(is_right == stream_model_received(of->model, data, size, world->now_ns));
        of->is_over = !is_right;
}

static void stream_answer(struct world *world, struct stream_world *of)
{
        enum { RIGHT, FLIPPED, FROM_ELSEWHERE, TOO_MUCH, ARBITRARY, KINDS };
        uint32_t kind = choice_below(&world->choice, 3 * KINDS);
        uint64_t awaited = stream_in_flight(&of->stream);
        uint32_t size = choice_size(&world->choice, ANSWER_SIZE_MOST);
        uint64_t offset = of->stream.received;

        if (kind != TOO_MUCH)
                size = (uint32_t)least(size, awaited);
        if (kind == FROM_ELSEWHERE)
                offset += 1 + choice_byte(&world->choice);
        unsigned char *data = answer_of(world, size);
        for (uint32_t i = 0; i < size; i++)
                data[i] = *payload_at(of->stream.number, offset + i);
        if (kind == FLIPPED)
                flip(world, data, size);
        if (kind == ARBITRARY)
                draw_bytes(world, data, (uint32_t)least(size, 8));
        stream_take(world, of, data, size);
}

/* All that may be sent is, and answered. */
static void stream_finish(struct world *world, struct stream_world *of)
{
        stream_stop(&of->stream);
        stream_model_stop(of->model);
        stream_send(world, of, UINT64_MAX);
        ensure(stream_is_sent(&of->stream));
        while (stream_in_flight(&of->stream) > 0) {
                uint32_t size = (uint32_t)least(stream_in_flight(&of->stream), PAYLOAD_RUN_SIZE);
                stream_take(world, of, payload_at(of->stream.number, of->stream.received), size);
                ensure(!of->is_over);
        }
        stream_model_check(of->model, &of->stream, &world->result, world->now_ns);
        ensure(world->result.messages * of->stream.message_size == of->stream.sent);
}

static void stream_event(struct world *world, struct stream_world *of)
{
        enum { ANSWER, SEND_ALL, SEND_SOME, ADVANCE, STOP, OPERATIONS };

        switch (choice_below(&world->choice, 2 * OPERATIONS)) {
        case SEND_ALL:
                stream_send(world, of, UINT64_MAX);
                break;
        case SEND_SOME:
                stream_send(world, of, choice_byte(&world->choice));
                break;
        case ADVANCE:
                advance(world);
                break;
        case STOP:
                if (is_rare(world)) {
                        stream_stop(&of->stream);
                        stream_model_stop(of->model);
                }
                break;
        default:
                stream_answer(world, of);
                break;
        }
}

static void run_stream(struct world *world)
{
        struct stream_world of;

        stream_begin(world, &of);
        while (!of.is_over && !choice_is_exhausted(&world->choice)) {
                stream_event(world, &of);
                stream_model_check(of.model, &of.stream, &world->result, world->now_ns);
        }
        if (!of.is_over)
                stream_finish(world, &of);
}

struct datagrams_world {
        struct datagrams datagrams;
        struct datagrams_model *model;
};

static void datagrams_begin(struct world *world, struct datagrams_world *of)
{
        static const uint32_t sizes[] = { 8, 0, 1, 2, 3, 4, 7, 9, 64, 1500 };
        static struct datagrams_model model;
        uint32_t size = sizes[choice_below(&world->choice, COUNT(sizes))];
        uint32_t window = UINT32_C(1) << choice_below(&world->choice, 9);

        of->datagrams = (struct datagrams){
                .number = choice_byte(&world->choice),
                .sent_ns = world->times_ns,
                .stride = 1 + choice_below(&world->choice, 3),
                .window = (uint32_t)least(window, datagrams_window_most(size)),
                .depth = 1 + choice_below(&world->choice, DEPTH_MOST),
                .size = size,
        };
        uint64_t batch_most = least(of->datagrams.depth, of->datagrams.window);
        of->datagrams.batch = 1 + (uint32_t)(of->datagrams.number % batch_most);
        of->model = &model;
        begin(world, &of->datagrams.pace, &of->datagrams.limit);
        datagrams_model_init(of->model, &of->datagrams);
}

/* All that go together are the bytes they are to be before the first is noted as sent. */
static void datagrams_check_next(const struct datagrams_world *of, uint64_t count)
{
        unsigned char expected[ANSWER_SIZE_MOST];

        for (uint32_t i = 0; i < count; i++) {
                unsigned char head[DATAGRAMS_HEAD_SIZE];
                const unsigned char *rest = NULL;
                uint32_t head_size = datagrams_next(&of->datagrams, i, head, &rest);
                datagrams_model_write(of->model, of->model->next + i, expected);
                ensure(memcmp(head, expected, head_size) == 0);
                ensure(memcmp(rest, expected + head_size, of->datagrams.size - head_size) == 0);
        }
}

static void datagrams_send(struct world *world, struct datagrams_world *of, uint64_t most)
{
        uint64_t count = least(datagrams_sendable(&of->datagrams, world->now_ns), most);

        datagrams_check_next(of, count);
        for (uint64_t i = 0; i < count; i++) {
                datagrams_sent(&of->datagrams, world->now_ns, &world->result);
                datagrams_model_sent(of->model, world->now_ns);
        }
}

static void datagrams_take(struct world *world, struct datagrams_world *of,
                           const unsigned char *data, uint32_t size)
{
        bool is_right =
            datagrams_received(&of->datagrams, data, size, world->now_ns, &world->result);

        ensure(is_right == datagrams_model_received(of->model, data, size, world->now_ns));
}

/* One of the last sent, or the next, which is not sent yet. */
static void datagrams_answer(struct world *world, struct datagrams_world *of)
{
        enum { RIGHT, FLIPPED, CUT, LENGTHENED, ARBITRARY, KINDS };
        uint32_t kind = choice_below(&world->choice, 3 * KINDS);
        uint64_t back = choice_byte(&world->choice);
        uint32_t size = of->datagrams.size;
        unsigned char whole[ANSWER_SIZE_MOST] = { 0 };

        datagrams_model_write(of->model, of->model->next - least(back, of->model->next), whole);
        if (kind == FLIPPED)
                flip(world, whole, size);
        if (kind == ARBITRARY)
                draw_bytes(world, whole, (uint32_t)least(size, 8));
        if (kind == CUT)
                size = size > 0 ? choice_below(&world->choice, size) : 0;
        if (kind == LENGTHENED)
                size += 1 + choice_byte(&world->choice);
        unsigned char *data = answer_of(world, size);
        memcpy(data, whole, size);
        datagrams_take(world, of, data, size);
}

static void datagrams_expire_both(struct world *world, struct datagrams_world *of,
                                  uint64_t before_ns)
{
        datagrams_expire(&of->datagrams, before_ns, &world->result);
        datagrams_model_expire(of->model, before_ns);
}

/* What is awaited is answered, the latest first, but for an eighth, which is lost. */
static void datagrams_finish(struct world *world, struct datagrams_world *of)
{
        uint64_t first = of->model->settled;

        datagrams_stop(&of->datagrams);
        datagrams_model_stop(of->model);
        for (uint64_t number = of->model->next; number-- > first;) {
                if (number % 8 == 5 || of->model->states[number] != DATAGRAMS_MODEL_AWAITED)
                        continue;
                unsigned char *data = answer_of(world, of->datagrams.size);
                datagrams_model_write(of->model, number, data);
                datagrams_take(world, of, data, of->datagrams.size);
        }
        datagrams_expire_both(world, of, world->now_ns);
        datagrams_model_check(of->model, &of->datagrams, &world->result, world->now_ns);
        ensure(of->datagrams.awaited == 0);
        ensure(world->result.messages + world->result.lost == of->datagrams.next);
}

static void datagrams_event(struct world *world, struct datagrams_world *of)
{
        enum { ANSWER, SEND_ALL, SEND_ONE, ADVANCE, EXPIRE, STOP, OPERATIONS };

        switch (choice_below(&world->choice, 2 * OPERATIONS)) {
        case SEND_ALL:
                datagrams_send(world, of, UINT64_MAX);
                break;
        case SEND_ONE:
                datagrams_send(world, of, 1);
                break;
        case ADVANCE:
                advance(world);
                break;
        case EXPIRE:
                datagrams_expire_both(
                    world, of, world->now_ns - least(world->now_ns, choice_byte(&world->choice)));
                break;
        case STOP:
                if (is_rare(world)) {
                        datagrams_stop(&of->datagrams);
                        datagrams_model_stop(of->model);
                }
                break;
        default:
                datagrams_answer(world, of);
                break;
        }
}

static void run_datagrams(struct world *world)
{
        struct datagrams_world of;

        datagrams_begin(world, &of);
        while (!choice_is_exhausted(&world->choice)) {
                datagrams_event(world, &of);
                datagrams_model_check(of.model, &of.datagrams, &world->result, world->now_ns);
        }
        datagrams_finish(world, &of);
}

void answers_script_run(const uint8_t *script, size_t size)
{
        static struct world world;
        static bool is_ready;

        if (!is_ready)
                payload_init();
        is_ready = true;
        world.choice = choice_from_bytes(script, size);
        world.now_ns = 1000;
        do {
                if (choice_below(&world.choice, 2) == 0)
                        run_stream(&world);
                else
                        run_datagrams(&world);
        } while (!choice_is_exhausted(&world.choice));
}
