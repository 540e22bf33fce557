/* SPDX-License-Identifier: MIT */
/* A datagram whose source may be anything. Only root can send it. */
#pragma once

#include <stdint.h>

#include "place.h"

/* Both of one family; at most 1000 bytes. */
void forge_send(const struct place *from, const struct place *to, const void *data, uint32_t size);

/* The same, but it comes in by network_open_wire(); IPv6 only, and to a group. */
void forge_inject(int wire_fd, const struct place *from, const struct place *to, const void *data,
                  uint32_t size);
