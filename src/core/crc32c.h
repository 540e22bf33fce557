/* SPDX-License-Identifier: MIT */
/*
 * CRC32c (Castagnoli), the checksum of SCTP (RFC 4960, appendix B) and of PROXY headers. What is
 * summed may come in pieces: begin with CRC32C_BEGIN, give each piece what the one before returned.
 */
#pragma once

#include <stdint.h>

#define CRC32C_BEGIN UINT32_C(0)

/* The checksum of all pieces so far; `data` may be NULL if size is 0. */
uint32_t crc32c_add(uint32_t crc, const unsigned char *data, uint32_t size);
