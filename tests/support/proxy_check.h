/* SPDX-License-Identifier: MIT */
/* What holds for the parser of PROXY headers, whatever bytes it is given. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Checks (by ensure()) that a beginning of the bytes is a header exactly when the second parser
 * says so, and the same one; that one which is refused stays refused, for the same reason; and that
 * one which waits can be made a header. No byte beyond `size` is read. Only the first
 * PROXY_CHECK_MAX bytes count.
 */
void proxy_check_run(const uint8_t *data, size_t size);

enum { PROXY_CHECK_MAX = 4200 };
