/* SPDX-License-Identifier: MIT */
#include "support/header.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "core/crc32c.h"

enum { FIXED_SIZE = 16, NOOP = 4, CHECKSUM = 3, TLV_HEAD_SIZE = 3 };

static const unsigned char signature[] = "\r\n\r\n\0\r\nQUIT\n";

bool header_has_addresses(enum header_kind kind)
{
        return kind == HEADER_LINE || kind == HEADER_BLOCK || kind == HEADER_BLOCK_CHECKED;
}

enum proxy_verdict header_verdict(enum header_kind kind)
{
        return kind < HEADER_BAD_SIGNATURE
                   ? PROXY_COMPLETE
                   : (enum proxy_verdict)(PROXY_BAD_SIGNATURE + (kind - HEADER_BAD_SIGNATURE));
}

/* Of either family; 16 bytes, the last four of which are an IPv4 address. */
static void write_ip(struct ip ip, unsigned char ret_bytes[16])
{
        uint64_t words[] = { htobe64(ip.high), htobe64(ip.low) };

        memcpy(ret_bytes, words, sizeof(words));
}

static uint32_t write_line(const struct header *header, unsigned char *ret_bytes)
{
        unsigned char bytes[16];
        char source[INET6_ADDRSTRLEN];
        bool is_v4 = ip_is_v4(header->source);

        write_ip(header->source, bytes);
        inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? bytes + 12 : bytes, source, sizeof(source));
        int size = snprintf((char *)ret_bytes, PROXY_LINE_MAX + 1, "PROXY TCP%s %s %s 4711 80\r\n",
                            is_v4 ? "4" : "6", source, is_v4 ? "192.0.2.1" : "2001:db8::80");
        return (uint32_t)size;
}

static uint32_t write_tlv(unsigned char *ret_bytes, unsigned char type, uint32_t size)
{
        memset(ret_bytes, 0, TLV_HEAD_SIZE + size);
        ret_bytes[0] = type;
        ret_bytes[1] = (unsigned char)(size >> 8);
        ret_bytes[2] = (unsigned char)size;
        return TLV_HEAD_SIZE + size;
}

/* Both addresses and both ports; those of the server are zero. Returns the size. */
static uint32_t write_addresses(struct ip source, unsigned char *ret_bytes)
{
        unsigned char bytes[16];
        bool is_v4 = ip_is_v4(source);
        uint32_t size = is_v4 ? 4 : 16;

        write_ip(source, bytes);
        memset(ret_bytes, 0, 2 * size + 4);
        memcpy(ret_bytes, bytes + 16 - size, size);
        return 2 * size + 4;
}

static uint32_t write_start(unsigned char *ret_bytes, unsigned char command, unsigned char family,
                            uint32_t size)
{
        memcpy(ret_bytes, signature, 12);
        ret_bytes[12] = command;
        ret_bytes[13] = family;
        ret_bytes[14] = (unsigned char)(size >> 8);
        ret_bytes[15] = (unsigned char)size;
        return FIXED_SIZE;
}

static void write_checksum(unsigned char *bytes, uint32_t size, unsigned char *ret_value)
{
        uint32_t crc = htonl(crc32c_add(CRC32C_BEGIN, bytes, size));

        memcpy(ret_value, &crc, sizeof(crc));
}

static uint32_t write_block(const struct header *header, unsigned char *ret_bytes)
{
        bool is_checked =
            header->kind == HEADER_BLOCK_CHECKED || header->kind == HEADER_BAD_CHECKSUM;
        unsigned char family = ip_is_v4(header->source) ? 0x11 : 0x21;
        uint32_t size = FIXED_SIZE;

        size += write_addresses(header->source, ret_bytes + size);
        if (header->extension > 0)
                size += write_tlv(ret_bytes + size, NOOP, header->extension - TLV_HEAD_SIZE);
        uint32_t value = size + TLV_HEAD_SIZE;
        if (is_checked)
                size += write_tlv(ret_bytes + size, CHECKSUM, 4);
        (void)write_start(ret_bytes, 0x21, family, size - FIXED_SIZE);
        if (is_checked)
                write_checksum(ret_bytes, size, ret_bytes + value);
        return size;
}

