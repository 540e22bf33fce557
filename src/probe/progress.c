/* SPDX-License-Identifier: MIT */
#include "probe/progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "probe/report.h"
#include "probe/units.h"

/* Five times a second. */
#define INTERVAL_NS UINT64_C(200000000)

enum { LINE_SIZE = 256, FIELD_SIZE = 96, USUAL_COLUMNS = 80 };

#define CLEAR_TO_END "\x1b[K"

/* A line that is being put together. */
struct line {
        char *text;
        size_t size;
        size_t columns; /* free ones */
};

/* Nothing comes after a field that did not fit. */
__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...)
{
        char field[FIELD_SIZE];
        va_list arguments;

        va_start(arguments, format);
        int size = vsnprintf(field, sizeof(field), format, arguments);
        va_end(arguments);
        size_t columns = units_columns(field);
        if (size < 0 || (size_t)size >= line->size || columns > line->columns) {
                line->columns = 0;
                return;
        }
        memcpy(line->text, field, (size_t)size + 1);
        line->text += size;
        line->size -= (size_t)size;
        line->columns -= columns;
}

static uint64_t faults_of(const struct result *result)
{
        uint64_t count = 0;

        for (unsigned i = VERDICT_OK + 1; i < VERDICT_COUNT; i++)
                count += result->faults[i];
        return count;
}

static void add_latency(struct line *line, const struct histogram *latency)
{
        char text[UNITS_TEXT_SIZE];

        if (latency->count == 0)
                return;
        units_duration(text, (double)histogram_percentile(latency, 50));
        add(line, "  p50 %s", text);
        units_duration(text, (double)histogram_percentile(latency, 99));
        add(line, "  p99 %s", text);
}

/* Of a number of messages it is not the time that tells how far away the end is. */
static void add_elapsed(struct line *line, const struct progress *progress,
                        const struct result *result, uint64_t now_ns)
{
        const struct probe_options *options = progress->options;
        double elapsed = (double)(now_ns - progress->start_ns) / 1e9;

        if (options->count == 0) {
                add(line, "%.1f of %.1f s", elapsed, (double)options->duration_ns / 1e9);
                return;
        }
        add(line, "%.1f s", elapsed);
        add(line, "  %" PRIu64 " of %" PRIu64, result->messages, options->count);
}

void progress_format(const struct progress *progress, const struct result *result, uint64_t now_ns,
                     size_t columns, char *ret_text, size_t text_size)
{
        const struct probe_options *options = progress->options;
        struct line line = { .text = ret_text, .size = text_size, .columns = columns };
        uint64_t faults = faults_of(result);

        *ret_text = '\0';
        add_elapsed(&line, progress, result, now_ns);
        if (faults > 0)
                add(&line, "  %" PRIu64 " fault%s", faults, faults == 1 ? "" : "s");
        add(&line, "  %" PRIu64 " open", result->open_connections);
        add(&line, "  %.0f %s/s",
            report_per_second(result->messages - progress->shown_messages,
                              now_ns - progress->shown_ns),
            options->mode == PROBE_CHURN ? "connections" : "messages");
        add_latency(&line, &result->latency);
}

void progress_begin(struct progress *progress, const struct probe_options *options, int fd,
                    uint64_t now_ns)
{
        *progress = (struct progress){
                .options = options,
                .start_ns = now_ns,
                .shown_ns = now_ns,
                .fd = isatty(fd) ? fd : -1,
        };
}

/* A terminal that does not take it all is no reason to stop a measurement. */
static void write_line(int fd, const char *text)
{
        ssize_t written = write(fd, text, strlen(text));

        (void)written;
}

/* The last column stays free: some terminals begin a new line once it is taken. */
static size_t free_columns(int fd)
{
        struct winsize window = { 0 };

        if (ioctl(fd, TIOCGWINSZ, &window) < 0 || window.ws_col == 0)
                return USUAL_COLUMNS - 1;
        return window.ws_col - 1U;
}

void progress_update(struct progress *progress, const struct result *result, uint64_t now_ns)
{
        char text[LINE_SIZE];
        char line[LINE_SIZE + sizeof("\r" CLEAR_TO_END)];

        if (progress->fd < 0 || now_ns - progress->shown_ns < INTERVAL_NS)
                return;
        progress_format(progress, result, now_ns, free_columns(progress->fd), text, sizeof(text));
        snprintf(line, sizeof(line), "\r%s" CLEAR_TO_END, text);
        write_line(progress->fd, line);
        progress->shown_ns = now_ns;
        progress->shown_messages = result->messages;
        progress->is_shown = true;
}

void progress_end(struct progress *progress)
{
        if (progress->is_shown)
                write_line(progress->fd, "\r" CLEAR_TO_END);
        progress->is_shown = false;
}
