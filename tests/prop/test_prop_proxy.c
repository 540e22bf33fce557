/* SPDX-License-Identifier: MIT */
/* PROXY headers of all kinds, whole, cut, and changed, against a second parser. */
#include <string.h>

#include "core/crc32c.h"
#include "core/proxy.h"
#include "suite.h"
#include "support/ips.h"
#include "support/proxy_check.h"
#include "support/random.h"

enum { ROUNDS = 1500, BYTES = 256, PAYLOAD_MAX = 40, ROOM = 8, EXTENSIONS_MAX = 6 };

/* A header, what it must be taken for, and something behind it. */
struct sample {
        unsigned char data[PROXY_SIZE_MAX + PAYLOAD_MAX + ROOM];
        uint32_t size; /* with what is behind the header */
        struct proxy_header header;
        uint32_t checksum_at; /* its extension; 0 = there is none */
};

static uint64_t random_below(struct random *random, uint64_t limit)
{
        return random_next(random) % limit;
}

static void add(struct sample *sample, const void *bytes, size_t size)
{
        ensure(size <= sizeof(sample->data) - sample->size);
        memcpy(sample->data + sample->size, bytes, size);
        sample->size += (uint32_t)size;
}

static void add_byte(struct sample *sample, uint64_t byte)
{
        unsigned char one = (unsigned char)byte;

        add(sample, &one, 1);
}

static void add_number(struct sample *sample, uint64_t number)
{
        add_byte(sample, number >> 8);
        add_byte(sample, number);
}

/* Of one family; every other one with many zeros, one of four mapped. */
static struct in6_addr random_v6(struct random *random)
{
        struct in6_addr v6 = { .s6_addr = { 0 } };
        uint64_t kind = random_below(random, 4);

        for (unsigned i = 0; i < sizeof(v6.s6_addr); i++)
                if (kind < 2 || (kind == 2 && i % 5 == 0) || i >= 12)
                        v6.s6_addr[i] = (unsigned char)random_next(random);
        if (kind == 3)
                v6.s6_addr[10] = v6.s6_addr[11] = 0xff;
        return v6;
}

static uint16_t random_port(struct random *random)
{
        return (uint16_t)(random_next(random) >> random_below(random, 17));
}

/* What a client is, as both versions tell it. */
static void add_client(struct sample *sample, struct random *random, bool is_v6, bool is_line)
{
        struct proxy_header *header = &sample->header;
        struct in6_addr v6[2] = { random_v6(random), random_v6(random) };
        struct ip ips[2];
        char texts[2][INET6_ADDRSTRLEN];
        char rest[3 * INET6_ADDRSTRLEN];

        for (unsigned i = 0; i < 2; i++) {
                struct in_addr v4;
                memcpy(&v4, v6[i].s6_addr + 12, sizeof(v4));
                ips[i] = is_v6 ? ip_from_v6(&v6[i]) : ip_from_v4(v4);
                inet_ntop(is_v6 ? AF_INET6 : AF_INET, is_v6 ? (void *)&v6[i] : (void *)&v4,
                          texts[i], sizeof(texts[i]));
                if (!is_line)
                        add(sample, is_v6 ? (void *)&v6[i] : (void *)&v4, is_v6 ? 16 : 4);
        }
        header->has_addresses = true;
        header->source = ips[0];
        header->destination = ips[1];
        header->source_port = random_port(random);
        header->destination_port = random_port(random);
        if (is_line) {
                snprintf(rest, sizeof(rest), "TCP%c %s %s %u %u", is_v6 ? '6' : '4', texts[0],
                         texts[1], header->source_port, header->destination_port);
                add(sample, rest, strlen(rest));
                return;
        }
        add_number(sample, header->source_port);
        add_number(sample, header->destination_port);
}

static void add_line(struct sample *sample, struct random *random)
{
        uint64_t kind = random_below(random, 5);
        uint64_t garbage = kind == 0 ? 92 - (random_below(random, 92) & random_next(random)) : 0;

        add(sample, "PROXY ", 6);
        if (kind < 2)
                add(sample, "UNKNOWN", 7);
        else
                add_client(sample, random, kind % 2 == 0, true);
        for (uint64_t i = 0; i < garbage; i++) {
                unsigned char byte = (unsigned char)random_next(random);
                add_byte(sample, i == 0 || byte == '\r' || byte == '\n' ? ' ' : byte);
        }
        add(sample, "\r\n", 2);
}

static void add_extensions(struct sample *sample, struct random *random)
{
        static const unsigned char types[] = { 1, 2, 4, 5, 0x20, 0x30, 0xea, 0xff, 0 };
        uint64_t count = random_below(random, EXTENSIONS_MAX + 1);
        uint64_t checksum = random_below(random, 2 * EXTENSIONS_MAX);

        for (uint64_t i = 0; i < count; i++) {
                if (i == checksum) {
                        sample->checksum_at = sample->size;
                        add(sample, "\3\0\4\0\0\0\0", 7);
                        continue;
                }
                uint64_t size = random_next(random) >> random_below(random, 64) & 0x1ff;
                add_byte(sample, types[random_below(random, sizeof(types))]);
                add_number(sample, size);
                for (uint64_t j = 0; j < size; j++)
                        add_byte(sample, random_next(random));
        }
}

