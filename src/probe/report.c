/* SPDX-License-Identifier: MIT */
#include "probe/report.h"

#include <errno.h>
#include <inttypes.h>

#include "probe/units.h"

/* Columns: the line's name, the figure to the right, and a figure to each second. */
enum { NAME_COLUMNS = 16, FIGURE_COLUMNS = 12, RATE_COLUMNS = 14 };

double report_per_second(uint64_t amount, uint64_t elapsed_ns)
{
        return elapsed_ns == 0 ? 0 : (double)amount * 1e9 / (double)elapsed_ns;
}

bool report_has_datagrams(const struct probe_options *options)
{
        return options->target.transport == ADDRESS_UDP;
}

bool report_has_rates(const struct probe_options *options)
{
        return options->mode != PROBE_IDLE;
}

bool report_has_depth(const struct probe_options *options)
{
        bool awaits_answers = options->mode == PROBE_PING || options->mode == PROBE_STREAM;

        return awaits_answers && options->rate == 0;
}

/* printf(3) pads by bytes, and a µ is two. */
static void print_right(FILE *stream, size_t columns, const char *text)
{
        size_t used = units_columns(text);

        fprintf(stream, "%*s%s", (int)(used < columns ? columns - used : 0), "", text);
}

static void print_name(FILE *stream, const char *name)
{
        fprintf(stream, "%-*s", NAME_COLUMNS, name);
}

static void print_figure(FILE *stream, const char *name, const char *figure)
{
        print_name(stream, name);
        print_right(stream, FIGURE_COLUMNS, figure);
        fputc('\n', stream);
}

static void print_rate(FILE *stream, const char *name, const char *figure, const char *per_second)
{
        print_name(stream, name);
        print_right(stream, FIGURE_COLUMNS, figure);
        print_right(stream, RATE_COLUMNS, per_second);
        fputs("/s\n", stream);
}

static void print_count(FILE *stream, const char *name, uint64_t count)
{
        char figure[UNITS_TEXT_SIZE];

        snprintf(figure, sizeof(figure), "%" PRIu64, count);
        print_figure(stream, name, figure);
}

static void print_duration(FILE *stream, const char *name, double ns)
{
        char figure[UNITS_TEXT_SIZE];

        units_duration(figure, ns);
        print_figure(stream, name, figure);
}

static void print_size(FILE *stream, const char *name, double bytes)
{
        char figure[UNITS_TEXT_SIZE];

        units_size(figure, bytes);
        print_figure(stream, name, figure);
}

static void print_size_rate(FILE *stream, const char *name, uint64_t size, uint64_t elapsed_ns)
{
        char figure[UNITS_TEXT_SIZE];
        char per_second[UNITS_TEXT_SIZE];

        units_size(figure, (double)size);
        units_size(per_second, report_per_second(size, elapsed_ns));
        print_rate(stream, name, figure, per_second);
}

static const char *plural(uint64_t count)
{
        return count == 1 ? "" : "s";
}

static void print_asked(FILE *stream, const struct probe_options *options)
{
        char target[UNITS_PRINTABLE_SIZE];

        units_printable(target, sizeof(target), options->target_text);
        print_name(stream, "target");
        fprintf(stream, "%s\n", target);
        print_name(stream, "mode");
        fprintf(stream, "%s, %" PRIu64 " %s%s, %" PRIu64 " byte%s", probe_mode_name(options->mode),
                options->connections, report_has_datagrams(options) ? "socket" : "connection",
                plural(options->connections), options->message_size, plural(options->message_size));
        if (report_has_depth(options))
                fprintf(stream, ", depth %" PRIu64, options->depth);
        if (options->batch > 1)
                fprintf(stream, ", batches of %" PRIu64, options->batch);
        if (options->rate > 0)
                fprintf(stream, ", %" PRIu64 "/s asked", options->rate);
        fputs(options->half_close ? ", half-closed\n" : "\n", stream);
}

