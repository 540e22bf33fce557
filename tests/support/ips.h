/* SPDX-License-Identifier: MIT */
/* Addresses by their usual text. */
#pragma once

#include <arpa/inet.h>

#include "core/ensure.h"
#include "core/ip.h"

/* As a socket of the text's own family tells it. */
static inline struct ip ips_parse(const char *text)
{
        struct in_addr v4;
        struct in6_addr v6;

        if (inet_pton(AF_INET, text, &v4) == 1)
                return ip_from_v4(v4);
        ensure(inet_pton(AF_INET6, text, &v6) == 1);
        return ip_from_v6(&v6);
}
