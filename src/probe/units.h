/* SPDX-License-Identifier: MIT */
/* Figures as a person reads them: three significant digits and a unit. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Room for any of these texts, its NUL included. */
enum { UNITS_TEXT_SIZE = 32 };

/* Room for what a target or a reason becomes by units_printable(). */
enum { UNITS_PRINTABLE_SIZE = 1024 };

/* "812 ns", "11.2 µs", "1.02 ms", "5.00 s"; never a larger unit than seconds. */
void units_duration(char ret_text[UNITS_TEXT_SIZE], double ns);

/* "812 B", "1.02 KB", "77.0 MB", "3.10 GB": by 1000. */
void units_size(char ret_text[UNITS_TEXT_SIZE], double bytes);

/* How many columns of a terminal UTF-8 text takes, if none of its characters is wide. */
size_t units_columns(const char *text);

/*
 * Makes text harmless for a terminal, a plot and JSON: whatever is not printable ASCII becomes
 * \xNN. Cut where it does not fit; room_size > 0.
 */
void units_printable(char *ret_text, size_t room_size, const char *text);
