/* SPDX-License-Identifier: MIT */
/* What PROXY headers are taken for. */
#pragma once

#include <string.h>

#include "core/counters.h"
#include "core/proxy.h"
#include "suite.h"
#include "support/ips.h"

/* A header and its size, which may hold NULs. */
#define BYTES(literal) (const unsigned char *)(literal), sizeof(literal) - 1

static inline const char *proxy_verdict_text(enum proxy_verdict verdict)
{
        if (verdict == PROXY_COMPLETE)
                return "complete";
        if (verdict == PROXY_INCOMPLETE)
                return "incomplete";
        return counters_closed_name(proxy_conn_end(verdict));
}

/* A whole header, whatever follows; and each part of it waits. */
static inline struct proxy_header proxy_parsed(const unsigned char *data, uint32_t size)
{
        struct proxy_header header = { .size = 0 };
        struct proxy_header part;
        enum proxy_verdict verdict = proxy_parse(data, size, &header);

        ck_assert_str_eq(proxy_verdict_text(verdict), "complete");
        ck_assert_uint_le(header.size, size);
        for (uint32_t i = 0; i < header.size; i++)
                if (proxy_parse(data, i, &part) != PROXY_INCOMPLETE)
                        ck_abort_msg("after %u bytes it does not wait", i);
        return header;
}

/* Refused, and not before its last byte; nothing is told of it. */
static inline void expect_refused(const unsigned char *data, uint32_t size,
                                  enum proxy_verdict expected)
{
        struct proxy_header header = { .size = 77 };

        ck_assert_str_eq(proxy_verdict_text(proxy_parse(data, size, &header)),
                         proxy_verdict_text(expected));
        ck_assert_str_eq(proxy_verdict_text(proxy_parse(data, size - 1, &header)), "incomplete");
        ck_assert_uint_eq(header.size, 77);
}

static inline void expect_client(const struct proxy_header *header, const char *source,
                                 uint16_t source_port, const char *destination,
                                 uint16_t destination_port)
{
        ck_assert(header->has_addresses);
        ck_assert(ip_is_equal(header->source, ips_parse(source)));
        ck_assert(ip_is_equal(header->destination, ips_parse(destination)));
        ck_assert_uint_eq(header->source_port, source_port);
        ck_assert_uint_eq(header->destination_port, destination_port);
}
