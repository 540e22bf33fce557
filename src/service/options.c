/* SPDX-License-Identifier: MIT */
#include "service/options.h"

#include <getopt.h>
#include <limits.h>
#include <string.h>

#include "service/quantity.h"
#include "service/suggest.h"

/* How the value of an option is read, and where it goes. */
enum kind {
        KIND_COUNT,
        KIND_SIZE,
        KIND_DURATION,
        KIND_LOG_LEVEL,
        KIND_VERDICT, /* no value: parsing ends with `verdict` */
        KIND_PLANNED, /* its name is taken, but this version does not have it */
};

struct option_row {
        const char *name;
        const char *value; /* name of its value in the help; NULL = takes none */
        const char *initial;
        const char *help;
        uint64_t *(*field)(struct options *options);
        uint64_t least;
        uint64_t most;
        enum kind kind;
        enum options_verdict verdict;
        char letter; /* 0 = none */
};

static const char default_listener[] = "tcp:127.0.0.1:7007";

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

static uint64_t *drain_timeout(struct options *options)
{
        return &options->drain_timeout_ns;
}

/* clang-format off */
static const struct option_row rows[] = {
        { .name = "max-connections", .value = "N", .kind = KIND_COUNT, .field = max_connections,
          .initial = "65536", .least = 1, .most = 1 << 24,
          .help = "reset new connections over this number" },
        { .name = "buffer-memory", .value = "SIZE", .kind = KIND_SIZE, .field = buffer_memory,
          .initial = "64M", .least = 0, .most = UINT64_C(1) << 40,
          .help = "all blocks for unsent bytes together" },
        { .name = "idle-timeout", .value = "T", .kind = KIND_DURATION, .field = idle_timeout,
          .initial = "5m", .most = UINT64_MAX,
          .help = "close after no byte either way; 0 = never" },
        { .name = "stall-timeout", .value = "T", .kind = KIND_DURATION, .field = stall_timeout,
          .initial = "30s", .most = UINT64_MAX,
          .help = "reset when owed bytes are not taken; 0 = never" },
        { .name = "drain-timeout", .value = "T", .kind = KIND_DURATION, .field = drain_timeout,
          .initial = "30s", .most = UINT64_MAX,
          .help = "after SIGTERM: how long connections may finish" },
        { .name = "log-level", .value = "L", .kind = KIND_LOG_LEVEL, .initial = "info",
          .help = "error, warn, info or debug" },
        { .name = "help", .letter = 'h', .kind = KIND_VERDICT, .verdict = OPTIONS_HELP,
          .help = "print this help and exit" },
        { .name = "version", .letter = 'V', .kind = KIND_VERDICT, .verdict = OPTIONS_VERSION,
          .help = "print the version and exit" },
        { .name = "config", .letter = 'c', .kind = KIND_PLANNED },
        { .name = "workers", .letter = 'w', .kind = KIND_PLANNED },
        { .name = "max-connections-per-source", .kind = KIND_PLANNED },
        { .name = "accept-rate", .kind = KIND_PLANNED },
        { .name = "drain-delay", .kind = KIND_PLANNED },
        { .name = "udp-rate", .kind = KIND_PLANNED },
        { .name = "udp-low-ports", .kind = KIND_PLANNED },
        { .name = "udp-loop-guard", .kind = KIND_PLANNED },
        { .name = "allow", .kind = KIND_PLANNED },
        { .name = "deny", .kind = KIND_PLANNED },
        { .name = "admin", .kind = KIND_PLANNED },
        { .name = "user", .kind = KIND_PLANNED },
        { .name = "log-format", .kind = KIND_PLANNED },
        { .name = "no-sandbox", .kind = KIND_PLANNED },
        { .name = "require-sandbox", .kind = KIND_PLANNED },
        { .name = "check-config", .letter = 't', .kind = KIND_PLANNED },
        { .name = "dump-config", .letter = 'T', .kind = KIND_PLANNED },
};
/* clang-format on */

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

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

static bool parse_value(const struct option_row *row, const char *value, struct options *options)
{
        uint64_t number = 0;
        bool is_number = false;

        switch (row->kind) {
        case KIND_COUNT:
                is_number = quantity_count(value, &number);
                break;
        case KIND_SIZE:
                is_number = quantity_size(value, &number);
                break;
        case KIND_DURATION:
                is_number = quantity_duration(value, &number);
                break;
        case KIND_LOG_LEVEL:
                return parse_log_level(value, &options->log_level);
        case KIND_VERDICT:
        case KIND_PLANNED:
                break;
        }
        if (!is_number || number < row->least || number > row->most)
                return false;
        *row->field(options) = number;
        return true;
}

static const char *expectation(enum kind kind)
{
        switch (kind) {
        case KIND_COUNT:
                return "a number";
        case KIND_SIZE:
                return "a size such as 512, 64K, 8M or 1G";
        case KIND_DURATION:
                return "a duration such as 250ms, 5s, 2m or 1h, or 0";
        case KIND_LOG_LEVEL:
                return "error, warn, info or debug";
        case KIND_VERDICT:
        case KIND_PLANNED:
                break;
        }
        return "no value";
}

static bool complain_of_value(const struct option_row *row, const char *value,
                              struct complaint *complaint)
{
        if (row->kind == KIND_COUNT)
                return complain(complaint, "--%s: `%s`: expected a number from %llu to %llu",
                                row->name, value, (unsigned long long)row->least,
                                (unsigned long long)row->most);
        return complain(complaint, "--%s: `%s`: expected %s", row->name, value,
                        expectation(row->kind));
}

