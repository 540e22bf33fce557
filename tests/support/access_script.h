/* SPDX-License-Identifier: MIT */
/*
 * Builds an access list and asks it, as the bytes of a script say, beside a model that looks at
 * every network bit by bit. ensure() fails where they disagree. One byte is one event: operation =
 * byte % ACCESS_SCRIPT_OPERATIONS, argument = byte / ACCESS_SCRIPT_OPERATIONS; any bytes are a
 * script. There is one address in hand, which events change, and one length.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum access_script_operation {
        ACCESS_SCRIPT_ADDRESS, /* takes one of a few, all kinds among them */
        ACCESS_SCRIPT_FLIP,    /* flips a bit of it */
        ACCESS_SCRIPT_LENGTH,  /* of the next networks, up to 128 */
        ACCESS_SCRIPT_ALLOW,   /* the network around the address */
        ACCESS_SCRIPT_DENY,
        ACCESS_SCRIPT_OPERATIONS,
};

void access_script_run(const uint8_t *script, size_t size);
