/* SPDX-License-Identifier: MIT */
#include "core/network.h"

enum { HALF = 64 };

/* The first `bits` bits of 64. */
static uint64_t mask_of(uint32_t bits)
{
        return bits == 0 ? 0 : UINT64_MAX << (HALF - bits);
}

struct network network_around(struct ip ip, uint32_t bits)
{
        ip.high &= mask_of(bits < HALF ? bits : HALF);
        ip.low &= mask_of(bits < HALF ? 0 : bits - HALF);
        return (struct network){ .ip = ip, .bits = bits };
}

bool network_has(struct network network, struct ip ip)
{
        return ip_is_v4(ip) == network_is_v4(network) &&
               network_is_equal(network_around(ip, network.bits), network);
}

/* It has the bits for it: the last one of ::ffff: is set, and none is behind its length. */
bool network_is_v4(struct network network)
{
        return ip_is_v4(network.ip);
}

bool network_is_equal(struct network a, struct network b)
{
        return a.bits == b.bits && ip_is_equal(a.ip, b.ip);
}

bool network_contains(struct network outer, struct network inner)
{
        return outer.bits <= inner.bits &&
               network_is_equal(network_around(inner.ip, outer.bits), outer);
}
