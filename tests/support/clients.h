/* SPDX-License-Identifier: MIT */
/*
 * Scripted peers on the simulated kernel: a few at a time, each plays one part until its connection
 * is over, then another takes its place. Good ones at last cooperate, when they are told to.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "support/choice.h"

enum { CLIENTS_MAX = 16, CLIENTS_PORTS_MAX = 3 };

struct clients_settings {
        uint32_t count;          /* at a time; 1 to CLIENTS_MAX */
        uint32_t connection_max; /* in all */
        uint32_t message_max;    /* bytes a client sends at once; 1 or more */
        uint16_t ports[CLIENTS_PORTS_MAX];
        uint32_t port_count;
        uint32_t headers;                          /* bit i: proxies send the i-th kind of header */
        uint32_t source_counts[CLIENTS_PORTS_MAX]; /* the first ones of oracle_source() */
        uint32_t parts;                            /* bit i: the i-th part of the table is played */
};

/* How many parts there are. */
uint32_t clients_part_count(void);

void clients_open(struct choice *choice, const struct clients_settings *settings);

/* One of them does one thing. */
void clients_act(void);

/* Many come at once, want nothing, and leave before they were accepted. */
void clients_crowd(uint32_t count);

/* Everybody who still can sends a little, finishes, and takes what comes; true = all are over. */
bool clients_finish(void);

/* Connections that ended with every byte echoed, and FIN. */
uint64_t clients_complete(void);
