/* SPDX-License-Identifier: MIT */
#include "core/crc32c.h"

#include <string.h>

#include "suite.h"

static uint32_t sum(const void *data, uint32_t size)
{
        return crc32c_add(CRC32C_BEGIN, data, size);
}

START_TEST(check_value_of_the_catalogues)
{
        ck_assert_uint_eq(sum("123456789", 9), 0xe3069283);
}
END_TEST

/* RFC 3720, appendix B.4, read as a number. */
START_TEST(examples_of_the_standard)
{
        unsigned char data[32];

        memset(data, 0, sizeof(data));
        ck_assert_uint_eq(sum(data, sizeof(data)), 0x8a9136aa);
        memset(data, 0xff, sizeof(data));
        ck_assert_uint_eq(sum(data, sizeof(data)), 0x62a8ab43);
        for (unsigned i = 0; i < sizeof(data); i++)
                data[i] = (unsigned char)i;
        ck_assert_uint_eq(sum(data, sizeof(data)), 0x46dd794e);
        for (unsigned i = 0; i < sizeof(data); i++)
                data[i] = (unsigned char)(31 - i);
        ck_assert_uint_eq(sum(data, sizeof(data)), 0x113fdb5c);
}
END_TEST

START_TEST(nothing_adds_nothing)
{
        ck_assert_uint_eq(sum(NULL, 0), 0);
        ck_assert_uint_eq(crc32c_add(0xe3069283, NULL, 0), 0xe3069283);
}
END_TEST

START_TEST(pieces_sum_up_to_the_whole)
{
        const unsigned char *data = (const unsigned char *)"123456789";

        for (uint32_t i = 0; i <= 9; i++)
                ck_assert_uint_eq(crc32c_add(sum(data, i), data + i, 9 - i), 0xe3069283);
}
END_TEST

START_TEST(every_bit_counts)
{
        unsigned char data[128] = { 0 };
        uint32_t before = sum(data, sizeof(data));

        for (unsigned bit = 0; bit < 8 * sizeof(data); bit++) {
                data[bit / 8] ^= (unsigned char)(1U << bit % 8);
                ck_assert_uint_ne(sum(data, sizeof(data)), before);
                data[bit / 8] ^= (unsigned char)(1U << bit % 8);
        }
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                check_value_of_the_catalogues, examples_of_the_standard, nothing_adds_nothing,
                pieces_sum_up_to_the_whole,    every_bit_counts,
        };

        return SUITE_RUN("crc32c", tests);
}
