/* SPDX-License-Identifier: MIT */
#include "core/proxy.h"

#include <endian.h>
#include <string.h>

#include "core/crc32c.h"
#include "core/ensure.h"
#include "core/ip_text.h"

/* Version 2, byte by byte. */
enum {
        COMMAND_AT = 12, /* and the version before it */
        FAMILY_AT = 13,
        LENGTH_AT = 14,
        BLOCK_AT = 16,
        VERSION = 2,
        COMMAND_LOCAL = 0,
        COMMAND_PROXY = 1,
        FAMILY_UNSPEC = 0x00,
        FAMILY_TCP4 = 0x11,
        FAMILY_UDP4 = 0x12,
        FAMILY_TCP6 = 0x21,
        FAMILY_UDP6 = 0x22,
        FAMILY_UNIX_STREAM = 0x31,
        FAMILY_UNIX_DATAGRAM = 0x32,
        EXTENSION_HEAD = 3, /* type and length */
        CHECKSUM_TYPE = 3,
        CHECKSUM_SIZE = 4,
};

#define NO_FAMILY UINT32_MAX

/* A place in what has arrived. */
struct cursor {
        const unsigned char *data;
        uint32_t size;
        uint32_t at;
};

struct word {
        const char *bytes;
        uint32_t size;
};

#define WORD(literal)                        \
        {                                    \
                literal, sizeof(literal) - 1 \
        }

static const struct word space = WORD(" ");
static const struct word line_end = WORD("\r\n");
static const struct word checksum_head = WORD("\3\0\4");

static bool is_at_end(const struct cursor *cursor)
{
        return cursor->at == cursor->size;
}

/* Moves on behind the word, or as far as something of it has arrived. */
static enum proxy_verdict take_word(struct cursor *cursor, struct word word,
                                    enum proxy_verdict if_other)
{
        uint32_t begin = cursor->at;

        for (uint32_t i = 0; i < word.size && !is_at_end(cursor); i++) {
                if (cursor->data[cursor->at] != (unsigned char)word.bytes[i]) {
                        cursor->at = begin;
                        return if_other;
                }
                cursor->at++;
        }
        return cursor->at - begin == word.size ? PROXY_COMPLETE : PROXY_INCOMPLETE;
}

/* Moves on behind one of the words, and tells which. */
static enum proxy_verdict take_one_of(struct cursor *cursor, const struct word *words,
                                      uint32_t word_count, enum proxy_verdict if_other,
                                      uint32_t *ret_word)
{
        enum proxy_verdict verdict = if_other;

        for (uint32_t i = 0; i < word_count && verdict == if_other; i++) {
                verdict = take_word(cursor, words[i], if_other);
                *ret_word = i;
        }
        return verdict;
}

/* Moves on behind the space that ends an address. */
static enum proxy_verdict take_address(struct cursor *cursor, struct ip_text text,
                                       struct ip *ret_ip)
{
        while (!is_at_end(cursor)) {
                unsigned char byte = cursor->data[cursor->at++];
                if (byte == ' ')
                        return ip_text_end(&text, ret_ip) ? PROXY_COMPLETE : PROXY_BAD_ADDRESS;
                if (!ip_text_add(&text, byte))
                        return PROXY_BAD_ADDRESS;
        }
        return PROXY_INCOMPLETE;
}

/* Stops at the first byte that is no digit. */
static enum proxy_verdict take_port(struct cursor *cursor, uint16_t *ret_port)
{
        uint32_t begin = cursor->at;
        uint32_t port = 0;

        for (; !is_at_end(cursor); cursor->at++) {
                unsigned char byte = cursor->data[cursor->at];
                bool is_after_zero = cursor->at > begin && port == 0;
                if (byte < '0' || byte > '9') {
                        *ret_port = (uint16_t)port;
                        return cursor->at > begin ? PROXY_COMPLETE : PROXY_BAD_ADDRESS;
                }
                port = port * 10 + byte - '0';
                if (port > UINT16_MAX || is_after_zero)
                        return PROXY_BAD_ADDRESS;
        }
        return PROXY_INCOMPLETE;
}

/* The line of a TCP client, behind its family. */
static enum proxy_verdict take_client(struct cursor *cursor, const struct ip_text *text,
                                      struct proxy_header *header)
{
        enum proxy_verdict verdict = take_address(cursor, *text, &header->source);

        if (verdict == PROXY_COMPLETE)
                verdict = take_address(cursor, *text, &header->destination);
        if (verdict == PROXY_COMPLETE)
                verdict = take_port(cursor, &header->source_port);
        if (verdict == PROXY_COMPLETE)
                verdict = take_word(cursor, space, PROXY_BAD_ADDRESS);
        if (verdict == PROXY_COMPLETE)
                verdict = take_port(cursor, &header->destination_port);
        if (verdict == PROXY_COMPLETE)
                verdict = take_word(cursor, line_end, PROXY_BAD_LINE_END);
        header->has_addresses = true;
        return verdict;
}

