/* SPDX-License-Identifier: MIT */
/*
 * One event as one line of text in a fixed buffer: logfmt, `time=... level=... event=... key=value
 * ...`, or a flat JSON object with the same keys. Keys and events are stable names, given by the
 * program; values may come from the network: they are escaped where they need it, so nothing in
 * them can forge a key or a line, and a line is printable ASCII whatever they hold.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_LEVEL_COUNT };

enum log_format { LOG_LOGFMT, LOG_JSON, LOG_FORMAT_COUNT };

/* A line is at most PIPE_BUF bytes, so lines of several writers never mix (pipe(7)). */
enum { LOG_LINE_SIZE = 4096 };

/* What log_line_end() may append: no value takes that room. */
enum { LOG_LINE_END_SIZE = sizeof(",\"lost\":18446744073709551615}\n") - 1 };

struct log_style {
        enum log_format format;
        bool has_priorities; /* `<N>` before each line, as systemd.exec(5) reads it */
};

struct log_line {
        char text[LOG_LINE_SIZE];
        uint32_t size;
        enum log_format format;
};

/* The stable name of a level; NULL if there is no such level. */
const char *log_level_name(enum log_level level);

/* Starts a line, at that time since 1970. */
void log_line_begin(struct log_line *line, const struct log_style *style, enum log_level level,
                    uint64_t wall_ns, const char *event);

/* Each appends a key and its value; what does not fit is left out whole. */
void log_line_text(struct log_line *line, const char *key, const char *value);
void log_line_bytes(struct log_line *line, const char *key, const void *data, size_t size);
void log_line_number(struct log_line *line, const char *key, uint64_t value);

/* Ends the line, with `lost` as its last key unless that is 0: for both there is always room. */
void log_line_end(struct log_line *line, uint64_t lost);
