/* SPDX-License-Identifier: MIT */
/*
 * Position-coded payload: which byte stands where in the stream of which connection. Loss, repeats,
 * reordering and bytes of another connection all show as a wrong byte.
 *
 * All streams read one table of noise, each from a place of its own, so that nothing is made or
 * copied to send, and verifying is memcmp(3). The noise repeats after a prime number of bytes: no
 * buffer of a usual size can be lost or sent twice without a trace.
 */
#pragma once

#include <stdint.h>

/* 2^17 - 1 is prime. */
enum { PAYLOAD_PERIOD = 131071, PAYLOAD_RUN_SIZE = 131072 };

/* Fills the table; before anything else. */
void payload_init(void);

/* PAYLOAD_RUN_SIZE bytes from `offset` on of that stream; they stay as they are. */
const unsigned char *payload_at(uint64_t stream, uint64_t offset);

/* How many of `data` are those of the stream from `offset` on, up to the first wrong one. */
uint32_t payload_match(uint64_t stream, uint64_t offset, const unsigned char *data, uint32_t size);