/* The line of whom the proxy does not know, behind that word: anything, up to CR and LF. */
static enum proxy_verdict take_unknown(struct cursor *cursor)
{
        uint32_t begin = cursor->at;

        for (; !is_at_end(cursor); cursor->at++) {
                unsigned char byte = cursor->data[cursor->at];
                if (byte == '\r')
                        return take_word(cursor, line_end, PROXY_BAD_LINE_END);
                if (byte == '\n')
                        return PROXY_BAD_LINE_END;
                if (cursor->at == begin && byte != ' ')
                        return PROXY_BAD_FAMILY;
                if (cursor->at == PROXY_LINE_MAX - line_end.size)
                        return PROXY_TOO_LONG;
        }
        return PROXY_INCOMPLETE;
}

/* Behind the word with which it begins. The line of a client is never longer than one may be. */
static enum proxy_verdict take_line(struct cursor *cursor, struct proxy_header *header)
{
        enum { TCP4, TCP6, UNKNOWN, FAMILIES };
        static const struct word families[FAMILIES] = {
                [TCP4] = WORD("TCP4 "),
                [TCP6] = WORD("TCP6 "),
                [UNKNOWN] = WORD("UNKNOWN"),
        };
        struct ip_text text;
        uint32_t family = 0;
        enum proxy_verdict verdict =
            take_one_of(cursor, families, FAMILIES, PROXY_BAD_FAMILY, &family);

        if (verdict != PROXY_COMPLETE)
                return verdict;
        if (family == UNKNOWN)
                return take_unknown(cursor);
        if (family == TCP4)
                ip_text_begin_v4(&text);
        else
                ip_text_begin_v6(&text);
        return take_client(cursor, &text, header);
}

/* What has not arrived is zero: so a number is never more than it will be. */
static uint32_t byte_at(const struct cursor *cursor, uint32_t at)
{
        return at < cursor->size ? cursor->data[at] : 0;
}

static uint32_t number_at(const struct cursor *cursor, uint32_t at)
{
        return byte_at(cursor, at) << 8 | byte_at(cursor, at + 1);
}

/* How many bytes the addresses of a family have; NO_FAMILY if there is no such one. */
static uint32_t addresses_size(uint32_t family)
{
        switch (family) {
        case FAMILY_UNSPEC:
                return 0;
        case FAMILY_TCP4:
        case FAMILY_UDP4:
                return 12;
        case FAMILY_TCP6:
        case FAMILY_UDP6:
                return 36;
        case FAMILY_UNIX_STREAM:
        case FAMILY_UNIX_DATAGRAM:
                return 216;
        default:
                return NO_FAMILY;
        }
}

/*
 * From the cursor to `end`, as far as they have arrived. *ret_checksum_at is where the checksum
 * begins, or `end` if there is none.
 */
static enum proxy_verdict take_extensions(struct cursor *cursor, uint32_t end,
                                          uint32_t *ret_checksum_at)
{
        *ret_checksum_at = end;
        while (cursor->at < end) {
                struct cursor head = *cursor;
                bool is_checksum = byte_at(cursor, cursor->at) == CHECKSUM_TYPE;
                uint32_t value_size =
                    is_checksum ? CHECKSUM_SIZE : number_at(cursor, cursor->at + 1);
                if (EXTENSION_HEAD + value_size > end - cursor->at)
                        return PROXY_BAD_EXTENSION;
                if (is_checksum) {
                        bool is_second = *ret_checksum_at < end;
                        if (is_second || take_word(&head, checksum_head, PROXY_BAD_EXTENSION) ==
                                             PROXY_BAD_EXTENSION)
                                return PROXY_BAD_EXTENSION;
                        *ret_checksum_at = cursor->at + EXTENSION_HEAD;
                } else if (cursor->at + EXTENSION_HEAD > cursor->size) {
                        return PROXY_INCOMPLETE;
                }
                cursor->at += EXTENSION_HEAD + value_size;
        }
        return PROXY_COMPLETE;
}

/* Whether the checksum of a whole header is that of all its bytes, its own taken for zeros. */
static bool has_right_checksum(const unsigned char *data, uint32_t size, uint32_t checksum_at)
{
        static const unsigned char zeros[CHECKSUM_SIZE];
        uint32_t behind = checksum_at + CHECKSUM_SIZE;
        uint32_t crc = crc32c_add(CRC32C_BEGIN, data, checksum_at);
        uint32_t told;

        crc = crc32c_add(crc, zeros, CHECKSUM_SIZE);
        crc = crc32c_add(crc, data + behind, size - behind);
        memcpy(&told, data + checksum_at, CHECKSUM_SIZE);
        return be32toh(told) == crc;
}

