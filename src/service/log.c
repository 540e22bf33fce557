/* SPDX-License-Identifier: MIT */
#include "service/log.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/clock.h"

/* systemd.exec(5): a name that this descriptor does not bear was inherited for another one. */
static bool is_journal(const struct stat *status, const char *journal_stream)
{
        char name[64];

        snprintf(name, sizeof(name), "%ju:%ju", (uintmax_t)status->st_dev,
                 (uintmax_t)status->st_ino);
        return journal_stream != NULL && strcmp(name, journal_stream) == 0;
}

void log_open(struct log *log, int fd, enum log_level level, enum log_format format,
              const char *journal_stream)
{
        struct stat status;
        bool is_known = fstat(fd, &status) == 0;

        memset(log, 0, sizeof(*log));
        log->fd = fd;
        log->level = level;
        log->is_socket = is_known && S_ISSOCK(status.st_mode);
        log->style.format = format;
        log->style.has_priorities = is_known && is_journal(&status, journal_stream);
}

void log_set_level(struct log *log, enum log_level level)
{
        log->level = level;
}

bool log_is_wanted(const struct log *log, enum log_level level)
{
        return level <= log->level;
}

void log_failure(struct log *log, const char *event, const char *what, const char *reason)
{
        log_begin(log, LOG_ERROR, event);
        log_text(log, "what", what);
        log_text(log, "reason", reason);
        (void)log_end(log);
        log_write(log);
}

bool log_is_pending(const struct log *log)
{
        return log->count > 0;
}

bool log_has_room(const struct log *log)
{
        return log->count < LOG_QUEUE_LINES;
}

bool log_has_spare_room(const struct log *log)
{
        return log->count < LOG_QUEUE_LINES - LOG_QUEUE_SPARE;
}

int log_poll_fd(const struct log *log)
{
        return log_is_pending(log) ? log->fd : -1;
}

uint64_t log_lost(const struct log *log)
{
        return log->lost;
}

static uint32_t end_of_queue(const struct log *log)
{
        return (log->first + log->count) % LOG_QUEUE_LINES;
}

static void lose(struct log *log, uint64_t told)
{
        log->lost++;
        log->untold += 1 + told;
}

void log_begin_at(struct log *log, enum log_level level, uint64_t wall_ns, const char *event)
{
        log->open = NULL;
        if (!log_is_wanted(log, level))
                return;
        if (!log_has_room(log)) {
                lose(log, 0);
                return;
        }
        log->open = &log->lines[end_of_queue(log)];
        log_line_begin(log->open, &log->style, level, wall_ns, event);
}

void log_begin(struct log *log, enum log_level level, const char *event)
{
        log_begin_at(log, level, clock_ns(CLOCK_REALTIME), event);
}

void log_text(struct log *log, const char *key, const char *value)
{
        if (log->open != NULL)
                log_line_text(log->open, key, value);
}

void log_bytes(struct log *log, const char *key, const void *data, size_t size)
{
        if (log->open != NULL)
                log_line_bytes(log->open, key, data, size);
}

void log_number(struct log *log, const char *key, uint64_t value)
{
        if (log->open != NULL)
                log_line_number(log->open, key, value);
}

bool log_end(struct log *log)
{
        if (log->open == NULL)
                return false;
        log_line_end(log->open, log->untold);
        log->told[end_of_queue(log)] = log->untold;
        log->untold = 0;
        log->open = NULL;
        log->count++;
        return true;
}

static void remove_first(struct log *log)
{
        log->first = (log->first + 1) % LOG_QUEUE_LINES;
        log->count--;
        log->written = 0;
}

static void lose_first(struct log *log)
{
        lose(log, log->told[log->first]);
        remove_first(log);
}

static ssize_t write_at_once(const struct log *log, const char *text, size_t size)
{
        if (log->is_socket)
                return send(log->fd, text, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        return write(log->fd, text, size);
}

static void write_first(struct log *log)
{
        const struct log_line *line = &log->lines[log->first];
        ssize_t written = write_at_once(log, line->text + log->written, line->size - log->written);

        if (written < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        if (written <= 0) {
                lose_first(log);
                return;
        }
        log->written += (uint32_t)written;
        if (log->written == line->size)
                remove_first(log);
}

/* Deals with the first line once the descriptor is ready; false when it was not in that time. */
static bool write_when_ready(struct log *log, int patience_ms)
{
        struct pollfd ready = { .fd = log->fd, .events = POLLOUT };

        if (poll(&ready, 1, patience_ms) <= 0)
                return false;
        /* Writing would be a signal. A socket is sent to all the same: that clears its error. */
        if (!log->is_socket && (ready.revents & (POLLERR | POLLNVAL)) != 0)
                lose_first(log);
        else
                write_first(log);
        return true;
}

void log_write(struct log *log)
{
        if (log_is_pending(log))
                (void)write_when_ready(log, 0);
}

void log_flush(struct log *log, unsigned patience_ms)
{
        uint64_t end_ns = clock_ns(CLOCK_MONOTONIC) + (uint64_t)patience_ms * 1000000;

        while (log_is_pending(log)) {
                uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
                if (now_ns >= end_ns)
                        break;
                /* Rounded up, or the last millisecond would be spent spinning. */
                (void)write_when_ready(log, (int)((end_ns - now_ns + 999999) / 1000000));
        }
        while (log_is_pending(log))
                lose_first(log);
}
