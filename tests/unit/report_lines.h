/* SPDX-License-Identifier: MIT */
/* Events, and the lines that a report makes of them. */
#pragma once

#include <string.h>

#include "service/report.h"
#include "suite.h"
#include "support/log_reader.h"

#define SECOND_NS UINT64_C(1000000000)

/* 2026-11-24T15:49:05.000Z, at an arbitrary time of the other clock. */
static const struct report_time start = { .monotonic_ns = 5000 * SECOND_NS,
                                          .wall_ns = UINT64_C(1795535345) * SECOND_NS };

static const char *const listeners[] = { "tcp:127.0.0.1:7007", "unix:/run/echo socket" };

static struct log the_log;
static struct report report;
static struct report_time now;
static struct log_reader reader;

static inline void set_up(enum log_level level)
{
        log_open(&the_log, -1, level, LOG_LOGFMT, NULL);
        report_init(&report, &the_log, listeners, 2);
        now = start;
}

static inline void advance(uint64_t ns)
{
        now.monotonic_ns += ns;
        now.wall_ns += ns;
}

static inline struct event event_of(enum event_kind kind)
{
        struct event event = { .time_ns = start.monotonic_ns, .connection = 41, .kind = kind };

        if (kind == EVENT_CONNECTION_CLOSE)
                event.close.reason = CONN_END_IDLE;
        if (kind == EVENT_ACCEPT_PAUSED)
                event.paused.why = ACCEPT_NO_MEMORY;
        return event;
}

/* The only line of the queue, which it leaves. */
static inline const char *take_line(void)
{
        struct log_line *line = &the_log.lines[the_log.first];

        ck_assert_uint_eq(the_log.count, 1);
        ck_assert(log_reader_read(&reader, line->text, line->size, &the_log.style));
        line->text[line->size - 1] = '\0';
        the_log.count = 0;
        return line->text;
}

static inline const char *line_of(const struct event *event)
{
        set_up(LOG_DEBUG);
        report_event(&report, 3, event, &now);
        return take_line();
}
