/* SPDX-License-Identifier: MIT */
#include "probe/payload.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "suite.h"

/* So many bytes of the noise stand in one place of it only. */
enum { UNIQUE_SIZE = 5 };

/* More than the noise, so that a buffer of it wraps. */
enum { BUFFER_SIZE = 300000 };

static unsigned char buffer[BUFFER_SIZE];

static void fill(uint64_t stream, uint64_t offset, uint32_t size)
{
        for (uint32_t i = 0; i < size; i++)
                buffer[i] = *payload_at(stream, offset + i);
}

START_TEST(run_is_the_bytes_that_follow)
{
        static const uint64_t offsets[] = {
                0,      1,          PAYLOAD_PERIOD - 1, PAYLOAD_PERIOD, PAYLOAD_PERIOD + 1,
                999999, UINT32_MAX, UINT64_C(1) << 50,
        };

        for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
                fill(3, offsets[i], PAYLOAD_RUN_SIZE);
                ck_assert_mem_eq(payload_at(3, offsets[i]), buffer, PAYLOAD_RUN_SIZE);
        }
}
END_TEST

/* A run at each place, so also at the end of the table, where a sanitizer would see it. */
START_TEST(every_place_has_a_whole_run)
{
        unsigned sum = 0;

        for (uint64_t offset = 0; offset < PAYLOAD_PERIOD; offset++)
                sum += payload_at(0, offset)[PAYLOAD_RUN_SIZE - 1];
        ck_assert_uint_gt(sum, 0);
}
END_TEST

START_TEST(noise_repeats_after_its_period)
{
        for (uint64_t offset = 0; offset < 1000; offset += 7)
                ck_assert_ptr_eq(payload_at(5, offset), payload_at(5, offset + PAYLOAD_PERIOD));
}
END_TEST

/* 131,071 of 256 values: 512 of each, and a tenth more or less. */
START_TEST(every_byte_is_about_equally_frequent)
{
        unsigned counts[256] = { 0 };

        for (uint64_t offset = 0; offset < PAYLOAD_PERIOD; offset++)
                counts[*payload_at(0, offset)]++;
        for (unsigned byte = 0; byte < 256; byte++) {
                ck_assert_uint_gt(counts[byte], 400);
                ck_assert_uint_lt(counts[byte], 630);
        }
}
END_TEST

static int compare_places(const void *a, const void *b)
{
        return memcmp(payload_at(0, *(const uint32_t *)a), payload_at(0, *(const uint32_t *)b),
                      UNIQUE_SIZE);
}

/*
 * The guarantee of the payload: bytes from another place of it, whether lost, repeated, exchanged
 * or of another stream, are seen as wrong within the first five, unless they come from a multiple
 * of the period further on or back.
 */
START_TEST(no_five_bytes_stand_in_two_places)
{
        static uint32_t places[PAYLOAD_PERIOD];

        for (uint32_t i = 0; i < PAYLOAD_PERIOD; i++)
                places[i] = i;
        qsort(places, PAYLOAD_PERIOD, sizeof(places[0]), compare_places);
        for (uint32_t i = 1; i < PAYLOAD_PERIOD; i++)
                ck_assert_int_ne(compare_places(&places[i - 1], &places[i]), 0);
}
END_TEST

START_TEST(streams_begin_in_places_of_their_own)
{
        static bool is_taken[PAYLOAD_PERIOD];
        const unsigned char *first = payload_at(0, 0);

        for (uint64_t offset = 0; offset < PAYLOAD_PERIOD; offset++)
                if (payload_at(0, offset) < first)
                        first = payload_at(0, offset);
        for (uint64_t stream = 0; stream < PAYLOAD_PERIOD; stream++) {
                size_t place = (size_t)(payload_at(stream, 0) - first);
                ck_assert_uint_lt(place, PAYLOAD_PERIOD);
                ck_assert(!is_taken[place]);
                is_taken[place] = true;
        }
}
END_TEST

/* Bytes of a neighbour, a few of them lost, are no bytes of the stream. */
START_TEST(streams_of_near_numbers_begin_far_apart)
{
        enum { STREAMS = 100, APART = 150 };

        for (uint64_t stream = 0; stream < STREAMS; stream++) {
                for (uint64_t other = 0; other < stream; other++) {
                        ptrdiff_t apart = payload_at(stream, 0) - payload_at(other, 0);
                        ptrdiff_t around = PAYLOAD_PERIOD - labs(apart);
                        ck_assert_int_ge(labs(apart), APART);
                        ck_assert_int_ge(around, APART);
                }
        }
}
END_TEST

START_TEST(right_bytes_match_whole)
{
        static const uint32_t sizes[] = { 0,
                                          1,
                                          PAYLOAD_PERIOD,
                                          PAYLOAD_RUN_SIZE - 1,
                                          PAYLOAD_RUN_SIZE,
                                          PAYLOAD_RUN_SIZE + 1,
                                          BUFFER_SIZE };

        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
                fill(9, 12345678901, sizes[i]);
                ck_assert_uint_eq(payload_match(9, 12345678901, buffer, sizes[i]), sizes[i]);
        }
}
END_TEST

/* From where a run ends with the table, so that a sanitizer would see a byte too many. */
START_TEST(bytes_from_the_last_place_of_the_table_match)
{
        fill(0, PAYLOAD_PERIOD - 1, BUFFER_SIZE);
        ck_assert_uint_eq(payload_match(0, PAYLOAD_PERIOD - 1, buffer, BUFFER_SIZE), BUFFER_SIZE);
}
END_TEST

START_TEST(wrong_byte_is_found_where_it_is)
{
        static const uint32_t places[] = {
                0,
                1,
                4095,
                PAYLOAD_PERIOD,
                PAYLOAD_RUN_SIZE - 1,
                PAYLOAD_RUN_SIZE,
                PAYLOAD_RUN_SIZE + 1,
                2 * PAYLOAD_RUN_SIZE,
                BUFFER_SIZE - 1,
        };

        fill(1000000, 42, BUFFER_SIZE);
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
                for (unsigned bit = 0; bit < 8; bit++) {
                        buffer[places[i]] ^= (unsigned char)(1U << bit);
                        ck_assert_uint_eq(payload_match(1000000, 42, buffer, BUFFER_SIZE),
                                          places[i]);
                        buffer[places[i]] ^= (unsigned char)(1U << bit);
                }
        }
}
END_TEST

START_TEST(first_of_two_wrong_bytes_is_found)
{
        fill(0, 0, 1000);
        buffer[300] ^= 1;
        buffer[700] ^= 1;
        ck_assert_uint_eq(payload_match(0, 0, buffer, 1000), 300);
}
END_TEST

START_TEST(bytes_behind_the_end_are_not_looked_at)
{
        fill(0, 0, 1000);
        buffer[500] ^= 1;
        ck_assert_uint_eq(payload_match(0, 0, buffer, 500), 500);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                run_is_the_bytes_that_follow,
                every_place_has_a_whole_run,
                noise_repeats_after_its_period,
                every_byte_is_about_equally_frequent,
                no_five_bytes_stand_in_two_places,
                streams_begin_in_places_of_their_own,
                streams_of_near_numbers_begin_far_apart,
                bytes_from_the_last_place_of_the_table_match,
                right_bytes_match_whole,
                wrong_byte_is_found_where_it_is,
                first_of_two_wrong_bytes_is_found,
                bytes_behind_the_end_are_not_looked_at,
        };

        payload_init();
        return SUITE_RUN("payload", tests);
}
