/* SPDX-License-Identifier: MIT */
/*
 * Arbitrary bytes through the core of one connection in arbitrary pieces: what comes out must be
 * what went in, all of it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * The first byte says how many of the next are controls; all others are payload. A control is one
 * turn: how much is read (low 4 bits), how much of it leaves (high 4 bits), both from nothing to
 * all; an odd number of set bits takes the turn out of the kernel's buffer, as without a free
 * block. When the controls are used up all that is left leaves whole.
 */
void stream_script_run(const uint8_t *data, size_t size);
