/* SPDX-License-Identifier: MIT */
#include "probe/result.h"

#include <string.h>

#include "suite.h"

static struct result result;

START_TEST(clear_result_is_ok_and_says_nothing)
{
        memset(&result, 0xff, sizeof(result));
        result_clear(&result);
        ck_assert_int_eq(result.verdict, VERDICT_OK);
        ck_assert_str_eq(result.reason, "");
        ck_assert_uint_eq(result.messages, 0);
        ck_assert_uint_eq(result.latency.count, 0);
        ck_assert_uint_eq(result.latency.min_ns, UINT64_MAX);
        ck_assert_uint_eq(result_jitter(&result), 0);
        for (unsigned i = 0; i < VERDICT_COUNT; i++)
                ck_assert_uint_eq(result.faults[i], 0);
}
END_TEST

START_TEST(message_is_counted_with_its_latency)
{
        result_clear(&result);
        result_record(&result, 300, NULL);
        result_record(&result, 100, NULL);
        ck_assert_uint_eq(result.messages, 2);
        ck_assert_uint_eq(result.latency.count, 2);
        ck_assert_uint_eq(result.latency.min_ns, 100);
        ck_assert_uint_eq(result.latency.max_ns, 300);
}
END_TEST

START_TEST(message_without_one_before_it_has_no_jitter)
{
        result_clear(&result);
        result_record(&result, 300, NULL);
        ck_assert_uint_eq(result.jitter_count, 0);
        ck_assert_uint_eq(result_jitter(&result), 0);
}
END_TEST

START_TEST(jitter_is_the_mean_difference_whichever_is_greater)
{
        static const uint64_t first = 100;
        static const uint64_t second = 400;

        result_clear(&result);
        result_record(&result, second, &first);
        result_record(&result, first, &second);
        result_record(&result, first, &first);
        ck_assert_uint_eq(result.jitter_count, 3);
        ck_assert_uint_eq(result.jitter_sum_ns, 600);
        ck_assert_uint_eq(result_jitter(&result), 200);
}
END_TEST

START_TEST(fault_is_counted_and_told_in_words)
{
        result_clear(&result);
        result_fault(&result, VERDICT_LOSSY, "connection %d: %s", 7, "gone");
        ck_assert_int_eq(result.verdict, VERDICT_LOSSY);
        ck_assert_uint_eq(result.faults[VERDICT_LOSSY], 1);
        ck_assert_str_eq(result.reason, "connection 7: gone");
}
END_TEST

START_TEST(first_words_of_as_grave_faults_are_kept)
{
        result_clear(&result);
        result_fault(&result, VERDICT_RESET, "first");
        result_fault(&result, VERDICT_RESET, "second");
        ck_assert_uint_eq(result.faults[VERDICT_RESET], 2);
        ck_assert_str_eq(result.reason, "first");
}
END_TEST

START_TEST(graver_fault_takes_the_word)
{
        result_clear(&result);
        result_fault(&result, VERDICT_TIMEOUT, "late");
        result_fault(&result, VERDICT_CORRUPT, "wrong");
        result_fault(&result, VERDICT_RESET, "torn");
        ck_assert_int_eq(result.verdict, VERDICT_CORRUPT);
        ck_assert_str_eq(result.reason, "wrong");
        ck_assert_uint_eq(result.faults[VERDICT_TIMEOUT], 1);
        ck_assert_uint_eq(result.faults[VERDICT_CORRUPT], 1);
        ck_assert_uint_eq(result.faults[VERDICT_RESET], 1);
}
END_TEST

START_TEST(words_too_long_are_cut)
{
        char words[2 * sizeof(result.reason)];

        memset(words, 'x', sizeof(words) - 1);
        words[sizeof(words) - 1] = '\0';
        result_clear(&result);
        result_fault(&result, VERDICT_RESET, "%s", words);
        ck_assert_uint_eq(strlen(result.reason), sizeof(result.reason) - 1);
        ck_assert_mem_eq(result.reason, words, sizeof(result.reason) - 1);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                clear_result_is_ok_and_says_nothing,
                message_is_counted_with_its_latency,
                message_without_one_before_it_has_no_jitter,
                jitter_is_the_mean_difference_whichever_is_greater,
                fault_is_counted_and_told_in_words,
                first_words_of_as_grave_faults_are_kept,
                graver_fault_takes_the_word,
                words_too_long_are_cut,
        };

        return SUITE_RUN("result", tests);
}
