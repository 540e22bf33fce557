/* SPDX-License-Identifier: MIT */
/*
 * Numbers as an operator writes them. Whole text or nothing: no sign, no space, no fraction, no
 * overflow. True on success, and only then *ret_value is written.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Decimal digits. */
bool quantity_count(const char *text, uint64_t *ret_value);

/* 512, 64K, 8M, 1G: bytes, by 1024. */
bool quantity_size(const char *text, uint64_t *ret_bytes);

/* 250ms, 5s, 2m, 1h: ns. A bare 0 needs no unit. */
bool quantity_duration(const char *text, uint64_t *ret_ns);
