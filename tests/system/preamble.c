/* SPDX-License-Identifier: MIT */
#include "preamble.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK_AT = 16, CLIENT_PORT = 4242, SERVER_PORT = 7 };

static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";

static void append(struct preamble *header, const void *bytes, uint32_t size)
{
        ck_assert_uint_le(size, sizeof(header->bytes) - header->size);
        memcpy(header->bytes + header->size, bytes, size);
        header->size += size;
}

struct preamble preamble_text(const char *text)
{
        struct preamble header = { .size = 0 };

        append(&header, text, (uint32_t)strlen(text));
        return header;
}

static bool is_ip4(const char *client)
{
        return strchr(client, ':') == NULL;
}

static const char *server_of(const char *client)
{
        return is_ip4(client) ? "192.0.2.7" : "2001:db8::7";
}

struct preamble preamble_of(unsigned version, const char *client)
{
        char line[128];

        if (version == 1) {
                snprintf(line, sizeof(line), "PROXY %s %s %s %d %d\r\n",
                         is_ip4(client) ? "TCP4" : "TCP6", client, server_of(client), CLIENT_PORT,
                         SERVER_PORT);
                return preamble_text(line);
        }
        struct preamble header =
            preamble_block(PREAMBLE_PROXY, is_ip4(client) ? PREAMBLE_TCP4 : PREAMBLE_TCP6);
        preamble_add_client(&header, client);
        return header;
}

struct preamble preamble_block(unsigned command, unsigned family)
{
        struct preamble header = { .size = 0 };
        unsigned char rest[] = { (unsigned char)command, (unsigned char)family, 0, 0 };

        append(&header, signature, sizeof(signature) - 1);
        append(&header, rest, sizeof(rest));
        return header;
}

void preamble_add(struct preamble *header, const void *bytes, uint32_t size)
{
        append(header, bytes, size);
        header->bytes[BLOCK_AT - 2] = (unsigned char)((header->size - BLOCK_AT) >> 8);
        header->bytes[BLOCK_AT - 1] = (unsigned char)(header->size - BLOCK_AT);
}

void preamble_add_noise(struct preamble *header, uint32_t size)
{
        for (uint32_t i = 0; i < size; i++)
                preamble_add(header, &(unsigned char){ (unsigned char)(i * 37 + 11) }, 1);
}

void preamble_add_client(struct preamble *header, const char *client)
{
        const uint16_t ports[] = { htons(CLIENT_PORT), htons(SERVER_PORT) };
        const char *const hosts[] = { client, server_of(client) };
        unsigned char address[16];

        for (unsigned i = 0; i < 2; i++) {
                int family = is_ip4(client) ? AF_INET : AF_INET6;
                ck_assert_msg(inet_pton(family, hosts[i], address) == 1, "%s", hosts[i]);
                preamble_add(header, address, is_ip4(client) ? 4 : 16);
        }
        preamble_add(header, ports, sizeof(ports));
}

void preamble_add_extension(struct preamble *header, unsigned type, uint32_t value_size)
{
        const unsigned char head[] = { (unsigned char)type, (unsigned char)(value_size >> 8),
                                       (unsigned char)value_size };

        preamble_add(header, head, sizeof(head));
        preamble_add_noise(header, value_size);
}

/* RFC 4960, appendix B, bit by bit. */
static uint32_t crc32c_of(const unsigned char *bytes, uint32_t size)
{
        uint32_t crc = UINT32_MAX;

        for (uint32_t i = 0; i < size; i++) {
                crc ^= bytes[i];
                for (unsigned bit = 0; bit < 8; bit++)
                        crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82f63b78 : 0);
        }
        return ~crc;
}

void preamble_add_checksum(struct preamble *header, bool is_right)
{
        preamble_add(header, "\3\0\4\0\0\0\0", 7);
        uint32_t crc = htonl(crc32c_of(header->bytes, header->size) ^ (is_right ? 0 : 1));
        memcpy(header->bytes + header->size - sizeof(crc), &crc, sizeof(crc));
}
