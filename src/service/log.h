/* SPDX-License-Identifier: MIT */
/*
 * The log of the process: events as whole lines in a bounded queue, and the descriptor they leave
 * by, stderr. One thread owns it. Building a line never waits and writes nothing; a full queue
 * loses the newest line and counts it, and the next line that gets in ends in `lost=N`. Lines
 * leave one by one, when poll(2) says that there is room.
 *
 * The descriptor's blocking mode is left alone: others share it. A pipe that polls writable takes
 * PIPE_BUF bytes at once, a socket is told not to wait. The process must ignore SIGPIPE.
 */
#pragma once

#include "service/log_line.h"

/* How many whole lines wait for a reader that is behind. */
enum { LOG_QUEUE_LINES = 16 };

/* The last places of the queue, for lines that nobody can keep back until there is room again. */
enum { LOG_QUEUE_SPARE = 4 };

/* Its fields are private. */
struct log {
        int fd;
        bool is_socket;
        enum log_level level;
        struct log_style style;
        uint32_t first;        /* of the queue: index into lines */
        uint32_t count;        /* of whole lines in the queue */
        uint32_t written;      /* bytes of the first line that have left */
        struct log_line *open; /* behind the queue: the line being built; NULL = it goes nowhere */
        uint64_t lost;         /* lines, since the start */
        uint64_t untold;       /* of those, the ones that no line tells yet */
        uint64_t told[LOG_QUEUE_LINES]; /* how many of them each line tells */
        struct log_line lines[LOG_QUEUE_LINES];
};

/*
 * Only levels up to `level` are logged. journal_stream is JOURNAL_STREAM of the environment, or
 * NULL: where it names this very descriptor, lines get the priorities of the journal.
 */
void log_open(struct log *log, int fd, enum log_level level, enum log_format format,
              const char *journal_stream);

void log_set_level(struct log *log, enum log_level level);

/* False: lines of this level go nowhere. */
bool log_is_wanted(const struct log *log, enum log_level level);

/* Starts a line, now or at that time since 1970. One line at a time. */
void log_begin(struct log *log, enum log_level level, const char *event);
void log_begin_at(struct log *log, enum log_level level, uint64_t wall_ns, const char *event);

/* Each appends a key and its value; what does not fit is left out, the line stays whole. */
void log_text(struct log *log, const char *key, const char *value);
void log_bytes(struct log *log, const char *key, const void *data, size_t size);
void log_number(struct log *log, const char *key, uint64_t value);

/* Puts the line into the queue; false when it is not wanted, or lost. */
bool log_end(struct log *log);

/* A line at LOG_ERROR that says what failed and why; written at once if the reader has room. */
void log_failure(struct log *log, const char *event, const char *what, const char *reason);

/* True while a line waits to be written: poll the descriptor, then call log_write(). */
bool log_is_pending(const struct log *log);

/* True when one more line will not be lost. False implies that one is pending. */
bool log_has_room(const struct log *log);

/* The same, with the spare places left free besides: for lines that can be kept back. */
bool log_has_spare_room(const struct log *log);

/* What to poll for POLLOUT; -1, which poll(2) ignores, while nothing is pending. */
int log_poll_fd(const struct log *log);

/*
 * Writes one line if the descriptor has room for it now; else it goes on waiting. A line that
 * nobody can ever read (a closed reader, a full disk) is lost.
 */
void log_write(struct log *log);

/* For the end: writes what is pending, waiting so long for the reader in all; the rest is lost. */
void log_flush(struct log *log, unsigned patience_ms);

/* How many lines were lost since the start. */
uint64_t log_lost(const struct log *log);
