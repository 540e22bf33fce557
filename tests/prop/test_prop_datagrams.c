/* SPDX-License-Identifier: MIT */
/*
 * Datagrams over a model link, which loses, doubles, delays, overtakes, changes and cuts them.
 * Every count of the book is that of the model, and at the end each datagram was either answered or
 * lost.
 */
#include "probe/datagrams.h"

#include <string.h>

#include "core/ensure.h"
#include "probe/payload.h"
#include "suite.h"
#include "support/datagrams_model.h"
#include "support/random.h"

enum {
        ROUNDS = 50,
        STEPS_MOST = 2000,
        SENT_MOST = 5000,
        WINDOW_MOST = 1024,
        DEPTH_MOST = 64,
        FLIGHT_MOST = 4 * SENT_MOST,
        SIZE_MOST = 65507,
        /* From here on a changed datagram cannot be another one that was sent. */
        SIZE_CERTAIN = 64,
};

static const uint32_t sizes[] = { 0, 1, 2, 3, 4, 7, 8, 9, 64, 1500, SIZE_MOST };

enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

enum fault { FAULT_NONE, FAULT_FLIPPED, FAULT_CUT, FAULT_LENGTHENED };

struct answer {
        uint64_t number;
        enum fault fault;
};

/* How often of 256 what goes wrong. */
struct weather {
        uint8_t lost;
        uint8_t doubled;
        uint8_t changed;
        uint8_t overtaken;
};

struct link {
        struct random *random;
        struct datagrams datagrams;
        struct pace pace;
        struct result result;
        struct weather weather;
        uint64_t now_ns;
        uint64_t timeout_ns;
        uint32_t flight_begin; /* the next to arrive */
        uint32_t flight_end;
        uint64_t sent_ns[WINDOW_MOST];
        struct answer flight[FLIGHT_MOST];
};

static struct link link;
static struct datagrams_model model;

static uint64_t draw(uint64_t most)
{
        return (random_next(link.random) >> (random_next(link.random) % 64)) % (most + 1);
}

static bool is_drawn(uint8_t of_256)
{
        return random_next(link.random) % 256 < of_256;
}

static uint64_t least(uint64_t a, uint64_t b)
{
        return a < b ? a : b;
}

static uint8_t draw_frequency(void)
{
        return random_next(link.random) % 2 == 0 ? 0 : (uint8_t)draw(255);
}

static void open_link(struct random *random, uint32_t size)
{
        memset(&link, 0, sizeof(link));
        link.random = random;
        link.weather = (struct weather){
                .lost = draw_frequency(),
                .doubled = draw_frequency(),
                .changed = draw_frequency(),
                .overtaken = draw_frequency(),
        };
        link.now_ns = draw(UINT64_MAX / 4);
        link.timeout_ns = 1 + draw(1000000000);
        link.pace = (struct pace){ .start_ns = link.now_ns, .rate = 1 + draw(999999999) };
        result_clear(&link.result);
        bool is_open_loop = random_next(random) % 2 == 0;
        uint32_t window = UINT32_C(1) << random_next(random) % 11;
        link.datagrams = (struct datagrams){
                .number = draw(10),
                .limit = 1 + draw(SENT_MOST - 1),
                .sent_ns = link.sent_ns,
                .pace = is_open_loop ? &link.pace : NULL,
                .stride = 11,
                .window = (uint32_t)least(window, datagrams_window_most(size)),
                .depth = 1 + (uint32_t)draw(DEPTH_MOST - 1),
                .size = size,
        };
        uint64_t batch_most = least(link.datagrams.depth, link.datagrams.window);
        link.datagrams.batch = 1 + (uint32_t)draw(batch_most - 1);
        datagrams_model_init(&model, &link.datagrams);
}

static void take_off(uint64_t number)
{
        ensure(link.flight_end < FLIGHT_MOST);
        link.flight[link.flight_end++] = (struct answer){
                .number = number,
                .fault = is_drawn(link.weather.changed)
                             ? (enum fault)(FAULT_FLIPPED + random_next(link.random) % 3)
                             : FAULT_NONE,
        };
}

static void send(uint64_t most)
{
        uint64_t count = least(datagrams_sendable(&link.datagrams, link.now_ns), most);

        for (uint64_t i = 0; i < count; i++) {
                uint64_t number = link.datagrams.next;
                datagrams_sent(&link.datagrams, link.now_ns, &link.result);
                datagrams_model_sent(&model, link.now_ns);
                if (is_drawn(link.weather.lost))
                        continue;
                take_off(number);
                if (is_drawn(link.weather.doubled))
                        take_off(number);
        }
}

