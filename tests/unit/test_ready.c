/* SPDX-License-Identifier: MIT */
#include "core/ready.h"

#include "suite.h"

enum { CONNS = 4 };

struct fixture {
        struct ready ready;
        struct conn conns[CONNS];
};

static void open_empty(struct fixture *fixture)
{
        ready_init(&fixture->ready, fixture->conns);
        for (uint32_t i = 0; i < CONNS; i++)
                ready_clear(&fixture->ready, i);
}

START_TEST(a_new_list_is_empty)
{
        struct fixture fixture;

        open_empty(&fixture);
        ck_assert(ready_is_empty(&fixture.ready));
        ck_assert_uint_eq(ready_take(&fixture.ready), READY_NONE);
        ck_assert_uint_eq(ready_last(&fixture.ready), READY_NONE);
}
END_TEST

START_TEST(first_in_is_first_out)
{
        struct fixture fixture;

        open_empty(&fixture);
        ready_put(&fixture.ready, 2);
        ready_put(&fixture.ready, 0);
        ready_put(&fixture.ready, 3);
        ck_assert(!ready_is_empty(&fixture.ready));
        ck_assert_uint_eq(ready_take(&fixture.ready), 2);
        ck_assert_uint_eq(ready_take(&fixture.ready), 0);
        ck_assert_uint_eq(ready_take(&fixture.ready), 3);
        ck_assert_uint_eq(ready_take(&fixture.ready), READY_NONE);
        ck_assert(ready_is_empty(&fixture.ready));
}
END_TEST

START_TEST(a_connection_on_the_list_is_not_put_twice)
{
        struct fixture fixture;

        open_empty(&fixture);
        ready_put(&fixture.ready, 1);
        ready_put(&fixture.ready, 1);
        ready_put(&fixture.ready, 2);
        ready_put(&fixture.ready, 1);
        ready_put(&fixture.ready, 2);
        ck_assert_uint_eq(ready_take(&fixture.ready), 1);
        ck_assert_uint_eq(ready_take(&fixture.ready), 2);
        ck_assert_uint_eq(ready_take(&fixture.ready), READY_NONE);
}
END_TEST

START_TEST(who_was_taken_goes_to_the_end)
{
        struct fixture fixture;

        open_empty(&fixture);
        ready_put(&fixture.ready, 0);
        ready_put(&fixture.ready, 1);
        ck_assert_uint_eq(ready_take(&fixture.ready), 0);
        ready_put(&fixture.ready, 0);
        ck_assert_uint_eq(ready_take(&fixture.ready), 1);
        ck_assert_uint_eq(ready_take(&fixture.ready), 0);
        ck_assert(ready_is_empty(&fixture.ready));
}
END_TEST

START_TEST(last_is_the_one_put_last)
{
        struct fixture fixture;

        open_empty(&fixture);
        ready_put(&fixture.ready, 3);
        ck_assert_uint_eq(ready_last(&fixture.ready), 3);
        ready_put(&fixture.ready, 1);
        ck_assert_uint_eq(ready_last(&fixture.ready), 1);
        ready_put(&fixture.ready, 3);
        ck_assert_uint_eq(ready_last(&fixture.ready), 1);
        (void)ready_take(&fixture.ready);
        ck_assert_uint_eq(ready_last(&fixture.ready), 1);
        (void)ready_take(&fixture.ready);
        ck_assert_uint_eq(ready_last(&fixture.ready), READY_NONE);
}
END_TEST

START_TEST(list_has_who_was_put_and_not_taken)
{
        struct fixture fixture;

        open_empty(&fixture);
        ck_assert(!ready_has(&fixture.ready, 1));
        ready_put(&fixture.ready, 1);
        ready_put(&fixture.ready, 2);
        ck_assert(ready_has(&fixture.ready, 1));
        ck_assert(ready_has(&fixture.ready, 2));
        ck_assert(!ready_has(&fixture.ready, 0));
        (void)ready_take(&fixture.ready);
        ck_assert(!ready_has(&fixture.ready, 1));
        ck_assert(ready_has(&fixture.ready, 2));
}
END_TEST

struct model {
        uint32_t queue[CONNS];
        uint32_t count;
};

static bool model_has(const struct model *model, uint32_t index)
{
        for (uint32_t i = 0; i < model->count; i++)
                if (model->queue[i] == index)
                        return true;
        return false;
}

static uint32_t model_take(struct model *model)
{
        if (model->count == 0)
                return READY_NONE;
        uint32_t index = model->queue[0];
        model->count--;
        for (uint32_t i = 0; i < model->count; i++)
                model->queue[i] = model->queue[i + 1];
        return index;
}

/* One digit an event, base CONNS + 1: put that connection, or take. */
static uint32_t run_script(uint32_t script, unsigned length)
{
        struct fixture fixture;
        struct model model = { .count = 0 };
        uint32_t wrong = 0;

        open_empty(&fixture);
        for (unsigned i = 0; i < length; i++, script /= CONNS + 1) {
                uint32_t event = script % (CONNS + 1);
                if (event == CONNS)
                        wrong += ready_take(&fixture.ready) != model_take(&model);
                else
                        ready_put(&fixture.ready, event);
                if (event < CONNS && !model_has(&model, event))
                        model.queue[model.count++] = event;
                uint32_t last = model.count > 0 ? model.queue[model.count - 1] : READY_NONE;
                wrong += ready_last(&fixture.ready) != last;
                wrong += ready_is_empty(&fixture.ready) != (model.count == 0);
                for (uint32_t index = 0; index < CONNS; index++)
                        wrong += ready_has(&fixture.ready, index) != model_has(&model, index);
        }
        return wrong;
}

START_TEST(every_script_of_seven_events_agrees_with_a_queue)
{
        uint32_t wrong = 0;

        for (uint32_t script = 0; script < 78125; script++) /* 5 to the power of 7 */
                wrong += run_script(script, 7);
        ck_assert_uint_eq(wrong, 0);
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                a_new_list_is_empty,
                first_in_is_first_out,
                a_connection_on_the_list_is_not_put_twice,
                who_was_taken_goes_to_the_end,
                last_is_the_one_put_last,
                list_has_who_was_put_and_not_taken,
                every_script_of_seven_events_agrees_with_a_queue,
        };

        return SUITE_RUN("ready", tests);
}
