/* SPDX-License-Identifier: MIT */
/*
 * What a proxy sends first: headers of the PROXY protocol, right and wrong ones. Written from the
 * specification, with nothing of the code under test.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
        PREAMBLE_SIZE_MAX = 8192,
        PREAMBLE_LOCAL = 0x20, /* version and command */
        PREAMBLE_PROXY = 0x21,
        PREAMBLE_UNSPEC = 0x00, /* family and protocol */
        PREAMBLE_TCP4 = 0x11,
        PREAMBLE_UDP4 = 0x12,
        PREAMBLE_TCP6 = 0x21,
        PREAMBLE_UNIX = 0x31,
};

struct preamble {
        uint32_t size; /* bytes */
        unsigned char bytes[PREAMBLE_SIZE_MAX];
};

/* These bytes, whatever they are. */
struct preamble preamble_text(const char *text);

/* Of a client, an IPv4 or an IPv6 address, at port 4242, by version 1 or 2. */
struct preamble preamble_of(unsigned version, const char *client);

/* The first 16 bytes of version 2, which say that no block follows. */
struct preamble preamble_block(unsigned command, unsigned family);

/* Bytes at the end of the block, which gets longer by them; bytes of no meaning. */
void preamble_add(struct preamble *header, const void *bytes, uint32_t size);
void preamble_add_noise(struct preamble *header, uint32_t size);

/* Addresses and ports of PREAMBLE_TCP4 or PREAMBLE_TCP6. */
void preamble_add_client(struct preamble *header, const char *client);

/* A TLV, its value of no meaning. */
void preamble_add_extension(struct preamble *header, unsigned type, uint32_t value_size);

/* The TLV of a checksum, the last one of the header, that holds or does not. */
void preamble_add_checksum(struct preamble *header, bool is_right);