/* The length, once all is there, and the checksum, once the length is. */
static void finish_block(struct sample *sample)
{
        sample->data[14] = (unsigned char)((sample->size - 16) >> 8);
        sample->data[15] = (unsigned char)(sample->size - 16);
        if (sample->checksum_at == 0)
                return;
        uint32_t crc = crc32c_add(CRC32C_BEGIN, sample->data, sample->size);
        for (unsigned i = 0; i < 4; i++)
                sample->data[sample->checksum_at + 3 + i] = (unsigned char)(crc >> (24 - 8 * i));
}

static void add_block(struct sample *sample, struct random *random)
{
        static const unsigned char families[] = { 0x11, 0x21, 0x11, 0x21, 0x12, 0x22, 0x31, 0x32 };
        unsigned char family = families[random_below(random, sizeof(families))];
        uint64_t kind = random_below(random, 8);

        add(sample, "\r\n\r\n\0\r\nQUIT\n", 12);
        add_byte(sample, kind == 0 ? 0x20 : 0x21);
        add_byte(sample, kind == 0 ? random_next(random) : kind == 1 ? 0 : family);
        add_number(sample, 0);
        if (kind < 2) {
                for (uint64_t left = random_below(random, 300); left > 0; left--)
                        add_byte(sample, random_next(random));
        } else if (family < 0x30) {
                add_client(sample, random, family >> 4 == 2, false);
        } else {
                for (unsigned i = 0; i < 216; i++)
                        add_byte(sample, random_next(random));
        }
        if (kind > 1)
                add_extensions(sample, random);
        if ((family & 0xf) != 1)
                sample->header = (struct proxy_header){ .size = 0 };
        finish_block(sample);
}

static struct sample random_sample(struct random *random)
{
        struct sample sample = { .size = 0 };

        if (random_below(random, 2) == 0)
                add_line(&sample, random);
        else
                add_block(&sample, random);
        sample.header.size = sample.size;
        for (uint64_t left = random_below(random, PAYLOAD_MAX); left > 0; left--)
                add_byte(&sample, random_next(random));
        return sample;
}

static bool is_same(const struct proxy_header *a, const struct proxy_header *b)
{
        return a->size == b->size && a->has_addresses == b->has_addresses &&
               ip_is_equal(a->source, b->source) && ip_is_equal(a->destination, b->destination) &&
               a->source_port == b->source_port && a->destination_port == b->destination_port;
}

/* Each beginning of it waits, and it is whole with its last byte: see proxy_check.h. */
START_TEST(every_header_is_taken_for_what_it_says)
{
        struct random random = random_from_environment();

        for (unsigned round = 0; round < ROUNDS; round++) {
                struct sample sample = random_sample(&random);
                struct proxy_header header = { .size = 0 };
                enum proxy_verdict verdict = proxy_parse(sample.data, sample.size, &header);
                if (verdict != PROXY_COMPLETE || !is_same(&header, &sample.header))
                        ck_abort_msg("round %u: verdict %d, %u of %u bytes", round, verdict,
                                     header.size, sample.header.size);
                proxy_check_run(sample.data, sample.size);
        }
}
END_TEST

/* A reader that asks after each piece comes to the same, however the pieces are cut. */
START_TEST(pieces_do_not_matter)
{
        struct random random = random_from_environment();

        for (unsigned round = 0; round < ROUNDS; round++) {
                struct sample sample = random_sample(&random);
                struct proxy_header header = { .size = 0 };
                enum proxy_verdict verdict = PROXY_INCOMPLETE;
                uint32_t arrived = 0;
                while (verdict == PROXY_INCOMPLETE && arrived < sample.size) {
                        arrived += 1 + (uint32_t)random_below(&random, sample.size - arrived);
                        verdict = proxy_parse(sample.data, arrived, &header);
                }
                if (verdict != PROXY_COMPLETE || !is_same(&header, &sample.header))
                        ck_abort_msg("round %u", round);
        }
}
END_TEST

/* Another byte, or one more, or one less; mostly where it matters. */
static void change(struct sample *sample, struct random *random)
{
        uint32_t limit = random_below(random, 2) == 0 && sample->size > 60 ? 60 : sample->size;
        uint32_t at = (uint32_t)random_below(random, limit);
        unsigned char *place = sample->data + at;
        unsigned char byte = sample->data[random_below(random, limit)];

        switch (random_below(random, 4)) {
        case 0:
                memmove(place + 1, place, sample->size - at);
                sample->size++;
                break;
        case 1:
                memmove(place, place + 1, sample->size - at - 1);
                sample->size--;
                return;
        case 2:
                byte = (unsigned char)random_next(random);
                break;
        default:
                break;
        }
        *place = byte;
}

