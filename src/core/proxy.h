/* SPDX-License-Identifier: MIT */
/*
 * The header by which a proxy tells for whom it connects: version 1 (a line of text) and version 2
 * (binary), as haproxy's doc/proxy-protocol.txt has them. The caller peeks at what has arrived,
 * asks about it from its first byte on whenever more has come, and consumes the header when it is
 * complete; what follows is the client's. Nothing is kept between two calls, so the result does not
 * depend on how the bytes arrived.
 *
 * Whatever waits can still become a header: what cannot is refused as soon as that is certain, but
 * for a checksum that does not hold, which shows at the end. A header has a bound, PROXY_SIZE_MAX.
 *
 * What a proxy has to say about anything but a TCP client is skipped: an UNKNOWN line, the families
 * UNSPEC and UNIX, datagrams; and LOCAL, which is a connection of the proxy's own, such as a health
 * check. Of LOCAL and UNSPEC nothing is looked at but the length, as the specification wants it.
 * Else extensions (TLVs) must fit in, and a checksum among them must hold.
 */
#pragma once

#include "core/conn.h"
#include "core/ip.h"

enum {
        PROXY_LINE_MAX = 107,                  /* bytes of version 1, CR and LF included */
        PROXY_BLOCK_MAX = 4096,                /* bytes behind the first 16 of version 2 */
        PROXY_SIZE_MAX = 16 + PROXY_BLOCK_MAX, /* of any header: peeking at more is no use */
};

enum proxy_verdict {
        PROXY_INCOMPLETE, /* the beginning of a header */
        PROXY_COMPLETE,
        /* No header, whatever may follow. The first byte that is wrong decides. */
        PROXY_BAD_SIGNATURE, /* neither version begins like that */
        PROXY_BAD_VERSION,   /* the binary one, but not 2 */
        PROXY_BAD_COMMAND,   /* neither LOCAL nor PROXY */
        PROXY_BAD_FAMILY,    /* not one of those that there are */
        PROXY_BAD_ADDRESS,   /* an address or a port of a line */
        PROXY_BAD_LINE_END,  /* something else where CR and LF belong */
        PROXY_BAD_CHECKSUM,
        PROXY_BAD_EXTENSION, /* a TLV that does not fit in, or a checksum not of 4 bytes, or two */
        PROXY_TOO_SHORT,     /* its length leaves no room for its addresses */
        PROXY_TOO_LONG,      /* PROXY_LINE_MAX or PROXY_BLOCK_MAX is exceeded */
        PROXY_VERDICT_COUNT,
};

struct proxy_header {
        uint32_t size;      /* bytes to consume: 15 to PROXY_SIZE_MAX */
        bool has_addresses; /* of a TCP client; else those of the socket itself count */
        struct ip source;
        struct ip destination;
        uint16_t source_port;
        uint16_t destination_port;
};

/* What the first `size` bytes of a connection are; *ret_header is written if PROXY_COMPLETE. */
enum proxy_verdict proxy_parse(const unsigned char *data, uint32_t size,
                               struct proxy_header *ret_header);

/* The end of a connection whose header is refused like that. */
enum conn_end proxy_conn_end(enum proxy_verdict refusal);
