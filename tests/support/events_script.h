/* SPDX-License-Identifier: MIT */
/* Scripts for the ring of events: one byte an event, any bytes are a script. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum events_script_operation {
        EVENTS_SCRIPT_PUT,  /* one record, and as many more as the argument says */
        EVENTS_SCRIPT_TAKE, /* likewise */
        EVENTS_SCRIPT_OPERATIONS,
};

/*
 * Runs a script against rings of several sizes and a trivial model of each, takes what is left at
 * the end, and stops the process where they differ. Script bytes: operation = byte %
 * EVENTS_SCRIPT_OPERATIONS, argument = byte / EVENTS_SCRIPT_OPERATIONS.
 */
void events_script_run(const uint8_t *script, size_t size);