/* Makes the bytes that come; returns their size. */
static uint32_t arrive(const struct answer *answer, unsigned char *data)
{
        uint32_t size = link.datagrams.size;

        datagrams_model_write(&model, answer->number, data);
        if (answer->fault == FAULT_FLIPPED && size > 0)
                data[random_next(link.random) % size] ^=
                    (unsigned char)(1U << random_next(link.random) % 8);
        if (answer->fault == FAULT_CUT && size > 0)
                return (uint32_t)(random_next(link.random) % size);
        if (answer->fault == FAULT_LENGTHENED)
                return size + 1 + (uint32_t)draw(100);
        return size;
}

static void land(const struct answer *answer)
{
        static unsigned char data[SIZE_MOST + 200];
        uint32_t size = arrive(answer, data);
        bool is_right = datagrams_received(&link.datagrams, data, size, link.now_ns, &link.result);

        ensure(is_right == datagrams_model_received(&model, data, size, link.now_ns));
        if (link.datagrams.size >= SIZE_CERTAIN)
                ensure(is_right == (answer->fault == FAULT_NONE));
}

static bool is_empty(void)
{
        return link.flight_begin == link.flight_end;
}

static void deliver(void)
{
        struct answer *next = &link.flight[link.flight_begin];

        if (is_empty())
                return;
        if (is_drawn(link.weather.overtaken)) {
                struct answer *other =
                    next + random_next(link.random) % (link.flight_end - link.flight_begin);
                struct answer answer = *other;
                *other = *next;
                *next = answer;
        }
        link.flight_begin++;
        land(next);
}

static void expire(void)
{
        uint64_t before_ns = link.now_ns - least(link.now_ns, link.timeout_ns);

        datagrams_expire(&link.datagrams, before_ns, &link.result);
        datagrams_model_expire(&model, before_ns);
}

static void step(void)
{
        switch (random_next(link.random) % 8) {
        case 0:
        case 1:
                send(draw(DEPTH_MOST));
                break;
        case 2:
                link.now_ns += draw(2 * link.timeout_ns);
                break;
        case 3:
                expire();
                break;
        default:
                for (uint64_t i = draw(DEPTH_MOST); i > 0; i--)
                        deliver();
                break;
        }
        datagrams_model_check(&model, &link.datagrams, &link.result, link.now_ns);
}

/* What is not back after the time-out is lost; all was one or the other then. */
static void finish(void)
{
        datagrams_stop(&link.datagrams);
        datagrams_model_stop(&model);
        link.now_ns += link.timeout_ns;
        expire();
        datagrams_model_check(&model, &link.datagrams, &link.result, link.now_ns);
        ck_assert_uint_eq(link.datagrams.awaited, 0);
        ck_assert_uint_eq(link.result.messages + link.result.lost, link.datagrams.next);
}

static void run(struct random *random, uint32_t size)
{
        uint64_t steps_most = size > 10000 ? STEPS_MOST / 10 : STEPS_MOST;

        open_link(random, size);
        for (uint64_t i = draw(steps_most); i > 0; i--)
                step();
}

START_TEST(every_count_is_the_models)
{
        struct random random = random_from_environment();

        for (unsigned round = 0; round < ROUNDS; round++) {
                run(&random, sizes[_i]);
                finish();
        }
}
END_TEST

START_TEST(answers_that_come_too_late_change_nothing)
{
        struct random random = random_from_environment();

        for (unsigned round = 0; round < ROUNDS; round++) {
                run(&random, sizes[_i]);
                finish();
                struct result before = link.result;
                while (!is_empty())
                        deliver();
                before.duplicated = link.result.duplicated;
                ck_assert_mem_eq(&before, &link.result, sizeof(before));
                datagrams_model_check(&model, &link.datagrams, &link.result, link.now_ns);
        }
}
END_TEST

START_TEST(good_link_loses_nothing)
{
        struct random random = random_from_environment();

        for (unsigned round = 0; round < ROUNDS; round++) {
                open_link(&random, sizes[_i]);
                link.weather = (struct weather){ 0 };
                for (uint64_t i = draw(STEPS_MOST / 10); i > 0; i--) {
                        send(link.datagrams.window - link.datagrams.awaited);
                        while (!is_empty())
                                deliver();
                        link.now_ns += draw(1000000);
                }
                finish();
                ck_assert_uint_eq(link.result.messages, link.datagrams.next);
                ck_assert_uint_eq(link.result.lost, 0);
                ck_assert_uint_eq(link.result.duplicated, 0);
                ck_assert_uint_eq(link.result.reordered, 0);
        }
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("prop datagrams");
        TCase *tcase = tcase_create("prop datagrams");
        SRunner *runner = srunner_create(suite);

        payload_init();
        tcase_set_timeout(tcase, 120);
        tcase_add_loop_test(tcase, every_count_is_the_models, 0, SIZES);
        tcase_add_loop_test(tcase, answers_that_come_too_late_change_nothing, 0, SIZES);
        tcase_add_loop_test(tcase, good_link_loses_nothing, 0, SIZES);
        suite_add_tcase(suite, tcase);
        srunner_run_all(runner, CK_NORMAL);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
