/* SPDX-License-Identifier: MIT */
/* What listeners are read as, and shown as again. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "suite.h"
#include "words/address.h"

#define HOST_EXPECTED                                                                             \
        "expected an IPv4 address such as 127.0.0.1, an IPv6 address in brackets such as [::1], " \
        "or * for both (names are not looked up)"

/* Of the last listener; empty if it was right. */
static struct complaint complaint;

static inline struct address address_parsed(const char *text)
{
        struct address address;

        memset(&address, 0x5a, sizeof(address));
        complaint.text[0] = '\0';
        ck_assert_msg(address_parse(text, &address, &complaint), "%s", complaint.text);
        return address;
}

/* The whole sentence; and the address must be left alone. */
static inline void expect_rejected(const char *text, const char *why)
{
        struct address address;
        struct address before;

        memset(&address, 0x5a, sizeof(address));
        before = address;
        complaint.text[0] = '\0';
        ck_assert_msg(!address_parse(text, &address, &complaint), "`%s` was accepted", text);
        ck_assert_str_eq(complaint.text, why);
        ck_assert_mem_eq(&address, &before, sizeof(address));
}

static inline void expect_text(const struct address *address, const char *text)
{
        char formatted[ADDRESS_TEXT_SIZE];

        address_format(address, formatted, sizeof(formatted));
        ck_assert_str_eq(formatted, text);
}

/* `transport:text` is shown as the text. */
static inline void expect_same_text(const char *transport, const char *text)
{
        char listen[ADDRESS_TEXT_SIZE + 8];

        snprintf(listen, sizeof(listen), "%s:%s", transport, text);
        struct address address = address_parsed(listen);
        expect_text(&address, text);
}
