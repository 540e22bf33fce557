/* SPDX-License-Identifier: MIT */
#include "service/log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[LOG_LEVEL_COUNT] = { "error", "warn", "info", "debug" };

const char *log_level_name(enum log_level level)
{
        return level < LOG_LEVEL_COUNT ? level_names[level] : NULL;
}

/* Appends if it fits, keeping a byte for the line's end. */
static bool append(struct log_line *line, const char *text, size_t size)
{
        if (size >= sizeof(line->text) - line->size)
                return false;
        memcpy(line->text + line->size, text, size);
        line->size += size;
        return true;
}

static bool append_string(struct log_line *line, const char *text)
{
        return append(line, text, strlen(text));
}

static bool append_escaped(struct log_line *line, unsigned char byte)
{
        char escaped[sizeof("\\xff")] = { '\\', (char)byte };

        if (byte == '"' || byte == '\\')
                return append(line, escaped, 2);
        if (byte >= ' ' && byte <= '~')
                return append(line, escaped + 1, 1);
        snprintf(escaped, sizeof(escaped), "\\x%02x", byte);
        return append_string(line, escaped);
}

static bool is_plain(const char *value)
{
        static const char plain[] =
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
            "-._:/@,+%[]";

        return value[0] != '\0' && value[strspn(value, plain)] == '\0';
}

static bool append_value(struct log_line *line, const char *value)
{
        if (is_plain(value))
                return append_string(line, value);
        bool fits = append_string(line, "\"");
        for (const char *at = value; fits && *at != '\0'; at++)
                fits = append_escaped(line, (unsigned char)*at);
        return fits && append_string(line, "\"");
}

void log_begin(struct log_line *line, enum log_level most, enum log_level level, const char *event)
{
        struct timespec now = { 0 };
        struct tm utc = { 0 };
        char text[96];

        line->size = 0;
        line->is_wanted = level <= most;
        clock_gettime(CLOCK_REALTIME, &now);
        gmtime_r(&now.tv_sec, &utc);
        strftime(text, sizeof(text), "time=%Y-%m-%dT%H:%M:%S", &utc);
        append_string(line, text);
        snprintf(text, sizeof(text), ".%03ldZ level=%s event=", now.tv_nsec / 1000000,
                 level_names[level]);
        append_string(line, text);
        append_string(line, event);
}

void log_text(struct log_line *line, const char *key, const char *value)
{
        size_t size = line->size;

        if (append_string(line, " ") && append_string(line, key) && append_string(line, "=") &&
            append_value(line, value))
                return;
        line->size = size;
}

void log_number(struct log_line *line, const char *key, uint64_t value)
{
        char text[sizeof("18446744073709551615")];

        snprintf(text, sizeof(text), "%" PRIu64, value);
        log_text(line, key, text);
}

/* A pipe that polls writable takes PIPE_BUF bytes at once (pipe(7)); a socket might wait. */
static ssize_t write_at_once(int fd, const char *text, size_t size)
{
        ssize_t written = send(fd, text, size, MSG_DONTWAIT | MSG_NOSIGNAL);

        return written < 0 && errno == ENOTSOCK ? write(fd, text, size) : written;
}

bool log_end(struct log_line *line, int fd)
{
        struct pollfd log = { .fd = fd, .events = POLLOUT };

        line->text[line->size++] = '\n';
        if (!line->is_wanted)
                return true;
        return poll(&log, 1, LOG_PATIENCE_MS) == 1 &&
               write_at_once(fd, line->text, line->size) == (ssize_t)line->size;
}
