/* SPDX-License-Identifier: MIT */
#include "service/log_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* The largest number. */
enum { NUMBER_TEXT_SIZE = sizeof("18446744073709551615") };

/* By enum log_level: what syslog(3) calls them. */
static const char priorities[LOG_LEVEL_COUNT] = { '3', '4', '6', '7' };

const char *log_level_name(enum log_level level)
{
        static const char *const names[LOG_LEVEL_COUNT] = { "error", "warn", "info", "debug" };

        return level < LOG_LEVEL_COUNT ? names[level] : NULL;
}

/* Appends if it fits, keeping room for the line's end. */
static bool append(struct log_line *line, const char *text, size_t size)
{
        if (size > LOG_LINE_SIZE - LOG_LINE_END_SIZE - line->size)
                return false;
        memcpy(line->text + line->size, text, size);
        line->size += (uint32_t)size;
        return true;
}

static bool append_string(struct log_line *line, const char *text)
{
        return append(line, text, strlen(text));
}

static bool append_key(struct log_line *line, const char *key)
{
        if (line->format == LOG_LOGFMT)
                return append_string(line, " ") && append_string(line, key) &&
                       append_string(line, "=");
        return append_string(line, ",\"") && append_string(line, key) && append_string(line, "\":");
}

static bool append_escaped(struct log_line *line, unsigned char byte)
{
        char escaped[sizeof("\\u00ff")] = { '\\', (char)byte };

        if (byte == '"' || byte == '\\')
                return append(line, escaped, 2);
        if (byte >= ' ' && byte <= '~')
                return append(line, escaped + 1, 1);
        snprintf(escaped, sizeof(escaped), line->format == LOG_JSON ? "\\u00%02x" : "\\x%02x",
                 byte);
        return append_string(line, escaped);
}

static bool append_quoted(struct log_line *line, const unsigned char *data, size_t size)
{
        bool fits = append_string(line, "\"");

        for (size_t i = 0; fits && i < size; i++)
                fits = append_escaped(line, data[i]);
        return fits && append_string(line, "\"");
}

static bool is_plain(const unsigned char *data, size_t size)
{
        static const char plain[] =
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
            "-._:/@,+%[]";

        for (size_t i = 0; i < size; i++)
                if (memchr(plain, data[i], sizeof(plain) - 1) == NULL)
                        return false;
        return size > 0;
}

void log_line_bytes(struct log_line *line, const char *key, const void *data, size_t size)
{
        uint32_t before = line->size;
        bool fits = append_key(line, key);

        if (fits && line->format == LOG_LOGFMT && is_plain(data, size))
                fits = append(line, data, size);
        else if (fits)
                fits = append_quoted(line, data, size);
        if (!fits)
                line->size = before;
}

void log_line_text(struct log_line *line, const char *key, const char *value)
{
        log_line_bytes(line, key, value, strlen(value));
}

void log_line_number(struct log_line *line, const char *key, uint64_t value)
{
        char text[NUMBER_TEXT_SIZE];
        uint32_t before = line->size;

        snprintf(text, sizeof(text), "%" PRIu64, value);
        if (!append_key(line, key) || !append_string(line, text))
                line->size = before;
}

/* RFC 3339, in UTC. */
static void format_time(uint64_t wall_ns, char *ret_text, size_t text_size)
{
        time_t seconds = (time_t)(wall_ns / 1000000000);
        unsigned ms = (unsigned)(wall_ns / 1000000 % 1000);
        struct tm utc = { 0 };
        char date[32];

        gmtime_r(&seconds, &utc);
        strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc);
        snprintf(ret_text, text_size, "%s.%03uZ", date, ms);
}

void log_line_begin(struct log_line *line, const struct log_style *style, enum log_level level,
                    uint64_t wall_ns, const char *event)
{
        char time[64];
        char priority[] = { '<', priorities[level], '>', '\0' };

        line->size = 0;
        line->format = style->format;
        format_time(wall_ns, time, sizeof(time));
        if (style->has_priorities)
                append_string(line, priority);
        append_string(line, line->format == LOG_JSON ? "{\"time\":\"" : "time=");
        append_string(line, time);
        append_string(line, line->format == LOG_JSON ? "\"" : "");
        log_line_text(line, "level", log_level_name(level));
        log_line_text(line, "event", event);
}

void log_line_end(struct log_line *line, uint64_t lost)
{
        int size = 0;

        if (lost > 0)
                size = snprintf(line->text + line->size, LOG_LINE_SIZE - line->size,
                                line->format == LOG_JSON ? ",\"lost\":%" PRIu64 : " lost=%" PRIu64,
                                lost);
        line->size += (uint32_t)size;
        if (line->format == LOG_JSON)
                line->text[line->size++] = '}';
        line->text[line->size++] = '\n';
}
