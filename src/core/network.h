/* SPDX-License-Identifier: MIT */
/*
 * All addresses of one family that begin with the same bits. As every address has 128 bits here,
 * an IPv4 network of n bits has NETWORK_V4_BITS more, and ip_is_v4() is true of its address.
 *
 * An IPv6 network has no IPv4 address: ::/0 is all of IPv6, and not what came in disguise.
 */
#pragma once

#include "core/ip.h"

enum { NETWORK_BITS_MAX = 128, NETWORK_V4_BITS = 96 };

struct network {
        struct ip ip;  /* zero behind its bits */
        uint32_t bits; /* NETWORK_BITS_MAX at most */
};

/* The network of that many bits that an address lies in. */
struct network network_around(struct ip ip, uint32_t bits);

bool network_has(struct network network, struct ip ip);
bool network_is_v4(struct network network);
bool network_is_equal(struct network a, struct network b);

/*
 * Whether what begins like `inner` begins like `outer`, whatever the family: so ::/0 contains
 * everything, and of two networks, either one contains the other or they have nothing in common.
 */
bool network_contains(struct network outer, struct network inner);
