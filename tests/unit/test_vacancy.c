/* SPDX-License-Identifier: MIT */
#include "core/vacancy.h"

#include "suite.h"
#include "support/random.h"

enum {
        TABLE_MAX = 64 * 64 * 64 + 1, /* the smallest count that branches on every level */
        GUARD = 0x5a,
};

struct table {
        struct vacancy vacancy;
        uint64_t *words;
        uint32_t word_count;
};

/* The words hold rubbish before, and a guard behind them. */
static void table_open(struct table *table, uint32_t count)
{
        table->word_count = vacancy_words(count);
        table->words = malloc((table->word_count + 1) * sizeof(uint64_t));
        ck_assert_ptr_nonnull(table->words);
        for (uint32_t i = 0; i < table->word_count; i++)
                table->words[i] = UINT64_C(0xdeadbeefcafebabe);
        table->words[table->word_count] = GUARD;
        vacancy_init(&table->vacancy, table->words, count);
}

static void table_close(struct table *table)
{
        ck_assert_uint_eq(table->words[table->word_count], GUARD);
        free(table->words);
}

static void take_all(struct table *table)
{
        while (vacancy_take(&table->vacancy) != VACANCY_NONE)
                continue;
}

/* Around every place where a level gets one word more. */
static const uint32_t counts[] = {
        1,   2,    3,    62,   63,   64,   65,   66,     127,    128,
        129, 1000, 4031, 4032, 4095, 4096, 4097, 262143, 262144, TABLE_MAX,
};
enum { COUNTS = sizeof(counts) / sizeof(counts[0]) };

START_TEST(words_are_one_bit_an_index_and_four_levels)
{
        ck_assert_uint_eq(vacancy_words(1), 1 + 1 + 1 + 1);
        ck_assert_uint_eq(vacancy_words(64), 1 + 1 + 1 + 1);
        ck_assert_uint_eq(vacancy_words(65), 2 + 1 + 1 + 1);
        ck_assert_uint_eq(vacancy_words(4096), 64 + 1 + 1 + 1);
        ck_assert_uint_eq(vacancy_words(4097), 65 + 2 + 1 + 1);
        ck_assert_uint_eq(vacancy_words(TABLE_MAX), 4097 + 65 + 2 + 1);
        ck_assert_uint_eq(vacancy_words(VACANCY_COUNT_MAX), 262144 + 4096 + 64 + 1);
}
END_TEST

START_TEST(all_indices_are_free_at_first)
{
        for (unsigned i = 0; i < COUNTS; i++) {
                struct table table;
                uint32_t free_count = 0;
                table_open(&table, counts[i]);
                for (uint32_t index = 0; index < counts[i]; index++)
                        free_count += vacancy_is_free(&table.vacancy, index);
                ck_assert_uint_eq(free_count, counts[i]);
                ck_assert_uint_eq(table.vacancy.free, counts[i]);
                table_close(&table);
        }
}
END_TEST

START_TEST(lowest_free_index_is_taken_first)
{
        for (unsigned i = 0; i < COUNTS; i++) {
                struct table table;
                uint32_t wrong = 0;
                table_open(&table, counts[i]);
                for (uint32_t index = 0; index < counts[i]; index++)
                        wrong += vacancy_take(&table.vacancy) != index;
                ck_assert_uint_eq(wrong, 0);
                table_close(&table);
        }
}
END_TEST

START_TEST(nothing_is_taken_when_all_are)
{
        for (unsigned i = 0; i < COUNTS; i++) {
                struct table table;
                table_open(&table, counts[i]);
                take_all(&table);
                ck_assert_uint_eq(table.vacancy.free, 0);
                ck_assert_uint_eq(vacancy_take(&table.vacancy), VACANCY_NONE);
                ck_assert_uint_eq(table.vacancy.free, 0);
                table_close(&table);
        }
}
END_TEST

START_TEST(a_taken_index_is_not_free_and_its_neighbours_are)
{
        struct table table;

        table_open(&table, 130);
        for (uint32_t taken = 0; taken < 129; taken++) {
                ck_assert_uint_eq(vacancy_take(&table.vacancy), taken);
                ck_assert(!vacancy_is_free(&table.vacancy, taken));
                ck_assert(vacancy_is_free(&table.vacancy, taken + 1));
                ck_assert_uint_eq(table.vacancy.free, 130 - 1 - taken);
        }
        table_close(&table);
}
END_TEST

