/* SPDX-License-Identifier: MIT */
#include "core/siphash.h"

#include <string.h>

#include "suite.h"

enum { VECTORS = 64, BIG = 65507 };

/* Bytes 0 to 15. */
static const struct siphash_key key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };

/*
 * Of the bytes 0 to n - 1: the published vectors of SipHash-1-3, the reference implementation's
 * with one compression and three final rounds.
 */
static const uint64_t vectors[VECTORS] = {
        0xabac0158050fc4dc, 0xc9f49bf37d57ca93, 0x82cb9b024dc7d44d, 0x8bf80ab8e7ddf7fb,
        0xcf75576088d38328, 0xdef9d52f49533b67, 0xc50d2b50c59f22a7, 0xd3927d989bb11140,
        0x369095118d299a8e, 0x25a48eb36c063de4, 0x79de85ee92ff097f, 0x70c118c1f94dc352,
        0x78a384b157b4d9a2, 0x306f760c1229ffa7, 0x605aa111c0f95d34, 0xd320d86d2a519956,
        0xcc4fdd1a7d908b66, 0x9cf2689063dbd80c, 0x8ffc389cb473e63e, 0xf21f9de58d297d1c,
        0xc0dc2f46a6cce040, 0xb992abfe2b45f844, 0x7ffe7b9ba320872e, 0x525a0e7fdae6c123,
        0xf464aeb267349c8c, 0x45cd5928705b0979, 0x3a3e35e3ca9913a5, 0xa91dc74e4ade3b35,
        0xfb0bed02ef6cd00d, 0x88d93cb44ab1e1f4, 0x540f11d643c5e663, 0x2370dd1f8c21d1bc,
        0x81157b6c16a7b60d, 0x4d54b9e57a8ff9bf, 0x759f12781f2a753e, 0xcea1a3bebf186b91,
        0x2cf508d3ada26206, 0xb6101c2da3c33057, 0xb3f47496ae3a36a1, 0x626b57547b108392,
        0xc1d2363299e41531, 0x667cc1923f1ad944, 0x65704ffec8138825, 0x24f280d1c28949a6,
        0xc2ca1cedfaf8876b, 0xc2164bfc9f042196, 0xa16e9c9368b1d623, 0x49fb169c8b5114fd,
        0x9f3143f8df074c46, 0xc6fdaf2412cc86b3, 0x7eaf49d10a52098f, 0x1cf313559d292f9a,
        0xc44a30dda2f41f12, 0x36fae98943a71ed0, 0x318fb34c73f0bce6, 0xa27abf3670a7e980,
        0xb4bcc0db243c6d75, 0x23f8d852fdb71513, 0x8f035f4da67d8a08, 0xd89cd0e5b7e8f148,
        0xf6f4e6bcf7a644ee, 0xaec59ad80f1837f2, 0xc3b2f6154b6694e0, 0x9d199062b7bbb3a8,
};

static uint64_t hash_bytes(const struct siphash_key *with, const unsigned char *data, size_t size)
{
        struct siphash hash;

        siphash_begin(&hash, with);
        return siphash_end(&hash, data, size);
}

static void count_up(unsigned char *data, size_t size)
{
        for (size_t i = 0; i < size; i++)
                data[i] = (unsigned char)i;
}

START_TEST(published_vectors_are_met)
{
        unsigned char data[VECTORS];

        count_up(data, sizeof(data));
        for (unsigned size = 0; size < VECTORS; size++)
                ck_assert_uint_eq(hash_bytes(&key, data, size), vectors[size]);
}
END_TEST

START_TEST(nothing_may_be_told_by_no_pointer)
{
        ck_assert_uint_eq(hash_bytes(&key, NULL, 0), vectors[0]);
}
END_TEST

START_TEST(words_are_their_bytes_lowest_first)
{
        unsigned char data[VECTORS];

        count_up(data, sizeof(data));
        for (unsigned words = 0; words <= VECTORS / 8; words++) {
                for (unsigned size = 8 * words; size < VECTORS; size++) {
                        struct siphash hash;
                        siphash_begin(&hash, &key);
                        for (uint64_t i = 0; i < words; i++)
                                siphash_word(&hash,
                                             0x0706050403020100 + 8 * i * 0x0101010101010101);
                        ck_assert_uint_eq(siphash_end(&hash, data + 8 * words, size - 8 * words),
                                          vectors[size]);
                }
        }
}
END_TEST

START_TEST(where_the_bytes_lie_does_not_matter)
{
        unsigned char data[VECTORS + 8];

        for (unsigned offset = 0; offset < 8; offset++) {
                count_up(data + offset, VECTORS);
                ck_assert_uint_eq(hash_bytes(&key, data + offset, VECTORS - 1),
                                  vectors[VECTORS - 1]);
        }
}
END_TEST

/* The value is another implementation's. */
START_TEST(the_largest_datagram_is_hashed_to_its_end)
{
        static unsigned char data[BIG];

        for (unsigned i = 0; i < BIG; i++)
                data[i] = (unsigned char)(31 * i);
        ck_assert_uint_eq(hash_bytes(&key, data, BIG), UINT64_C(0x7340ac2c673917b2));
        data[BIG - 1] ^= 1;
        ck_assert_uint_ne(hash_bytes(&key, data, BIG), UINT64_C(0x7340ac2c673917b2));
}
END_TEST

START_TEST(each_bit_of_the_key_and_of_the_message_matters)
{
        unsigned char data[24] = { 0 };
        uint64_t before = hash_bytes(&key, data, sizeof(data));

        for (unsigned bit = 0; bit < 128; bit++) {
                struct siphash_key other = key;
                other.words[bit / 64] ^= UINT64_C(1) << bit % 64;
                ck_assert_uint_ne(hash_bytes(&other, data, sizeof(data)), before);
        }
        for (unsigned bit = 0; bit < 8 * sizeof(data); bit++) {
                data[bit / 8] ^= (unsigned char)(1 << bit % 8);
                ck_assert_uint_ne(hash_bytes(&key, data, sizeof(data)), before);
                data[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                published_vectors_are_met,
                nothing_may_be_told_by_no_pointer,
                words_are_their_bytes_lowest_first,
                where_the_bytes_lie_does_not_matter,
                the_largest_datagram_is_hashed_to_its_end,
                each_bit_of_the_key_and_of_the_message_matters,
        };

        return SUITE_RUN("siphash", tests);
}