/* Addresses and ports of a whole header. */
static void read_client(const unsigned char *data, struct proxy_header *header)
{
        const unsigned char *block = data + BLOCK_AT;
        uint16_t ports[2];

        if (data[FAMILY_AT] == FAMILY_TCP4) {
                struct in_addr ips[2];
                memcpy(ips, block, sizeof(ips));
                memcpy(ports, block + sizeof(ips), sizeof(ports));
                header->source = ip_from_v4(ips[0]);
                header->destination = ip_from_v4(ips[1]);
        } else {
                struct in6_addr ips[2];
                memcpy(ips, block, sizeof(ips));
                memcpy(ports, block + sizeof(ips), sizeof(ports));
                header->source = ip_from_v6(&ips[0]);
                header->destination = ip_from_v6(&ips[1]);
        }
        header->source_port = be16toh(ports[0]);
        header->destination_port = be16toh(ports[1]);
        header->has_addresses = true;
}

/* What is behind the addresses, `end` being that of the header. */
static enum proxy_verdict take_rest(struct cursor *cursor, uint32_t end)
{
        uint32_t checksum_at;
        enum proxy_verdict verdict = take_extensions(cursor, end, &checksum_at);

        if (verdict != PROXY_COMPLETE)
                return verdict;
        if (cursor->size < end)
                return PROXY_INCOMPLETE;
        if (checksum_at < end && !has_right_checksum(cursor->data, end, checksum_at))
                return PROXY_BAD_CHECKSUM;
        return PROXY_COMPLETE;
}

/* Behind the signature. */
static enum proxy_verdict take_block(struct cursor *cursor, struct proxy_header *header)
{
        uint32_t version = byte_at(cursor, COMMAND_AT) >> 4;
        uint32_t command = byte_at(cursor, COMMAND_AT) & 0xf;
        uint32_t family = command == COMMAND_LOCAL ? FAMILY_UNSPEC : byte_at(cursor, FAMILY_AT);
        uint32_t block_size = number_at(cursor, LENGTH_AT);

        if (is_at_end(cursor))
                return PROXY_INCOMPLETE;
        if (version != VERSION)
                return PROXY_BAD_VERSION;
        if (command != COMMAND_LOCAL && command != COMMAND_PROXY)
                return PROXY_BAD_COMMAND;
        if (addresses_size(family) == NO_FAMILY)
                return PROXY_BAD_FAMILY;
        if (block_size > PROXY_BLOCK_MAX)
                return PROXY_TOO_LONG;
        if (cursor->size < BLOCK_AT)
                return PROXY_INCOMPLETE;
        if (block_size < addresses_size(family))
                return PROXY_TOO_SHORT;
        uint32_t end = BLOCK_AT + block_size;
        /* Of what family its addresses are, and so where they end, UNSPEC does not tell. */
        cursor->at = family == FAMILY_UNSPEC ? end : BLOCK_AT + addresses_size(family);
        enum proxy_verdict verdict = take_rest(cursor, end);
        if (verdict == PROXY_COMPLETE && (family == FAMILY_TCP4 || family == FAMILY_TCP6))
                read_client(cursor->data, header);
        return verdict;
}

enum proxy_verdict proxy_parse(const unsigned char *data, uint32_t size,
                               struct proxy_header *ret_header)
{
        enum { LINE, BLOCK, VERSIONS };
        static const struct word beginnings[VERSIONS] = {
                [LINE] = WORD("PROXY "),
                [BLOCK] = WORD("\r\n\r\n\0\r\nQUIT\n"),
        };
        struct cursor cursor = { .data = data, .size = size };
        struct proxy_header header = { .size = 0 };
        uint32_t kind = LINE;
        enum proxy_verdict verdict =
            take_one_of(&cursor, beginnings, VERSIONS, PROXY_BAD_SIGNATURE, &kind);

        if (verdict == PROXY_COMPLETE)
                verdict = kind == LINE ? take_line(&cursor, &header) : take_block(&cursor, &header);
        if (verdict == PROXY_COMPLETE) {
                header.size = cursor.at;
                *ret_header = header;
        }
        return verdict;
}

enum conn_end proxy_conn_end(enum proxy_verdict refusal)
{
        static const enum conn_end ends[PROXY_VERDICT_COUNT] = {
                [PROXY_BAD_SIGNATURE] = CONN_END_HEADER_SIGNATURE,
                [PROXY_BAD_VERSION] = CONN_END_HEADER_VERSION,
                [PROXY_BAD_COMMAND] = CONN_END_HEADER_COMMAND,
                [PROXY_BAD_FAMILY] = CONN_END_HEADER_FAMILY,
                [PROXY_BAD_ADDRESS] = CONN_END_HEADER_ADDRESS,
                [PROXY_BAD_LINE_END] = CONN_END_HEADER_LINE_END,
                [PROXY_BAD_CHECKSUM] = CONN_END_HEADER_CHECKSUM,
                [PROXY_BAD_EXTENSION] = CONN_END_HEADER_EXTENSION,
                [PROXY_TOO_SHORT] = CONN_END_HEADER_TOO_SHORT,
                [PROXY_TOO_LONG] = CONN_END_HEADER_TOO_LONG,
        };

        ensure(refusal > PROXY_COMPLETE && refusal < PROXY_VERDICT_COUNT);
        return ends[refusal];
}