START_TEST(any_single_freed_index_is_found_again)
{
        struct table table;
        uint32_t wrong = 0;

        table_open(&table, TABLE_MAX);
        take_all(&table);
        for (uint32_t index = 0; index < TABLE_MAX; index++) {
                vacancy_put(&table.vacancy, index);
                wrong += table.vacancy.free != 1;
                wrong += vacancy_take(&table.vacancy) != index;
                wrong += vacancy_take(&table.vacancy) != VACANCY_NONE;
        }
        ck_assert_uint_eq(wrong, 0);
        table_close(&table);
}
END_TEST

START_TEST(of_any_two_freed_indices_the_lower_is_taken_first)
{
        enum { COUNT = 200 };
        struct table table;
        uint32_t wrong = 0;

        table_open(&table, COUNT);
        take_all(&table);
        for (uint32_t pair = 0; pair < COUNT * COUNT; pair++) {
                uint32_t a = pair / COUNT;
                uint32_t b = pair % COUNT;
                if (a == b)
                        continue;
                vacancy_put(&table.vacancy, a);
                vacancy_put(&table.vacancy, b);
                wrong += vacancy_take(&table.vacancy) != (a < b ? a : b);
                wrong += vacancy_take(&table.vacancy) != (a < b ? b : a);
        }
        ck_assert_uint_eq(wrong, 0);
        ck_assert_uint_eq(vacancy_take(&table.vacancy), VACANCY_NONE);
        table_close(&table);
}
END_TEST

/* Takes and puts at random; the model is an array and the lowest free index in it. */
static uint32_t run_against_model(uint32_t count, struct random *random)
{
        bool *is_taken = calloc(count, sizeof(bool));
        uint32_t lowest = 0;
        uint32_t wrong = 0;
        struct table table;

        ck_assert_ptr_nonnull(is_taken);
        table_open(&table, count);
        for (unsigned step = 0; step < 40000; step++) {
                uint32_t index = (uint32_t)(random_next(random) % count);
                if (is_taken[index] && random_next(random) % 2 == 0) {
                        vacancy_put(&table.vacancy, index);
                        is_taken[index] = false;
                        lowest = index < lowest ? index : lowest;
                } else if (lowest < count) {
                        wrong += vacancy_take(&table.vacancy) != lowest;
                        is_taken[lowest] = true;
                } else {
                        wrong += vacancy_take(&table.vacancy) != VACANCY_NONE;
                }
                while (lowest < count && is_taken[lowest])
                        lowest++;
                wrong += vacancy_is_free(&table.vacancy, index) == is_taken[index];
        }
        table_close(&table);
        free(is_taken);
        return wrong;
}

START_TEST(random_takes_and_puts_agree_with_an_array)
{
        struct random random = random_from_environment();

        for (unsigned i = 0; i < COUNTS; i++)
                ck_assert_uint_eq(run_against_model(counts[i], &random), 0);
}
END_TEST

START_TEST(the_largest_table_works_at_its_last_index)
{
        struct table table;

        table_open(&table, VACANCY_COUNT_MAX);
        ck_assert(vacancy_is_free(&table.vacancy, VACANCY_COUNT_MAX - 1));
        take_all(&table);
        vacancy_put(&table.vacancy, VACANCY_COUNT_MAX - 1);
        ck_assert_uint_eq(vacancy_take(&table.vacancy), VACANCY_COUNT_MAX - 1);
        table_close(&table);
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                words_are_one_bit_an_index_and_four_levels,
                all_indices_are_free_at_first,
                lowest_free_index_is_taken_first,
                nothing_is_taken_when_all_are,
                a_taken_index_is_not_free_and_its_neighbours_are,
                any_single_freed_index_is_found_again,
                of_any_two_freed_indices_the_lower_is_taken_first,
                random_takes_and_puts_agree_with_an_array,
                the_largest_table_works_at_its_last_index,
        };

        return SUITE_RUN("vacancy", tests);
}
