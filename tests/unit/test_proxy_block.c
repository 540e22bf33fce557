/* SPDX-License-Identifier: MIT */
/* PROXY headers of version 2. */
#include "proxy_headers.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define PROXY SIGNATURE "\x21"
#define LOCAL SIGNATURE "\x20"
#define IPV4             \
        "\xc0\0\2\1"     \
        "\xc6\x33\x64\7" \
        "\x9c\x40"       \
        "\0\7"
#define IPV6_1 "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
#define IPV6_2 "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\2"
#define IPV6           \
        IPV6_1 IPV6_2  \
            "\x9c\x40" \
            "\0\7"

static unsigned char bytes[PROXY_SIZE_MAX + 16];

/* A header with a block of so many bytes: IPv4 addresses, and one extension of what is left. */
static uint32_t fill(uint32_t block_size)
{
        static const unsigned char head[] = PROXY "\x11";
        uint32_t value_size = block_size - 12 - 3;

        memset(bytes, 0, sizeof(bytes));
        memcpy(bytes, head, sizeof(head) - 1);
        bytes[14] = (unsigned char)(block_size >> 8);
        bytes[15] = (unsigned char)block_size;
        bytes[28] = 4;
        bytes[29] = (unsigned char)(value_size >> 8);
        bytes[30] = (unsigned char)value_size;
        return 16 + block_size;
}

START_TEST(block_of_ipv4_tells_the_client)
{
        struct proxy_header header = proxy_parsed(BYTES(PROXY "\x11\0\xc" IPV4 "hello"));

        ck_assert_uint_eq(header.size, 28);
        expect_client(&header, "192.0.2.1", 40000, "198.51.100.7", 7);
}
END_TEST

START_TEST(block_of_ipv6_tells_the_client)
{
        struct proxy_header header = proxy_parsed(BYTES(PROXY "\x21\0\x24" IPV6 "hello"));

        ck_assert_uint_eq(header.size, 52);
        expect_client(&header, "2001:db8::1", 40000, "2001:db8::2", 7);
}
END_TEST

START_TEST(mapped_address_in_a_block_is_that_of_ipv4)
{
        struct proxy_header header = proxy_parsed(
            BYTES(PROXY "\x21\0\x24"
                        "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1" IPV6_2 "\x9c\x40\0\7"));

        expect_client(&header, "192.0.2.1", 40000, "2001:db8::2", 7);
}
END_TEST

/* As haproxy sends them: a checksum, a unique id, a health check, and what it says of TLS. */
START_TEST(headers_of_haproxy_are_taken)
{
        struct proxy_header header = proxy_parsed(
            BYTES(PROXY "\x11\0\x3a\x7f\0\0\1\x7f\0\0\1\x90\xc4\x5a\xaa\3\0\4\x67\x0a\xb0\x41"
                        "\5\0\x24"
                        "ddca99b8-8c8c-4c84-aafb-a3691b399c7dhello"));
        ck_assert_uint_eq(header.size, 74);
        expect_client(&header, "127.0.0.1", 37060, "127.0.0.1", 23210);

        header = proxy_parsed(BYTES(LOCAL "\0\0\7\3\0\4\xa9\xb8\x7e\x8f"
                                          "hello"));
        ck_assert_uint_eq(header.size, 23);
        ck_assert(!header.has_addresses);

        header =
            proxy_parsed(BYTES(
                PROXY "\x11\0\x6d\x7f\0\0\1\x7f\0\0\1\xd2\x66\x5a\xac\3\0\4\x28\x9e\x3b\x8f"
                      "\2\0\x09localhost\x20\0\x4b\7\0\0\0\0\x21\0\7TLSv1.3\x22\0\x09localhost"
                      "\x25\0\7RSA2048\x24\0\x0aRSA-SHA256\x23\0\x16TLS_AES_256_GCM_SHA384hello"));
        ck_assert_uint_eq(header.size, 125);
        expect_client(&header, "127.0.0.1", 53862, "127.0.0.1", 23212);
}
END_TEST

START_TEST(local_has_no_addresses_and_whatever_length_it_says)
{
        struct proxy_header header = proxy_parsed(BYTES(LOCAL "\0\0\0hello"));

        ck_assert_uint_eq(header.size, 16);
        ck_assert(!header.has_addresses);
        header = proxy_parsed(BYTES(LOCAL "\x11\0\xc" IPV4 "hello"));
        ck_assert_uint_eq(header.size, 28);
        ck_assert(!header.has_addresses);
}
END_TEST