/* getopt_long() did not know it, or its value is missing or too much. */
static bool complain_of_word(int found, const char *word, struct complaint *complaint)
{
        const char *names[ROW_COUNT];
        size_t name_size = strcspn(word, "=");

        for (unsigned i = 0; i < ROW_COUNT; i++) {
                names[i] = rows[i].name;
                if (optopt != (int)i + 1 && (optopt == 0 || optopt != rows[i].letter))
                        continue;
                if (found == ':')
                        return complain(complaint, "--%s: no value, expected %s", rows[i].name,
                                        expectation(rows[i].kind));
                return complain(complaint, "--%s: takes no value", rows[i].name);
        }
        if (optopt != 0)
                return complain(complaint, "-%c: no such option", optopt);
        const char *nearest = suggest_nearest(word + 2, name_size - 2, names, ROW_COUNT);
        if (nearest == NULL)
                return complain(complaint, "%.*s: no such option", (int)name_size, word);
        return complain(complaint, "%.*s: no such option, the nearest is --%s", (int)name_size,
                        word, nearest);
}

/* The table as getopt_long() wants it; its values are row numbers plus 1. */
static void build_getopt(struct option *longs, char *shorts)
{
        *shorts++ = ':'; /* tell a missing value from an unknown option */
        for (unsigned i = 0; i < ROW_COUNT; i++) {
                int argument = rows[i].value != NULL ? required_argument : no_argument;
                if (rows[i].kind == KIND_PLANNED)
                        argument = optional_argument;
                longs[i] = (struct option){ rows[i].name, argument, NULL, (int)i + 1 };
                if (rows[i].letter == 0)
                        continue;
                *shorts++ = rows[i].letter;
                if (argument == optional_argument) {
                        *shorts++ = ':';
                        *shorts++ = ':';
                }
        }
        *shorts = '\0';
}

static const struct option_row *row_found(int found)
{
        for (unsigned i = 0; i < ROW_COUNT; i++)
                if (found == (int)i + 1 || found == rows[i].letter)
                        return &rows[i];
        return NULL;
}

static bool parse_listeners(char **words, struct options *options, struct complaint *complaint)
{
        static const char *const defaults[] = { default_listener, NULL };
        const char *const *texts = (const char *const *)words;

        if (*texts == NULL)
                texts = defaults;
        for (; *texts != NULL; texts++) {
                if (options->listener_count == OPTIONS_LISTENERS_MAX)
                        return complain(complaint, "%s: more than %d listeners", *texts,
                                        OPTIONS_LISTENERS_MAX);
                struct address *next = &options->listeners[options->listener_count];
                if (!address_parse(*texts, next, complaint))
                        return false;
                options->listener_count++;
        }
        return true;
}

/* Reads all options up to the end, or to the one that decides. */
static enum options_verdict parse_options(int argc, char **argv, struct options *options,
                                          struct complaint *complaint)
{
        struct option longs[ROW_COUNT + 1] = { 0 };
        char shorts[3 * ROW_COUNT + 2];
        int found;

        build_getopt(longs, shorts);
        opterr = 0;
        optind = 0; /* start anew, also in a second call (getopt(3), glibc) */
        while ((found = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
                const struct option_row *row = row_found(found);
                if (row == NULL) {
                        complain_of_word(found, argv[optind - 1], complaint);
                        return OPTIONS_WRONG;
                }
                if (row->kind == KIND_VERDICT)
                        return row->verdict;
                if (row->kind == KIND_PLANNED) {
                        complain(complaint, "--%s: not part of this version", row->name);
                        return OPTIONS_WRONG;
                }
                if (!parse_value(row, optarg, options)) {
                        complain_of_value(row, optarg, complaint);
                        return OPTIONS_WRONG;
                }
        }
        return OPTIONS_RUN;
}

enum options_verdict options_parse(int argc, char **argv, struct options *ret_options,
                                   struct complaint *complaint)
{
        struct options options = { 0 };

        for (unsigned i = 0; i < ROW_COUNT; i++)
                if (rows[i].initial != NULL)
                        (void)parse_value(&rows[i], rows[i].initial, &options);
        enum options_verdict verdict = parse_options(argc, argv, &options, complaint);
        if (verdict != OPTIONS_RUN)
                return verdict;
        if (!parse_listeners(argv + optind, &options, complaint))
                return OPTIONS_WRONG;
        *ret_options = options;
        return OPTIONS_RUN;
}

static void print_row(FILE *to, const struct option_row *row)
{
        char left[48];
        char letter[] = { '-', row->letter, ',', ' ', '\0' };

        snprintf(left, sizeof(left), "%s--%s%s%s", row->letter != 0 ? letter : "", row->name,
                 row->value != NULL ? " " : "", row->value != NULL ? row->value : "");
        fprintf(to, "  %-24s %s", left, row->help);
        if (row->initial != NULL)
                fprintf(to, " [%s]", row->initial);
        fprintf(to, "\n");
}

void options_help(FILE *to)
{
        fprintf(to,
                "Usage: echod [OPTION]... [LISTEN]...\n"
                "The echo server (RFC 862): what a client sends comes back.\n\n"
                "LISTEN is tcp:HOST:PORT, HOST an IPv4 address, PORT 0 a free one [%s]\n\n",
                default_listener);
        for (unsigned i = 0; i < ROW_COUNT; i++)
                if (rows[i].kind != KIND_PLANNED)
                        print_row(to, &rows[i]);
        fprintf(to,
                "\nSizes: 512 64K 8M 1G. Durations: 250ms 5s 2m 1h.\n"
                "SIGTERM or SIGINT drains, a second one exits at once; SIGUSR1 logs a status "
                "line.\n"
                "Exit codes: 0 done; 64 usage; 69 address unavailable; 71 system; 77 "
                "permission; 78 configuration.\n");
}
