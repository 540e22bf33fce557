/* SPDX-License-Identifier: MIT */
/*
 * Event scripts for datagrams: one byte an event, any bytes are a script. The exhaustive and the
 * random property test, the fuzz target and the corpus replay all run this.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum datagram_script_operation {
        DATAGRAM_SCRIPT_SOURCE,      /* of the next ones: a number of model_addresses */
        DATAGRAM_SCRIPT_DESTINATION, /* likewise */
        DATAGRAM_SCRIPT_PORT,        /* the source's: a number of model_ports */
        DATAGRAM_SCRIPT_PAYLOAD,     /* argument % 8 */
        DATAGRAM_SCRIPT_RULES,       /* bits: rate (two), low ports granted, no guard, access */
        DATAGRAM_SCRIPT_WAIT,        /* one of several times */
        DATAGRAM_SCRIPT_SEND,   /* bits: source mapped, destination mapped, truncated, broadcast */
        DATAGRAM_SCRIPT_REPEAT, /* argument % 8: how often, the rest: how far apart */
        DATAGRAM_SCRIPT_OPERATIONS,
};

/*
 * Runs a script against core/datagram with its buckets and its guard, and a model of it, and stops
 * the process where they differ. Script bytes: operation = byte % DATAGRAM_SCRIPT_OPERATIONS,
 * argument = byte / DATAGRAM_SCRIPT_OPERATIONS.
 */
void datagram_script_run(const uint8_t *script, size_t size);