START_TEST(changed_headers_are_taken_as_the_second_parser_takes_them)
{
        struct random random = random_from_environment();

        for (unsigned round = 0; round < 3 * ROUNDS; round++) {
                struct sample sample = random_sample(&random);
                for (uint64_t left = 1 + random_below(&random, 3); left > 0; left--)
                        change(&sample, &random);
                proxy_check_run(sample.data, sample.size);
        }
}
END_TEST

/* The bytes of a header that can have one value only, or a few. */
static void check_fixed(const unsigned char *header, uint32_t size, uint32_t at,
                        const unsigned char *allowed, size_t allowed_count)
{
        unsigned char data[PROXY_LINE_MAX];
        struct proxy_header ignored;

        memcpy(data, header, size);
        for (unsigned byte = 0; byte < BYTES; byte++) {
                data[at] = (unsigned char)byte;
                bool is_refused = proxy_parse(data, size, &ignored) > PROXY_COMPLETE;
                if (is_refused == (memchr(allowed, (int)byte, allowed_count) != NULL))
                        ck_abort_msg("byte %u of `%s` as %02x", at, header, byte);
        }
}

START_TEST(every_corruption_of_a_fixed_field_is_refused)
{
        static const unsigned char line[] = "PROXY TCP4 192.0.2.1 198.51.100.7 40000 7\r\n";
        static const unsigned char unknown[] = "PROXY UNKNOWN\r\n";
        static const unsigned char block[] =
            "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\7\x9c\x40\0\7";
        static const unsigned char commands[] = { 0x20, 0x21 };
        static const unsigned char families[] = { 0x00, 0x11, 0x12 };

        /* All but the numbers: of those, each digit may be another. */
        for (uint32_t i = 0; i < sizeof(line) - 1; i++)
                if (strchr("0123456789", line[i]) == NULL || i == 9)
                        if (line[i] != '.')
                                check_fixed(line, sizeof(line) - 1, i, line + i, 1);
        for (uint32_t i = 0; i < sizeof(unknown) - 3; i++)
                check_fixed(unknown, sizeof(unknown) - 1, i, unknown + i, 1);
        for (uint32_t i = 0; i < 12; i++)
                check_fixed(block, sizeof(block) - 1, i, block + i, 1);
        check_fixed(block, sizeof(block) - 1, 12, commands, sizeof(commands));
        check_fixed(block, sizeof(block) - 1, 13, families, sizeof(families));
}
END_TEST

/* Whether any changed bit makes it another client's; that of a checksum's type makes it none. */
static bool is_guarded(struct sample *sample)
{
        bool is_guarded = true;

        for (uint32_t bit = 0; bit < 8 * sample->header.size; bit++) {
                struct proxy_header header = { .size = 0 };
                sample->data[bit / 8] ^= (unsigned char)(1U << bit % 8);
                (void)proxy_parse(sample->data, sample->header.size, &header);
                sample->data[bit / 8] ^= (unsigned char)(1U << bit % 8);
                is_guarded &= !header.has_addresses || bit / 8 == sample->checksum_at;
        }
        return is_guarded;
}

/* First among the extensions, as haproxy and others send it: so no length can hide it. */
START_TEST(no_flipped_bit_under_a_checksum_makes_another_client)
{
        struct random random = random_from_environment();
        unsigned checked = 0;

        for (unsigned round = 0; round < ROUNDS; round++) {
                struct sample sample = random_sample(&random);
                bool is_first = sample.checksum_at == 28 || sample.checksum_at == 52;
                if (!is_first || !sample.header.has_addresses)
                        continue;
                checked++;
                if (!is_guarded(&sample))
                        ck_abort_msg("round %u", round);
        }
        ck_assert_uint_gt(checked, 10);
}
END_TEST

/* What may be anything: short texts over what matters, and any bytes behind what is fixed. */
START_TEST(random_bytes_are_taken_as_the_second_parser_takes_them)
{
        static const char letters[] = "\r\n 0123.:fF\0TCP46UNKOWX";
        static const char *const heads[] = { "",
                                             "PROXY ",
                                             "PROXY TCP4 1.2.3.4 ",
                                             "PROXY UNKNOWN",
                                             "PROXY TCP6 ::1 ::",
                                             "PROXY TCP4 1.1.1.1 2.2.2.2 " };
        struct random random = random_from_environment();

        for (unsigned round = 0; round < 10 * ROUNDS; round++) {
                struct sample sample = { .size = 0 };
                const char *head = heads[round % 6];
                add(&sample, head, strlen(head));
                for (uint64_t left = random_below(&random, 30); left > 0; left--)
                        add_byte(&sample,
                                 (uint64_t)letters[random_below(&random, sizeof(letters))]);
                proxy_check_run(sample.data, sample.size);
        }
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                every_header_is_taken_for_what_it_says,
                pieces_do_not_matter,
                changed_headers_are_taken_as_the_second_parser_takes_them,
                every_corruption_of_a_fixed_field_is_refused,
                no_flipped_bit_under_a_checksum_makes_another_client,
                random_bytes_are_taken_as_the_second_parser_takes_them,
        };

        return SUITE_RUN("prop proxy", tests);
}
