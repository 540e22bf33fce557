/* SPDX-License-Identifier: MIT */
#include "core/events.h"

#include "suite.h"

enum { COUNT = 4 };

static struct event slots[COUNT];
static struct events events;

static enum events_put put(uint64_t number)
{
        return events_put(&events, &(struct event){ .kind = EVENT_DATA, .connection = number });
}

static void expect(uint64_t number)
{
        struct event event;

        ck_assert(events_take(&events, &event));
        ck_assert_uint_eq(event.connection, number);
}

static void expect_nothing(void)
{
        struct event event = { .connection = 862 };

        ck_assert(!events_take(&events, &event));
        ck_assert_uint_eq(event.connection, 862);
}

static void fill(void)
{
        events_init(&events, slots, COUNT);
        for (uint64_t i = 0; i < COUNT; i++)
                ck_assert_uint_ne(put(i), EVENTS_FULL);
}

START_TEST(new_ring_is_empty)
{
        events_init(&events, slots, COUNT);
        expect_nothing();
        ck_assert_uint_eq(events_lost(&events), 0);
}
END_TEST

START_TEST(records_come_in_order)
{
        fill();
        for (uint64_t i = 0; i < COUNT; i++)
                expect(i);
        expect_nothing();
}
END_TEST

START_TEST(record_comes_whole)
{
        struct event event = { .time_ns = 1, .connection = 2, .kind = EVENT_DATA, .listener = 3 };
        struct event taken;

        events_init(&events, slots, COUNT);
        event.data.size = 1000;
        event.data.shown = EVENT_PREVIEW_SIZE;
        for (unsigned i = 0; i < EVENT_PREVIEW_SIZE; i++)
                event.data.bytes[i] = (unsigned char)(255 - i);
        events_put(&events, &event);
        ck_assert(events_take(&events, &taken));
        ck_assert_uint_eq(taken.time_ns, 1);
        ck_assert_uint_eq(taken.connection, 2);
        ck_assert_uint_eq(taken.kind, EVENT_DATA);
        ck_assert_uint_eq(taken.listener, 3);
        ck_assert_uint_eq(taken.data.size, 1000);
        ck_assert_uint_eq(taken.data.shown, EVENT_PREVIEW_SIZE);
        ck_assert_mem_eq(taken.data.bytes, event.data.bytes, EVENT_PREVIEW_SIZE);
}
END_TEST

START_TEST(full_ring_loses_the_newest_and_counts_it)
{
        fill();
        ck_assert_uint_eq(put(98), EVENTS_FULL);
        ck_assert_uint_eq(put(99), EVENTS_FULL);
        ck_assert_uint_eq(events_lost(&events), 2);
        for (uint64_t i = 0; i < COUNT; i++)
                expect(i);
        expect_nothing();
}
END_TEST

START_TEST(one_taken_makes_room_for_one)
{
        fill();
        expect(0);
        ck_assert_uint_eq(put(4), EVENTS_PUT);
        ck_assert_uint_eq(put(5), EVENTS_FULL);
        for (uint64_t i = 1; i <= 4; i++)
                expect(i);
        expect_nothing();
}
END_TEST

START_TEST(only_the_first_record_wakes_the_taker)
{
        events_init(&events, slots, COUNT);
        ck_assert_uint_eq(put(0), EVENTS_PUT_FIRST);
        ck_assert_uint_eq(put(1), EVENTS_PUT);
        expect(0);
        ck_assert_uint_eq(put(2), EVENTS_PUT);
        expect(1);
        expect(2);
        ck_assert_uint_eq(put(3), EVENTS_PUT_FIRST);
}
END_TEST

START_TEST(ring_of_one_is_full_and_empty_in_turn)
{
        events_init(&events, slots, 1);
        for (uint64_t i = 0; i < 10; i++) {
                ck_assert_uint_eq(put(i), EVENTS_PUT_FIRST);
                ck_assert_uint_eq(put(99), EVENTS_FULL);
                expect(i);
                expect_nothing();
        }
        ck_assert_uint_eq(events_lost(&events), 10);
}
END_TEST

START_TEST(indices_wrap)
{
        events_init(&events, slots, COUNT);
        atomic_init(&events.put, UINT32_MAX - 1);
        atomic_init(&events.taken, UINT32_MAX - 1);
        ck_assert_uint_eq(put(0), EVENTS_PUT_FIRST);
        for (uint64_t i = 1; i < COUNT; i++)
                ck_assert_uint_eq(put(i), EVENTS_PUT);
        ck_assert_uint_eq(put(99), EVENTS_FULL);
        for (uint64_t i = 0; i < COUNT; i++)
                expect(i);
        expect_nothing();
        ck_assert_uint_eq(put(4), EVENTS_PUT_FIRST);
}
END_TEST

START_TEST(each_index_has_a_cache_line_of_its_own)
{
        uintptr_t put_line = (uintptr_t)&events.put / 64;
        uintptr_t taken_line = (uintptr_t)&events.taken / 64;

        ck_assert_uint_ne(put_line, taken_line);
        ck_assert_uint_ne(put_line, (uintptr_t)&events.slots / 64);
        ck_assert_uint_ne(taken_line, (uintptr_t)&events.slots / 64);
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                new_ring_is_empty,
                records_come_in_order,
                record_comes_whole,
                full_ring_loses_the_newest_and_counts_it,
                one_taken_makes_room_for_one,
                only_the_first_record_wakes_the_taker,
                ring_of_one_is_full_and_empty_in_turn,
                indices_wrap,
                each_index_has_a_cache_line_of_its_own,
        };

        return SUITE_RUN("events", tests);
}