START_TEST(nothing_of_local_is_looked_at_but_its_length)
{
        /* No such family, too short for addresses, extensions that are none, a wrong checksum. */
        ck_assert_uint_eq(proxy_parsed(BYTES(LOCAL "\xff\0\1\3")).size, 17);
        ck_assert_uint_eq(proxy_parsed(BYTES(LOCAL "\x21\0\4\xff\xff\xff\xff")).size, 20);
        ck_assert_uint_eq(proxy_parsed(BYTES(LOCAL "\0\0\7\3\0\4\0\0\0\0")).size, 23);
}
END_TEST

START_TEST(what_is_no_tcp_client_has_no_addresses)
{
        static unsigned char unix_block[16 + 216] = PROXY "\x31\0\xd8";
        struct proxy_header header = proxy_parsed(BYTES(PROXY "\0\0\3\1\2\3hello"));

        ck_assert_uint_eq(header.size, 19);
        ck_assert(!header.has_addresses);
        ck_assert(!proxy_parsed(BYTES(PROXY "\x12\0\xc" IPV4)).has_addresses);
        ck_assert(!proxy_parsed(BYTES(PROXY "\x22\0\x24" IPV6)).has_addresses);
        header = proxy_parsed(unix_block, sizeof(unix_block));
        ck_assert_uint_eq(header.size, 232);
        ck_assert(!header.has_addresses);
        unix_block[13] = 0x32;
        ck_assert(!proxy_parsed(unix_block, sizeof(unix_block)).has_addresses);
}
END_TEST

START_TEST(header_of_4112_bytes_is_taken_and_none_that_is_longer)
{
        struct proxy_header header;
        uint32_t size = fill(PROXY_BLOCK_MAX);

        ck_assert_uint_eq(size, PROXY_SIZE_MAX);
        ck_assert_uint_eq(proxy_parsed(bytes, sizeof(bytes)).size, PROXY_SIZE_MAX);
        (void)fill(PROXY_BLOCK_MAX + 1);
        expect_refused(bytes, 16, PROXY_TOO_LONG);
        (void)fill(0x1100);
        expect_refused(bytes, 15, PROXY_TOO_LONG);
        (void)fill(UINT16_MAX);
        expect_refused(bytes, 15, PROXY_TOO_LONG);
        bytes[12] = 0x20;
        ck_assert_int_eq(proxy_parse(bytes, 15, &header), PROXY_TOO_LONG);
}
END_TEST

START_TEST(every_byte_of_the_signature_counts)
{
        static const unsigned char right[] = SIGNATURE;

        for (uint32_t i = 0; i < sizeof(right) - 1; i++) {
                memcpy(bytes, right, sizeof(right));
                bytes[i] ^= 1;
                expect_refused(bytes, i + 1, PROXY_BAD_SIGNATURE);
        }
}
END_TEST

START_TEST(other_versions_and_commands_are_refused)
{
        memcpy(bytes, SIGNATURE, 12);
        for (unsigned byte = 0; byte < 256; byte++) {
                bytes[12] = (unsigned char)byte;
                if (byte >> 4 != 2)
                        expect_refused(bytes, 13, PROXY_BAD_VERSION);
                else if (byte > 0x21)
                        expect_refused(bytes, 13, PROXY_BAD_COMMAND);
        }
}
END_TEST

START_TEST(other_families_are_refused)
{
        struct proxy_header header;
        unsigned taken = 0;

        memcpy(bytes, PROXY, 13);
        for (unsigned byte = 0; byte < 256; byte++) {
                bytes[13] = (unsigned char)byte;
                if (proxy_parse(bytes, 14, &header) == PROXY_INCOMPLETE)
                        taken++;
                else
                        expect_refused(bytes, 14, PROXY_BAD_FAMILY);
        }
        ck_assert_uint_eq(taken, 7);
}
END_TEST

