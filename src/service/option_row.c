/* SPDX-License-Identifier: MIT */
#include "service/option_row.h"

#include <string.h>

#include "words/quantity.h"

static uint64_t *workers(struct options *options)
{
        return &options->workers;
}

static uint64_t *max_connections(struct options *options)
{
        return &options->max_connections;
}

static uint64_t *buffer_memory(struct options *options)
{
        return &options->buffer_memory;
}

static uint64_t *idle_timeout(struct options *options)
{
        return &options->idle_timeout_ns;
}

static uint64_t *stall_timeout(struct options *options)
{
        return &options->stall_timeout_ns;
}

static uint64_t *drain_delay(struct options *options)
{
        return &options->drain_delay_ns;
}

static uint64_t *drain_timeout(struct options *options)
{
        return &options->drain_timeout_ns;
}

/* clang-format off */
const struct option_row option_rows[] = {
        { .name = "workers", .letter = 'w', .value = "N", .kind = OPTION_NUMBER, .field = workers,
          .by_machine = "usable CPUs", .least = "1", .most = "256",
          .help = "echo threads" },
        { .name = "max-connections", .value = "N", .kind = OPTION_NUMBER, .field = max_connections,
          .initial = "65536", .least = "1", .most = "16777216",
          .help = "reset new connections over this number" },
        { .name = "buffer-memory", .value = "SIZE", .kind = OPTION_SIZE, .field = buffer_memory,
          .initial = "64M", .least = "0", .most = "1024G",
          .help = "all blocks for unsent bytes together" },
        { .name = "idle-timeout", .value = "T", .kind = OPTION_DURATION, .field = idle_timeout,
          .initial = "5m", .least = "0", .most = "8760h",
          .help = "close after no byte either way; 0 = never" },
        { .name = "stall-timeout", .value = "T", .kind = OPTION_DURATION, .field = stall_timeout,
          .initial = "30s", .least = "0", .most = "8760h",
          .help = "reset if owed bytes stay untaken; 0 = never" },
        { .name = "drain-delay", .value = "T", .kind = OPTION_DURATION, .field = drain_delay,
          .initial = "0", .least = "0", .most = "8760h",
          .help = "after SIGTERM: go on serving for that long" },
        { .name = "drain-timeout", .value = "T", .kind = OPTION_DURATION, .field = drain_timeout,
          .initial = "30s", .least = "0", .most = "8760h",
          .help = "then: time for connections to finish" },
        { .name = "log-level", .value = "L", .kind = OPTION_LOG_LEVEL, .initial = "info",
          .help = "error, warn, info or debug" },
        { .name = "log-format", .value = "F", .kind = OPTION_LOG_FORMAT, .initial = "logfmt",
          .help = "logfmt or json" },
        { .name = "help", .letter = 'h', .kind = OPTION_VERDICT, .verdict = OPTIONS_HELP,
          .help = "print this help and exit" },
        { .name = "version", .letter = 'V', .kind = OPTION_VERDICT, .verdict = OPTIONS_VERSION,
          .help = "print the version and exit" },
        { .name = "config", .letter = 'c', .kind = OPTION_PLANNED },
        { .name = "max-connections-per-source", .kind = OPTION_PLANNED },
        { .name = "accept-rate", .kind = OPTION_PLANNED },
        { .name = "udp-rate", .kind = OPTION_PLANNED },
        { .name = "udp-low-ports", .kind = OPTION_PLANNED },
        { .name = "udp-loop-guard", .kind = OPTION_PLANNED },
        { .name = "allow", .kind = OPTION_PLANNED },
        { .name = "deny", .kind = OPTION_PLANNED },
        { .name = "admin", .kind = OPTION_PLANNED },
        { .name = "user", .kind = OPTION_PLANNED },
        { .name = "no-sandbox", .kind = OPTION_PLANNED },
        { .name = "require-sandbox", .kind = OPTION_PLANNED },
        { .name = "check-config", .letter = 't', .kind = OPTION_PLANNED },
        { .name = "dump-config", .letter = 'T', .kind = OPTION_PLANNED },
};
/* clang-format on */

_Static_assert(sizeof(option_rows) / sizeof(option_rows[0]) == OPTION_ROW_COUNT,
               "option_row.h counts the rows");

static bool parse_log_level(const char *value, enum log_level *ret_level)
{
        for (unsigned level = 0; level < LOG_LEVEL_COUNT; level++) {
                if (strcmp(value, log_level_name(level)) != 0)
                        continue;
                *ret_level = (enum log_level)level;
                return true;
        }
        return false;
}

static bool parse_log_format(const char *value, enum log_format *ret_format)
{
        bool is_json = strcmp(value, "json") == 0;

        if (!is_json && strcmp(value, "logfmt") != 0)
                return false;
        *ret_format = is_json ? LOG_JSON : LOG_LOGFMT;
        return true;
}

static bool parse_number(enum option_kind kind, const char *text, uint64_t *ret_number)
{
        switch (kind) {
        case OPTION_NUMBER:
                return quantity_count(text, ret_number);
        case OPTION_SIZE:
                return quantity_size(text, ret_number);
        case OPTION_DURATION:
                return quantity_duration(text, ret_number);
        case OPTION_LOG_LEVEL:
        case OPTION_LOG_FORMAT:
        case OPTION_VERDICT:
        case OPTION_PLANNED:
                break;
        }
        return false;
}

bool option_row_read(const struct option_row *row, const char *value, struct options *options)
{
        uint64_t number = 0;
        uint64_t least = 0;
        uint64_t most = 0;

        if (row->kind == OPTION_LOG_LEVEL)
                return parse_log_level(value, &options->log_level);
        if (row->kind == OPTION_LOG_FORMAT)
                return parse_log_format(value, &options->log_format);
        (void)parse_number(row->kind, row->least, &least);
        (void)parse_number(row->kind, row->most, &most);
        if (!parse_number(row->kind, value, &number) || number < least || number > most)
                return false;
        *row->field(options) = number;
        return true;
}

bool option_row_complain(const struct option_row *row, const char *what,
                         struct complaint *complaint)
{
        switch (row->kind) {
        case OPTION_NUMBER:
                return complain(complaint, "--%s: %s: expected a number from %s to %s", row->name,
                                what, row->least, row->most);
        case OPTION_SIZE:
                return complain(complaint,
                                "--%s: %s: expected a size such as 512, 64K, 8M or 1G, at most %s",
                                row->name, what, row->most);
        case OPTION_DURATION:
                return complain(complaint,
                                "--%s: %s: expected a duration such as 250ms, 5s, 2m or 1h, at "
                                "most %s, or 0",
                                row->name, what, row->most);
        case OPTION_LOG_LEVEL:
                return complain(complaint, "--%s: %s: expected error, warn, info or debug",
                                row->name, what);
        case OPTION_LOG_FORMAT:
                return complain(complaint, "--%s: %s: expected logfmt or json", row->name, what);
        case OPTION_VERDICT:
        case OPTION_PLANNED:
                break;
        }
        return complain(complaint, "--%s: %s: expected no value", row->name, what);
}
