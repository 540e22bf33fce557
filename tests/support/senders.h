/* SPDX-License-Identifier: MIT */
/*
 * Scripted senders of datagrams on the simulated kernel: a few at a time, each plays one part for a
 * while, from one address and port to another, then somebody else takes its place. They are told
 * nothing: what becomes of each datagram, the oracle knows.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "support/choice.h"

enum {
        SENDERS_MAX = 12,
        SENDERS_SIZES = 8,
        SENDERS_FLOOD = 4, /* the part that sends most */
};

struct senders_settings {
        uint32_t count;      /* at a time; 1 to SENDERS_MAX */
        uint32_t size_max;   /* bytes of a datagram; 1 or more */
        uint32_t parts;      /* bit i: the i-th part of the table is played */
        bool is_repeating;   /* all datagrams of a size are alike, and there are few sizes */
        uint32_t port_count; /* of the ports that the server may have: 1 or 2 */
};

/* Of those that repeat: each size is one payload. */
extern const uint32_t senders_sizes[SENDERS_SIZES];

/* How many parts there are. */
uint32_t senders_part_count(void);

void senders_open(struct choice *choice, const struct senders_settings *settings);

/* One of them does one thing. */
void senders_act(void);

/* Everybody sends a last one, and a batch. */
void senders_finish(void);
