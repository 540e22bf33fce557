/* SPDX-License-Identifier: MIT */
#include "support/proxy_model.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 6, CLIENT_FAMILIES = 2 };

/* As the specification lays it out. */
struct model_block {
        unsigned char signature[12];
        unsigned char command;
        unsigned char family;
        unsigned char length[2];
        unsigned char rest[PROXY_BLOCK_MAX];
};
_Static_assert(sizeof(struct model_block) == PROXY_SIZE_MAX, "no gaps");

/* All of a port's text: what printf(3) would write for the number, and nothing else. */
static bool read_port(const char *text, uint16_t *ret_port)
{
        char usual[8];
        long port = strtol(text, NULL, 10);

        snprintf(usual, sizeof(usual), "%ld", port % 1000000);
        *ret_port = (uint16_t)port;
        return 0 <= port && port <= 65535 && strcmp(text, usual) == 0;
}

/* inet_pton(3) takes dots at the end of any address; a header has them after these only. */
static bool has_dots_elsewhere(const char *text)
{
        const char *colon = strrchr(text, ':');
        size_t before = colon != NULL ? (size_t)(colon - text) : 0;

        return strchr(text, '.') != NULL && (before != 1 || strncmp(text, "::", 2) != 0) &&
               (before != 6 || strncasecmp(text, "::ffff:", 7) != 0);
}

static bool read_address(const char *family, const char *text, struct ip *ret_ip)
{
        struct in_addr v4;
        struct in6_addr v6;

        if (strcmp(family, "TCP4") == 0) {
                bool is_right = inet_pton(AF_INET, text, &v4) == 1;
                *ret_ip = ip_from_v4(v4);
                return is_right;
        }
        bool is_right = strcmp(family, "TCP6") == 0 && inet_pton(AF_INET6, text, &v6) == 1;
        if (!is_right || has_dots_elsewhere(text))
                return false;
        *ret_ip = ip_from_v6(&v6);
        return true;
}

/* Splits the line at each single space; returns how many fields there are. */
static unsigned split(char *line, char *fields[FIELDS + 1])
{
        unsigned count = 0;
        char *rest = line;

        while (count <= FIELDS && rest != NULL)
                fields[count++] = strsep(&rest, " ");
        return count;
}

static bool parse_line(const unsigned char *data, uint32_t size, struct proxy_header *header)
{
        char line[PROXY_LINE_MAX + 1] = "";
        char *fields[FIELDS + 1];

        memcpy(line, data, size < PROXY_LINE_MAX ? size : PROXY_LINE_MAX);
        for (uint32_t i = 0; header->size == 0 && i < PROXY_LINE_MAX; i++)
                if (line[i] == '\r' || line[i] == '\n')
                        header->size = i + 2;
        if (header->size == 0 || memcmp(line + header->size - 2, "\r\n", 2) != 0)
                return false;
        line[header->size - 2] = '\0';
        if (memcmp(line, "PROXY UNKNOWN", 13) == 0)
                return header->size == 15 || line[13] == ' ';
        header->has_addresses = true;
        /* A NUL would end the line early. */
        return strlen(line) == header->size - 2 && split(line, fields) == FIELDS &&
               strcmp(fields[0], "PROXY") == 0 &&
               read_address(fields[1], fields[2], &header->source) &&
               read_address(fields[1], fields[3], &header->destination) &&
               read_port(fields[4], &header->source_port) &&
               read_port(fields[5], &header->destination_port);
}

/* One bit after the other. */
static uint32_t checksum_of(const unsigned char *data, uint32_t size)
{
        uint32_t crc = UINT32_MAX;

        for (uint32_t i = 0; i < 8 * size; i++) {
                uint32_t bit = (uint32_t)data[i / 8] >> i % 8 & 1;
                crc = crc >> 1 ^ ((crc ^ bit) & 1 ? 0x82f63b78 : 0);
        }
        return ~crc;
}

/* Takes the checksum out of a copy of the header. */
static bool is_right_checksum(const struct model_block *block, uint32_t rest_at, uint32_t size)
{
        struct model_block copy = *block;
        uint32_t told = (uint32_t)block->rest[rest_at] << 24 |
                        (uint32_t)block->rest[rest_at + 1] << 16 |
                        (uint32_t)block->rest[rest_at + 2] << 8 | block->rest[rest_at + 3];

        memset(copy.rest + rest_at, 0, 4);
        return checksum_of((const unsigned char *)&copy, size) == told;
}

/* The extensions from `at` to `length` of the rest. */
static bool are_right_extensions(const struct model_block *block, uint32_t at, uint32_t length)
{
        unsigned checksums = 0;

        while (at < length) {
                if (length - at < 3)
                        return false;
                uint32_t size = (uint32_t)block->rest[at + 1] * 256 + block->rest[at + 2];
                if (at + 3 + size > length)
                        return false;
                if (block->rest[at] == 3 && size != 4)
                        return false;
                if (block->rest[at] == 3 &&
                    (++checksums > 1 || !is_right_checksum(block, at + 3, 16 + length)))
                        return false;
                at += 3 + size;
        }
        return true;
}

static void read_addresses(const struct model_block *block, struct proxy_header *header)
{
        uint32_t size = block->family == 0x11 ? 4 : 16;
        struct ip *ips[2] = { &header->source, &header->destination };
        uint16_t *ports[2] = { &header->source_port, &header->destination_port };

        header->has_addresses = true;
        for (uint32_t i = 0; i < 2; i++) {
                struct in6_addr v6 = { .s6_addr = { [10] = 0xff, [11] = 0xff } };
                memcpy(v6.s6_addr + 16 - size, block->rest + i * size, size);
                *ips[i] = ip_from_v6(&v6);
                *ports[i] = (uint16_t)(block->rest[2 * size + 2 * i] * 256 +
                                       block->rest[2 * size + 2 * i + 1]);
        }
}

static bool parse_block(const unsigned char *data, uint32_t size, struct proxy_header *header)
{
        static const struct {
                unsigned char family;
                uint32_t size;
        } families[] = { { 0x11, 12 }, { 0x12, 12 },  { 0x21, 36 },
                         { 0x22, 36 }, { 0x31, 216 }, { 0x32, 216 } };
        struct model_block block; /* as far as there is something */

        memcpy(&block, data, size < sizeof(block) ? size : sizeof(block));
        uint32_t length = (uint32_t)block.length[0] * 256 + block.length[1];
        header->size = 16 + length;
        if (memcmp(block.signature, "\r\n\r\n\0\r\nQUIT\n", 12) != 0 || length > 4096 ||
            size < header->size)
                return false;
        if (block.command == 0x20 || (block.command == 0x21 && block.family == 0x00))
                return true;
        for (uint32_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
                if (block.command != 0x21 || block.family != families[i].family)
                        continue;
                if (block.family == 0x11 || block.family == 0x21)
                        read_addresses(&block, header);
                return length >= families[i].size &&
                       are_right_extensions(&block, families[i].size, length);
        }
        return false;
}

bool proxy_model_parse(const unsigned char *data, uint32_t size, struct proxy_header *ret_header)
{
        *ret_header = (struct proxy_header){ .size = 0 };
        if (size == 0)
                return false;
        if (data[0] == 'P')
                return parse_line(data, size, ret_header);
        return size >= 16 && parse_block(data, size, ret_header);
}
