/* SPDX-License-Identifier: MIT */
/* The datagrams of the sweep's day: a dual-stack UDP socket, and a few who send to it. */
#pragma once

#include "shell/worker.h"

/* False if the kernel refused something, and nothing of it is left. */
bool post_open(struct worker *worker);

/* Tells the oracle of what follows. */
void post_expect(void);

/* So many who send one by one, IPv4 and IPv6 in turn; batches and empty ones among them. */
void post_send(unsigned count);
