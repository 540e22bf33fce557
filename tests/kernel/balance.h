/* SPDX-License-Identifier: MIT */
/*
 * What a server of two workers holds before a fault, and may hold when the fault and all its peers
 * are gone: the same descriptors, and no more memory but what it keeps for who comes next.
 */
#pragma once

#include <stdint.h>

#include "server.h"

enum { BALANCE_WORKERS = 2 };

struct balance {
        unsigned descriptors;
        uint64_t memory; /* bytes */
};

/* Of a server that nobody is connected to. */
struct balance balance_of(const struct server *server);

/* How many bytes more it may have then; no more than `connections` were open at the same time. */
uint64_t balance_room(struct server *server, unsigned connections);

/*
 * Waits until no connection is open, and it holds that again, and prints what it holds. No more
 * than `connections` were open at the same time.
 */
void balance_expect(const struct balance *balance, struct server *server, unsigned connections);