/* Nothing is said but the extension. */
static uint32_t write_empty(const struct header *header, unsigned char *ret_bytes,
                            unsigned char command, unsigned char family)
{
        uint32_t size = FIXED_SIZE;

        if (header->extension > 0)
                size += write_tlv(ret_bytes + size, NOOP, header->extension - TLV_HEAD_SIZE);
        (void)write_start(ret_bytes, command, family, size - FIXED_SIZE);
        return size;
}

/* Two paths of 108 bytes each. */
static uint32_t write_unix(unsigned char *ret_bytes)
{
        memset(ret_bytes + FIXED_SIZE, 'x', 216);
        return write_start(ret_bytes, 0x21, 0x31, 216) + 216;
}

static uint32_t write_text(unsigned char *ret_bytes, const char *text)
{
        uint32_t size = (uint32_t)strlen(text);

        memcpy(ret_bytes, text, size);
        return size;
}

static uint32_t write_bad_checksum(const struct header *header, unsigned char *ret_bytes)
{
        uint32_t size = write_block(header, ret_bytes);

        ret_bytes[size - 1] ^= 1;
        return size;
}

/* One byte more than there are. */
static uint32_t write_bad_extension(unsigned char *ret_bytes)
{
        uint32_t size = write_start(ret_bytes, 0x21, 0x11, 12 + TLV_HEAD_SIZE) + 12;

        memset(ret_bytes + FIXED_SIZE, 1, 12);
        write_tlv(ret_bytes + size, NOOP, 0);
        ret_bytes[size + 2] = 1;
        return size + TLV_HEAD_SIZE;
}

uint32_t header_write(const struct header *header, unsigned char ret_bytes[PROXY_SIZE_MAX])
{
        switch (header->kind) {
        case HEADER_LINE:
                return write_line(header, ret_bytes);
        case HEADER_LINE_ALONE:
                return write_text(ret_bytes, "PROXY UNKNOWN ffff::1 whatever\r\n");
        case HEADER_BLOCK:
        case HEADER_BLOCK_CHECKED:
                return write_block(header, ret_bytes);
        case HEADER_LOCAL:
                return write_empty(header, ret_bytes, 0x20, 0x11);
        case HEADER_UNSPEC:
                return write_empty(header, ret_bytes, 0x21, 0x00);
        case HEADER_UNIX:
                return write_unix(ret_bytes);
        case HEADER_BAD_SIGNATURE:
                return write_text(ret_bytes, "PROXX");
        case HEADER_BAD_VERSION:
                return write_start(ret_bytes, 0x11, 0, 0) - 3;
        case HEADER_BAD_COMMAND:
                return write_start(ret_bytes, 0x22, 0, 0) - 3;
        case HEADER_BAD_FAMILY:
                return write_start(ret_bytes, 0x21, 0x41, 0) - 2;
        case HEADER_BAD_ADDRESS:
                return write_text(ret_bytes, "PROXY TCP4 192.0.2.x");
        case HEADER_BAD_LINE_END:
                return write_text(ret_bytes, "PROXY TCP4 192.0.2.2 192.0.2.1 4711 80\rX");
        case HEADER_BAD_CHECKSUM:
                return write_bad_checksum(header, ret_bytes);
        case HEADER_BAD_EXTENSION:
                return write_bad_extension(ret_bytes);
        case HEADER_TOO_SHORT:
                return write_start(ret_bytes, 0x21, 0x11, 11);
        case HEADER_TOO_LONG:
                return write_start(ret_bytes, 0x21, 0x11, PROXY_BLOCK_MAX + 1);
        case HEADER_KIND_COUNT:
                break;
        }
        return 0;
}
