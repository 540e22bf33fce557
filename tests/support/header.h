/* SPDX-License-Identifier: MIT */
/* PROXY headers as simulated proxies send them: right ones of each kind, and one wrong in each way.
 */
#pragma once

#include "core/proxy.h"

enum header_kind {
        HEADER_LINE,       /* version 1, with addresses */
        HEADER_LINE_ALONE, /* version 1, UNKNOWN */
        HEADER_BLOCK,      /* version 2, with addresses */
        HEADER_BLOCK_CHECKED,
        HEADER_LOCAL,
        HEADER_UNSPEC,
        HEADER_UNIX,
        /* Refused, at its last byte and not before; one for each refusal, in their order. */
        HEADER_BAD_SIGNATURE,
        HEADER_BAD_VERSION,
        HEADER_BAD_COMMAND,
        HEADER_BAD_FAMILY,
        HEADER_BAD_ADDRESS,
        HEADER_BAD_LINE_END,
        HEADER_BAD_CHECKSUM,
        HEADER_BAD_EXTENSION,
        HEADER_TOO_SHORT,
        HEADER_TOO_LONG,
        HEADER_KIND_COUNT,
};

struct header {
        enum header_kind kind;
        struct ip source;   /* if it has addresses */
        uint32_t extension; /* bytes more in a right one of version 2: 0, or 3 to 3500 */
};

/* Its size, PROXY_SIZE_MAX at most. */
uint32_t header_write(const struct header *header, unsigned char ret_bytes[PROXY_SIZE_MAX]);

bool header_has_addresses(enum header_kind kind);

/* PROXY_COMPLETE of a right one. */
enum proxy_verdict header_verdict(enum header_kind kind);
