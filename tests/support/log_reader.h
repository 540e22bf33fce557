/* SPDX-License-Identifier: MIT */
/*
 * A strict reader of log lines, logfmt or JSON, written against what a line promises and not
 * against the code that writes it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "service/log_line.h"

enum { LOG_READER_FIELDS_MAX = 1024 };

struct log_field {
        const char *key; /* in the line; not terminated */
        size_t key_size;
        const unsigned char *value; /* as it was before it was escaped */
        size_t value_size;
        bool is_number; /* JSON only: it stands without quotes */
};

struct log_reader {
        struct log_field fields[LOG_READER_FIELDS_MAX];
        size_t field_count;
        unsigned char values[LOG_LINE_SIZE]; /* that the fields point into */
        size_t values_size;
        const char *at;
        const char *end;
};

/*
 * Reads a line with its newline. False unless it is exactly one line of at most LOG_LINE_SIZE
 * bytes, of printable ASCII, with a priority where the style has it, and of valid fields, the first
 * three of which are time, level and event.
 */
bool log_reader_read(struct log_reader *reader, const char *text, size_t size,
                     const struct log_style *style);

/* The last field of that key; NULL if there is none. */
const struct log_field *log_reader_find(const struct log_reader *reader, const char *key);

/* True if there is such a field and these are its bytes. */
bool log_reader_has(const struct log_reader *reader, const char *key, const void *value,
                    size_t value_size);
bool log_reader_has_text(const struct log_reader *reader, const char *key, const char *value);