static void print_traffic(FILE *stream, const struct probe_options *options,
                          const struct result *result)
{
        char figure[UNITS_TEXT_SIZE];
        char per_second[UNITS_TEXT_SIZE];

        print_duration(stream, report_has_rates(options) ? "measured" : "held",
                       (double)result->elapsed_ns);
        print_count(stream, "opened", result->connections);
        print_count(stream, "open at end", result->open_connections);
        if (!report_has_rates(options)) {
                print_count(stream, "messages", result->messages);
                return;
        }
        snprintf(figure, sizeof(figure), "%" PRIu64, result->messages);
        snprintf(per_second, sizeof(per_second), "%.0f",
                 report_per_second(result->messages, result->elapsed_ns));
        print_rate(stream, options->mode == PROBE_CHURN ? "completed" : "messages", figure,
                   per_second);
        print_size_rate(stream, "sent", result->sent_size, result->elapsed_ns);
        print_size_rate(stream, "received", result->received_size, result->elapsed_ns);
        if (options->mode == PROBE_SLOW)
                print_size(stream, "in flight", (double)result->in_flight_most);
}

static void print_latency(FILE *stream, const struct result *result)
{
        static const struct {
                const char *name;
                double percent;
        } rows[] = { { "  p50", 50 }, { "  p90", 90 }, { "  p99", 99 }, { "  p99.9", 99.9 } };
        const struct histogram *latency = &result->latency;

        if (latency->count == 0)
                return;
        fputs("latency\n", stream);
        print_duration(stream, "  min", (double)latency->min_ns);
        print_duration(stream, "  mean", (double)histogram_mean(latency));
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                print_duration(stream, rows[i].name,
                               (double)histogram_percentile(latency, rows[i].percent));
        print_duration(stream, "  max", (double)latency->max_ns);
        if (result->jitter_count > 0)
                print_duration(stream, "  jitter", (double)result_jitter(result));
}

static void print_losses(FILE *stream, const struct probe_options *options,
                         const struct result *result)
{
        if (!report_has_datagrams(options))
                return;
        fputs("datagrams\n", stream);
        print_count(stream, "  lost", result->lost);
        print_count(stream, "  duplicated", result->duplicated);
        print_count(stream, "  reordered", result->reordered);
        print_count(stream, "  corrupt", result->corrupt);
}

static void print_faults(FILE *stream, const struct result *result)
{
        bool has_title = false;

        for (unsigned i = VERDICT_OK + 1; i < VERDICT_COUNT; i++) {
                char name[NAME_COLUMNS + 1];
                if (result->faults[i] == 0)
                        continue;
                if (!has_title)
                        fputs("faults\n", stream);
                has_title = true;
                snprintf(name, sizeof(name), "  %s", verdict_word((enum verdict)i));
                print_count(stream, name, result->faults[i]);
        }
}

static void print_server(FILE *stream, const struct probe_options *options,
                         const struct result *result)
{
        const struct result_server *server = &result->server;
        bool is_churn = options->mode == PROBE_CHURN;

        if (!server->has_cpu && !server->has_memory)
                return;
        fputs("server\n", stream);
        if (server->has_cpu)
                print_duration(stream, report_has_rates(options) ? "  CPU" : "  CPU idle",
                               (double)server->cpu_ns);
        if (server->has_cpu && result->messages > 0 && report_has_rates(options))
                print_duration(stream, is_churn ? "  per connection" : "  per message",
                               (double)server->cpu_ns / (double)result->messages);
        if (server->has_memory) {
                print_size(stream, "  memory", (double)server->memory_size);
                print_size(stream, "  per connection", server->memory_per_connection);
        }
}

static void print_verdict(FILE *stream, const struct result *result)
{
        char reason[UNITS_PRINTABLE_SIZE];

        units_printable(reason, sizeof(reason), result->reason);
        fprintf(stream, "verdict: %s", verdict_word(result->verdict));
        if (reason[0] != '\0')
                fprintf(stream, " (%s)", reason);
        fputc('\n', stream);
}

int report_print(FILE *stream, const struct probe_options *options, const struct result *result)
{
        print_asked(stream, options);
        print_traffic(stream, options, result);
        print_latency(stream, result);
        print_losses(stream, options, result);
        print_faults(stream, result);
        print_server(stream, options, result);
        print_verdict(stream, result);
        if (fflush(stream) != 0)
                return errno > 0 ? -errno : -EIO;
        return ferror(stream) ? -EIO : 0;
}
