/* SPDX-License-Identifier: MIT */
/* A server of two workers that takes datagrams in every way there is, and the ways to it. */
#pragma once

#include "datagram.h"
#include "server.h"

enum way {
        WAY_IP4,
        WAY_IP6,
        WAY_ANY_IP4, /* `*`, by IPv4 */
        WAY_ANY_IP6,
        WAY_ALL_IP4, /* 0.0.0.0 */
        WAY_ALL_IP6, /* [::] */
        WAY_COUNT,
};

struct ways {
        struct server server;
        uint16_t ports[WAY_COUNT];
        struct place places[WAY_COUNT]; /* by 127.0.0.1, or ::1 */
};

/* With these further arguments, which end in NULL; NULL = none. No rate is limited. */
void ways_open(struct ways *ways, const char *const *arguments);

bool ways_is_ip6(enum way way);

/* False: this machine lacks the address family. */
bool ways_has(enum way way);

/* The largest datagram there can be. */
uint32_t ways_most(enum way way);
