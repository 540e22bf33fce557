/* SPDX-License-Identifier: MIT */
#include "core/slots.h"

#include <string.h>

#include "suite.h"

enum { SLOTS = 6 };

struct fixture {
        struct slots slots;
        struct conn conns[SLOTS];
        uint64_t words[4];
};

static void open_slots(struct fixture *fixture)
{
        memset(fixture->conns, 0, sizeof(fixture->conns));
        slots_init(&fixture->slots, fixture->conns, fixture->words, SLOTS);
}

/* Takes all slots and puts back those in the set. */
static void free_these(struct fixture *fixture, unsigned set)
{
        while (slots_take(&fixture->slots) != NULL)
                continue;
        for (uint32_t index = 0; index < SLOTS; index++)
                if ((set >> index & 1) != 0)
                        slots_put(&fixture->slots, &fixture->conns[index]);
}

START_TEST(a_new_table_is_empty)
{
        struct fixture fixture;

        open_slots(&fixture);
        ck_assert_uint_eq(slots_used(&fixture.slots), 0);
        ck_assert_uint_eq(fixture.slots.top, 0);
}
END_TEST

START_TEST(lowest_free_slot_is_taken_first)
{
        struct fixture fixture;

        open_slots(&fixture);
        for (uint32_t index = 0; index < SLOTS; index++) {
                ck_assert_ptr_eq(slots_take(&fixture.slots), &fixture.conns[index]);
                ck_assert_uint_eq(slots_used(&fixture.slots), index + 1);
                ck_assert_uint_eq(fixture.slots.top, index + 1);
        }
        slots_put(&fixture.slots, &fixture.conns[4]);
        slots_put(&fixture.slots, &fixture.conns[1]);
        ck_assert_uint_eq(slots_used(&fixture.slots), SLOTS - 2);
        ck_assert_ptr_eq(slots_take(&fixture.slots), &fixture.conns[1]);
        ck_assert_ptr_eq(slots_take(&fixture.slots), &fixture.conns[4]);
}
END_TEST

START_TEST(a_full_table_gives_nothing)
{
        struct fixture fixture;

        open_slots(&fixture);
        free_these(&fixture, 0);
        ck_assert_ptr_null(slots_take(&fixture.slots));
        ck_assert_uint_eq(slots_used(&fixture.slots), SLOTS);
        ck_assert_uint_eq(fixture.slots.generation, SLOTS);
}
END_TEST

START_TEST(taking_a_slot_touches_nothing_but_its_generation)
{
        struct fixture fixture;
        struct conn before;

        open_slots(&fixture);
        memset(&fixture.conns[0], 0xa5, sizeof(struct conn));
        before = fixture.conns[0];
        before.generation = 1;
        ck_assert_ptr_eq(slots_take(&fixture.slots), &fixture.conns[0]);
        ck_assert_mem_eq(&fixture.conns[0], &before, sizeof(before));
}
END_TEST

START_TEST(a_token_finds_its_connection)
{
        struct fixture fixture;

        open_slots(&fixture);
        free_these(&fixture, 0);
        for (uint32_t index = 0; index < SLOTS; index++) {
                struct conn *conn = &fixture.conns[index];
                ck_assert_uint_eq(slots_index(&fixture.slots, conn), index);
                ck_assert_ptr_eq(slots_find(&fixture.slots, slots_token(&fixture.slots, conn)),
                                 conn);
        }
}
END_TEST

START_TEST(a_token_is_never_below_two_to_the_32)
{
        struct fixture fixture;

        open_slots(&fixture);
        ck_assert_uint_ge(slots_token(&fixture.slots, slots_take(&fixture.slots)), UINT64_C(1)
                                                                                       << 32);
        fixture.slots.generation = UINT32_MAX;
        ck_assert_uint_ge(slots_token(&fixture.slots, slots_take(&fixture.slots)), UINT64_C(1)
                                                                                       << 32);
}
END_TEST

START_TEST(numbers_below_two_to_the_32_find_nothing)
{
        struct fixture fixture;

        open_slots(&fixture);
        free_these(&fixture, 1 << 2);
        for (uint64_t number = 0; number < SLOTS + 2; number++)
                ck_assert_ptr_null(slots_find(&fixture.slots, number));
        ck_assert_ptr_null(slots_find(&fixture.slots, UINT32_MAX));
}
END_TEST

START_TEST(token_of_an_ended_connection_finds_nothing)
{
        struct fixture fixture;

        open_slots(&fixture);
        struct conn *conn = slots_take(&fixture.slots);
        uint64_t token = slots_token(&fixture.slots, conn);
        slots_put(&fixture.slots, conn);
        ck_assert_ptr_null(slots_find(&fixture.slots, token));
}
END_TEST