START_TEST(block_without_room_for_its_addresses_is_refused)
{
        expect_refused(BYTES(PROXY "\x11\0\0"), PROXY_TOO_SHORT);
        expect_refused(BYTES(PROXY "\x11\0\xb"), PROXY_TOO_SHORT);
        expect_refused(BYTES(PROXY "\x12\0\xb"), PROXY_TOO_SHORT);
        expect_refused(BYTES(PROXY "\x21\0\x23"), PROXY_TOO_SHORT);
        expect_refused(BYTES(PROXY "\x31\0\xd7"), PROXY_TOO_SHORT);
}
END_TEST

START_TEST(extensions_are_skipped)
{
        ck_assert_uint_eq(proxy_parsed(BYTES(PROXY "\x11\0\xf" IPV4 "\4\0\0")).size, 31);
        ck_assert_uint_eq(
            proxy_parsed(BYTES(PROXY "\x11\0\x19" IPV4 "\4\0\1x\xea\0\0\xff\0\3\1\2\3")).size, 41);
        ck_assert_uint_eq(fill(2048), proxy_parsed(bytes, sizeof(bytes)).size);
}
END_TEST

START_TEST(extension_that_does_not_fit_in_is_refused_when_that_is_certain)
{
        /* One or two bytes are no extension, whatever they are. */
        expect_refused(BYTES(PROXY "\x11\0\xd"), PROXY_BAD_EXTENSION);
        expect_refused(BYTES(PROXY "\x11\0\xe"), PROXY_BAD_EXTENSION);
        expect_refused(BYTES(PROXY "\x11\0\xf" IPV4 "\4\0\1"), PROXY_BAD_EXTENSION);
        expect_refused(BYTES(PROXY "\x11\0\xf" IPV4 "\4\1"), PROXY_BAD_EXTENSION);
        expect_refused(BYTES(PROXY "\x11\0\x11" IPV4 "\4\0\1"), PROXY_BAD_EXTENSION);
        expect_refused(BYTES(PROXY "\x21\0\x28" IPV6 "\4\0\2"), PROXY_BAD_EXTENSION);
}
END_TEST

START_TEST(checksum_of_another_size_or_a_second_one_is_refused)
{
        expect_refused(BYTES(PROXY "\x11\0\x12" IPV4 "\3"), PROXY_BAD_EXTENSION);
        expect_refused(BYTES(PROXY "\x11\0\x15" IPV4 "\3"), PROXY_BAD_EXTENSION);
        expect_refused(BYTES(PROXY "\x11\0\x20" IPV4 "\3\1"), PROXY_BAD_EXTENSION);
        expect_refused(BYTES(PROXY "\x11\0\x20" IPV4 "\3\0\5"), PROXY_BAD_EXTENSION);
        expect_refused(BYTES(PROXY "\x11\0\x1a" IPV4 "\3\0\4\0\0\0\0\3"), PROXY_BAD_EXTENSION);
}
END_TEST

START_TEST(wrong_checksum_is_refused)
{
        expect_refused(BYTES(PROXY "\x11\0\x13" IPV4 "\3\0\4\0\0\0\0"), PROXY_BAD_CHECKSUM);
        /* That of haproxy, with another port. */
        expect_refused(
            BYTES(PROXY "\x11\0\x13\x7f\0\0\1\x7f\0\0\1\xad\x11\x5a\xa9\3\0\4\xcf\x8c\xee\xc7"),
            PROXY_BAD_CHECKSUM);
        ck_assert_uint_eq(
            proxy_parsed(
                BYTES(PROXY "\x11\0\x13\x7f\0\0\1\x7f\0\0\1\xad\x10\x5a\xa9\3\0\4\xcf\x8c\xee\xc7"))
                .size,
            35);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                block_of_ipv4_tells_the_client,
                block_of_ipv6_tells_the_client,
                mapped_address_in_a_block_is_that_of_ipv4,
                headers_of_haproxy_are_taken,
                local_has_no_addresses_and_whatever_length_it_says,
                nothing_of_local_is_looked_at_but_its_length,
                what_is_no_tcp_client_has_no_addresses,
                header_of_4112_bytes_is_taken_and_none_that_is_longer,
                every_byte_of_the_signature_counts,
                other_versions_and_commands_are_refused,
                other_families_are_refused,
                block_without_room_for_its_addresses_is_refused,
                extensions_are_skipped,
                extension_that_does_not_fit_in_is_refused_when_that_is_certain,
                checksum_of_another_size_or_a_second_one_is_refused,
                wrong_checksum_is_refused,
        };

        return SUITE_RUN("proxy block", tests);
}
