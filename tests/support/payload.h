/* SPDX-License-Identifier: MIT */
/*
 * Position-coded payload of simulated connections, made and checked by whole runs: the pattern of
 * pattern.h repeats after 64 KiB, so each connection reads one table from a place of its own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The bytes at `offset` of the stream of that connection. */
void payload_fill(unsigned char *data, uint32_t size, uint32_t stream, uint64_t offset);

bool payload_matches(const unsigned char *data, uint32_t size, uint32_t stream, uint64_t offset);