START_TEST(token_of_an_ended_connection_does_not_find_its_successor)
{
        struct fixture fixture;

        open_slots(&fixture);
        struct conn *conn = slots_take(&fixture.slots);
        uint64_t token = slots_token(&fixture.slots, conn);
        slots_put(&fixture.slots, conn);
        ck_assert_ptr_eq(slots_take(&fixture.slots), conn);
        ck_assert_ptr_null(slots_find(&fixture.slots, token));
        ck_assert_ptr_eq(slots_find(&fixture.slots, slots_token(&fixture.slots, conn)), conn);
}
END_TEST

START_TEST(token_of_an_ended_connection_finds_nothing_on_a_page_that_came_back_zeroed)
{
        struct fixture fixture;

        open_slots(&fixture);
        struct conn *conn = slots_take(&fixture.slots);
        uint64_t token = slots_token(&fixture.slots, conn);
        slots_put(&fixture.slots, conn);
        slots_trim(&fixture.slots);
        memset(fixture.conns, 0, sizeof(fixture.conns));
        ck_assert_ptr_null(slots_find(&fixture.slots, token));
        ck_assert_ptr_eq(slots_take(&fixture.slots), conn);
        ck_assert_ptr_null(slots_find(&fixture.slots, token));
}
END_TEST

START_TEST(a_token_with_an_index_outside_the_table_finds_nothing)
{
        struct fixture fixture;

        open_slots(&fixture);
        free_these(&fixture, 0);
        for (uint64_t generation = 1; generation <= SLOTS; generation++) {
                ck_assert_ptr_null(slots_find(&fixture.slots, generation << 32 | SLOTS));
                ck_assert_ptr_null(slots_find(&fixture.slots, generation << 32 | UINT32_MAX));
        }
}
END_TEST

START_TEST(memory_behind_the_table_is_no_connection)
{
        struct fixture fixture;

        open_slots(&fixture);
        slots_init(&fixture.slots, fixture.conns, fixture.words, SLOTS - 1);
        fixture.conns[SLOTS - 1].generation = 1;
        ck_assert_ptr_null(slots_find(&fixture.slots, UINT64_C(1) << 32 | (SLOTS - 1)));
}
END_TEST

START_TEST(generation_never_is_zero_even_after_wrapping)
{
        struct fixture fixture;

        open_slots(&fixture);
        fixture.slots.generation = UINT32_MAX - 1;
        ck_assert_uint_eq(slots_take(&fixture.slots)->generation, UINT32_MAX);
        ck_assert_uint_eq(slots_take(&fixture.slots)->generation, 1);
        ck_assert_uint_eq(slots_take(&fixture.slots)->generation, 2);
}
END_TEST

START_TEST(only_slots_in_use_are_seen_by_index)
{
        for (unsigned set = 0; set < 1U << SLOTS; set++) {
                struct fixture fixture;
                open_slots(&fixture);
                free_these(&fixture, set);
                for (uint32_t index = 0; index < SLOTS; index++) {
                        bool is_free = (set >> index & 1) != 0;
                        ck_assert_ptr_eq(slots_at(&fixture.slots, index),
                                         is_free ? NULL : &fixture.conns[index]);
                }
        }
}
END_TEST

START_TEST(trimming_lowers_the_top_to_just_above_the_highest_in_use)
{
        for (unsigned set = 0; set < 1U << SLOTS; set++) {
                struct fixture fixture;
                unsigned used = ~set & ((1U << SLOTS) - 1);
                uint32_t top = used == 0 ? 0 : 32 - (uint32_t)__builtin_clz(used);
                open_slots(&fixture);
                free_these(&fixture, set);
                ck_assert_uint_eq(fixture.slots.top, SLOTS);
                slots_trim(&fixture.slots);
                ck_assert_uint_eq(fixture.slots.top, top);
        }
}
END_TEST

START_TEST(the_top_does_not_sink_when_a_low_slot_is_taken)
{
        struct fixture fixture;

        open_slots(&fixture);
        free_these(&fixture, 1);
        ck_assert_ptr_eq(slots_take(&fixture.slots), &fixture.conns[0]);
        ck_assert_uint_eq(fixture.slots.top, SLOTS);
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                a_new_table_is_empty,
                lowest_free_slot_is_taken_first,
                a_full_table_gives_nothing,
                taking_a_slot_touches_nothing_but_its_generation,
                a_token_finds_its_connection,
                a_token_is_never_below_two_to_the_32,
                numbers_below_two_to_the_32_find_nothing,
                token_of_an_ended_connection_finds_nothing,
                token_of_an_ended_connection_does_not_find_its_successor,
                token_of_an_ended_connection_finds_nothing_on_a_page_that_came_back_zeroed,
                a_token_with_an_index_outside_the_table_finds_nothing,
                memory_behind_the_table_is_no_connection,
                generation_never_is_zero_even_after_wrapping,
                only_slots_in_use_are_seen_by_index,
                trimming_lowers_the_top_to_just_above_the_highest_in_use,
                the_top_does_not_sink_when_a_low_slot_is_taken,
        };

        return SUITE_RUN("slots", tests);
}
