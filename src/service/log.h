/* SPDX-License-Identifier: MIT */
/*
 * Events for the operator: one logfmt line each on stderr, `time=... level=... event=... key=value
 * ...`, built in a fixed buffer and written at once. Keys and events are stable names; values are
 * quoted and escaped where they need it, so nothing in them can forge a line.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_LEVEL_COUNT };

/* A line is at most PIPE_BUF bytes, so lines of several writers never mix (pipe(7)). */
enum { LOG_LINE_SIZE = 4096 };

/* So long a line waits for a reader that is behind; then it is lost. */
enum { LOG_PATIENCE_MS = 100 };

struct log_line {
        char text[LOG_LINE_SIZE];
        size_t size;
        bool is_wanted; /* false: the level is switched off, nothing will be written */
};

/* The stable name of a level; NULL if there is no such level. */
const char *log_level_name(enum log_level level);

/* Starts a line; only levels up to `most` are written. */
void log_begin(struct log_line *line, enum log_level most, enum log_level level, const char *event);

/* Appends ` key=value`; what does not fit is left out, the line stays whole. */
void log_text(struct log_line *line, const char *key, const char *value);
void log_number(struct log_line *line, const char *key, uint64_t value);

/*
 * Writes the line to the descriptor if its level is wanted; false when there is no room for it, or
 * nobody to read it. Never waits longer than LOG_PATIENCE_MS, and leaves the descriptor's blocking
 * mode alone: others share it.
 */
bool log_end(struct log_line *line, int fd);
