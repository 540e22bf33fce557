/* SPDX-License-Identifier: MIT */
#include "probe/report_json.h"

#include <errno.h>
#include <jansson.h>

#include "probe/report.h"
#include "probe/units.h"

/* Enough for any figure here, and 0.1 stays 0.1. */
enum { DIGITS = 12 };

static bool add(json_t *object, const char *key, json_t *value)
{
        return json_object_set_new(object, key, value) == 0;
}

/* Jansson has no unsigned integers. */
static bool add_count(json_t *object, const char *key, uint64_t count)
{
        uint64_t shown = count < INT64_MAX ? count : INT64_MAX;

        return add(object, key, json_integer((json_int_t)shown));
}

static bool add_real(json_t *object, const char *key, double value)
{
        return add(object, key, json_real(value));
}

/* What is not ASCII is escaped, for a path may be no UTF-8. */
static bool add_text(json_t *object, const char *key, const char *text)
{
        char shown[UNITS_PRINTABLE_SIZE];

        units_printable(shown, sizeof(shown), text);
        return add(object, key, json_string(shown));
}

static bool add_asked(json_t *object, const struct probe_options *options)
{
        return add_text(object, "version", ECHOD_VERSION) &&
               add_text(object, "target", options->target_text) &&
               add_text(object, "mode", probe_mode_name(options->mode)) &&
               add_count(object, "connections", options->connections) &&
               add_count(object, "size", options->message_size) &&
               (!report_has_depth(options) || add_count(object, "depth", options->depth)) &&
               (options->batch == 1 || add_count(object, "batch", options->batch)) &&
               (options->rate == 0 || add_count(object, "rate", options->rate));
}

static bool add_traffic(json_t *object, const struct probe_options *options,
                        const struct result *result)
{
        uint64_t elapsed_ns = result->elapsed_ns;

        return add_text(object, "verdict", verdict_word(result->verdict)) &&
               add_count(object, "exit", (uint64_t)result->verdict) &&
               add_text(object, "reason", result->reason) &&
               add_real(object, "seconds", (double)elapsed_ns / 1e9) &&
               add_count(object, "opened", result->connections) &&
               add_count(object, "open", result->open_connections) &&
               add_count(object, "messages", result->messages) &&
               add_count(object, "sent_bytes", result->sent_size) &&
               add_count(object, "received_bytes", result->received_size) &&
               (!report_has_rates(options) ||
                (add_real(object, "messages_per_second",
                          report_per_second(result->messages, elapsed_ns)) &&
                 add_real(object, "bytes_per_second",
                          report_per_second(result->received_size, elapsed_ns)))) &&
               (options->mode != PROBE_SLOW ||
                add_count(object, "in_flight_most_bytes", result->in_flight_most));
}

static bool add_latency(json_t *object, const struct result *result)
{
        const struct histogram *latency = &result->latency;

        if (latency->count == 0)
                return true;
        json_t *inner = json_object();
        return add(object, "latency_ns", inner) && add_count(inner, "count", latency->count) &&
               add_count(inner, "min", latency->min_ns) &&
               add_count(inner, "mean", histogram_mean(latency)) &&
               add_count(inner, "p50", histogram_percentile(latency, 50)) &&
               add_count(inner, "p90", histogram_percentile(latency, 90)) &&
               add_count(inner, "p99", histogram_percentile(latency, 99)) &&
               add_count(inner, "p99_9", histogram_percentile(latency, 99.9)) &&
               add_count(inner, "max", latency->max_ns) &&
               (result->jitter_count == 0 || add_count(inner, "jitter", result_jitter(result)));
}

static bool add_losses(json_t *object, const struct probe_options *options,
                       const struct result *result)
{
        bool is_complete = !report_has_datagrams(options) ||
                           (add_count(object, "lost", result->lost) &&
                            add_count(object, "duplicated", result->duplicated) &&
                            add_count(object, "reordered", result->reordered));

        return is_complete && add_count(object, "corrupt", result->corrupt);
}

static bool add_faults(json_t *object, const struct result *result)
{
        json_t *inner = json_object();
        bool is_complete = add(object, "faults", inner);

        for (unsigned i = VERDICT_OK + 1; i < VERDICT_COUNT; i++)
                is_complete = is_complete &&
                              add_count(inner, verdict_word((enum verdict)i), result->faults[i]);
        return is_complete;
}

static bool add_server_cpu(json_t *inner, const struct probe_options *options,
                           const struct result *result)
{
        const struct result_server *server = &result->server;
        double per_message = (double)server->cpu_ns / (double)result->messages;

        return add_count(inner, "cpu_ns", server->cpu_ns) &&
               (result->messages == 0 || !report_has_rates(options) ||
                (add_real(inner, "cpu_ns_per_message", per_message) &&
                 (options->mode != PROBE_CHURN ||
                  add_real(inner, "cpu_ns_per_connection", per_message))));
}

static bool add_server(json_t *object, const struct probe_options *options,
                       const struct result *result)
{
        const struct result_server *server = &result->server;

        if (options->server_pid == 0)
                return true;
        json_t *inner = json_object();
        return add(object, "server", inner) && add_count(inner, "pid", options->server_pid) &&
               (!server->has_cpu || add_server_cpu(inner, options, result)) &&
               (!server->has_memory ||
                (add_count(inner, "memory_bytes", server->memory_size) &&
                 add_real(inner, "memory_bytes_per_connection", server->memory_per_connection)));
}

int report_json_print(FILE *stream, const struct probe_options *options,
                      const struct result *result)
{
        json_t *object = json_object();
        bool is_complete = add_asked(object, options) && add_traffic(object, options, result) &&
                           add_latency(object, result) && add_losses(object, options, result) &&
                           add_faults(object, result) && add_server(object, options, result);
        int error = is_complete ? 0 : -ENOMEM;

        if (is_complete && json_dumpf(object, stream, JSON_REAL_PRECISION(DIGITS)) < 0)
                error = -EIO;
        json_decref(object);
        if (error < 0)
                return error;
        fputc('\n', stream);
        if (fflush(stream) != 0)
                return errno > 0 ? -errno : -EIO;
        return ferror(stream) ? -EIO : 0;
}
