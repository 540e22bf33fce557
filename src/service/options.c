/* SPDX-License-Identifier: MIT */
#include "service/options.h"

#include <getopt.h>
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
        const char *least; /* of a number, as an operator writes it */
        const char *most;
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
          .initial = "65536", .least = "1", .most = "16777216",
          .help = "reset new connections over this number" },
        { .name = "buffer-memory", .value = "SIZE", .kind = KIND_SIZE, .field = buffer_memory,
          .initial = "64M", .least = "0", .most = "1024G",
          .help = "all blocks for unsent bytes together" },
        { .name = "idle-timeout", .value = "T", .kind = KIND_DURATION, .field = idle_timeout,
          .initial = "5m", .least = "0", .most = "8760h",
          .help = "close after no byte either way; 0 = never" },
        { .name = "stall-timeout", .value = "T", .kind = KIND_DURATION, .field = stall_timeout,
          .initial = "30s", .least = "0", .most = "8760h",
          .help = "reset if owed bytes stay untaken; 0 = never" },
        { .name = "drain-timeout", .value = "T", .kind = KIND_DURATION, .field = drain_timeout,
          .initial = "30s", .least = "0", .most = "8760h",
          .help = "after SIGTERM: time for connections to finish" },
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

/* What getopt_long() returns for the first row's name; above all letters, even control bytes. */
enum { LONG_FOUND = 256 };

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

static bool parse_number(enum kind kind, const char *text, uint64_t *ret_number)
{
        switch (kind) {
        case KIND_COUNT:
                return quantity_count(text, ret_number);
        case KIND_SIZE:
                return quantity_size(text, ret_number);
        case KIND_DURATION:
                return quantity_duration(text, ret_number);
        case KIND_LOG_LEVEL:
        case KIND_VERDICT:
        case KIND_PLANNED:
                break;
        }
        return false;
}

static bool parse_value(const struct option_row *row, const char *value, struct options *options)
{
        uint64_t number = 0;
        uint64_t least = 0;
        uint64_t most = 0;

        if (row->kind == KIND_LOG_LEVEL)
                return parse_log_level(value, &options->log_level);
        (void)parse_number(row->kind, row->least, &least);
        (void)parse_number(row->kind, row->most, &most);
        if (!parse_number(row->kind, value, &number) || number < least || number > most)
                return false;
        *row->field(options) = number;
        return true;
}

static bool complain_of_value(const struct option_row *row, const char *what,
                              struct complaint *complaint)
{
        switch (row->kind) {
        case KIND_COUNT:
                return complain(complaint, "--%s: %s: expected a number from %s to %s", row->name,
                                what, row->least, row->most);
        case KIND_SIZE:
                return complain(complaint,
                                "--%s: %s: expected a size such as 512, 64K, 8M or 1G, at most %s",
                                row->name, what, row->most);
        case KIND_DURATION:
                return complain(complaint,
                                "--%s: %s: expected a duration such as 250ms, 5s, 2m or 1h, at "
                                "most %s, or 0",
                                row->name, what, row->most);
        case KIND_LOG_LEVEL:
                return complain(complaint, "--%s: %s: expected error, warn, info or debug",
                                row->name, what);
        case KIND_VERDICT:
        case KIND_PLANNED:
                break;
        }
        return complain(complaint, "--%s: %s: expected no value", row->name, what);
}

/* The table as getopt_long() wants it. */
static void build_getopt(struct option *longs, char *shorts)
{
        *shorts++ = ':'; /* tell a missing value from an unknown option */
        for (int i = 0; i < ROW_COUNT; i++) {
                int argument = rows[i].value != NULL ? required_argument : no_argument;
                if (rows[i].kind == KIND_PLANNED)
                        argument = optional_argument;
                longs[i] = (struct option){ rows[i].name, argument, NULL, LONG_FOUND + i };
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

/* What getopt_long() returned, or left in optopt; 0 is neither a letter nor a name. */
static const struct option_row *row_found(int found)
{
        for (int i = 0; i < ROW_COUNT; i++)
                if (found == LONG_FOUND + i || (found != 0 && found == rows[i].letter))
                        return &rows[i];
        return NULL;
}

static const struct option_row *row_nearest(const char *word, size_t word_size)
{
        const char *names[ROW_COUNT];

        for (unsigned i = 0; i < ROW_COUNT; i++)
                names[i] = rows[i].name;
        const char *nearest = suggest_nearest(word, word_size, names, ROW_COUNT);
        for (unsigned i = 0; i < ROW_COUNT; i++)
                if (rows[i].name == nearest)
                        return &rows[i];
        return NULL;
}

/* For -v the row of -V; for `-name`, which is read as letters, the row of --name. */
static const struct option_row *row_nearest_letter(int letter, const char *next)
{
        const struct option_row *nearest = NULL;

        /* getopt_long(3) is still at the word if more of it follows the letter. */
        if (next != NULL && next[0] == '-' && next[1] == (char)letter)
                nearest = row_nearest(next + 1, strcspn(next + 1, "="));
        for (unsigned i = 0; i < ROW_COUNT && nearest == NULL; i++)
                if (rows[i].letter != 0 && (rows[i].letter ^ letter) == ('a' ^ 'A'))
                        nearest = &rows[i];
        return nearest;
}

static bool complain_of_unknown(const char *option, const struct option_row *nearest,
                                struct complaint *complaint)
{
        if (nearest == NULL)
                return complain(complaint, "%s: no such option", option);
        return complain(complaint, "%s: no such option, the nearest is --%s%s", option,
                        nearest->name,
                        nearest->kind == KIND_PLANNED ? ", not part of this version" : "");
}

/* A beginning of several names: getopt_long() takes it for none of them. */
static bool complain_of_beginning(const char *option, const char *word, size_t size,
                                  struct complaint *complaint)
{
        char names[256] = "";
        size_t used = 0;

        for (unsigned i = 0; i < ROW_COUNT; i++) {
                if (size == 0 || strncmp(rows[i].name, word, size) != 0)
                        continue;
                int added = snprintf(names + used, sizeof(names) - used, "%s--%s",
                                     used > 0 ? " or " : "", rows[i].name);
                if (added > 0 && (size_t)added < sizeof(names) - used)
                        used += (size_t)added;
        }
        if (used == 0)
                return complain_of_unknown(option, row_nearest(word, size), complaint);
        return complain(complaint, "%s: ambiguous, expected %s", option, names);
}

/* getopt_long() did not know it, or its value is missing or too much. */
static bool complain_of_word(int found, char **argv, struct complaint *complaint)
{
        const struct option_row *row = row_found(optopt);
        const char *word = argv[optind - 1];
        size_t size = strcspn(word, "=");
        struct complaint_word shown;

        if (found == ':')
                return complain_of_value(row, "no value", complaint);
        if (row != NULL)
                return complain_of_value(
                    row, complaint_word(&shown, word + size + 1, strlen(word + size + 1)),
                    complaint);
        if (optopt == 0)
                return complain_of_beginning(complaint_word(&shown, word, size), word + 2, size - 2,
                                             complaint);
        const char letter[] = { '-', (char)optopt };
        return complain_of_unknown(complaint_word(&shown, letter, sizeof(letter)),
                                   row_nearest_letter(optopt, argv[optind]), complaint);
}

static bool parse_listeners(char **words, struct options *options, struct complaint *complaint)
{
        static const char *const defaults[] = { default_listener, NULL };
        const char *const *texts = (const char *const *)words;
        struct complaint_word word;

        if (*texts == NULL)
                texts = defaults;
        for (; *texts != NULL; texts++) {
                if (options->listener_count == OPTIONS_LISTENERS_MAX)
                        return complain(complaint, "%s: more than %d listeners",
                                        complaint_word(&word, *texts, strlen(*texts)),
                                        OPTIONS_LISTENERS_MAX);
                struct address *next = &options->listeners[options->listener_count];
                if (!address_parse(*texts, next, complaint))
                        return false;
                options->listener_count++;
        }
        return true;
}

static enum options_verdict apply(const struct option_row *row, struct options *options,
                                  struct complaint *complaint)
{
        struct complaint_word word;

        if (row->kind == KIND_VERDICT)
                return row->verdict;
        if (row->kind == KIND_PLANNED) {
                complain(complaint, "--%s: not part of this version", row->name);
                return OPTIONS_WRONG;
        }
        if (parse_value(row, optarg, options))
                return OPTIONS_RUN;
        complain_of_value(row, complaint_word(&word, optarg, strlen(optarg)), complaint);
        return OPTIONS_WRONG;
}

/* Reads all options up to the end, or to the one that decides. */
static enum options_verdict parse_options(int argc, char **argv, struct options *options,
                                          struct complaint *complaint)
{
        struct option longs[ROW_COUNT + 1] = { 0 };
        char shorts[3 * ROW_COUNT + 2];
        enum options_verdict verdict = OPTIONS_RUN;
        int found;

        build_getopt(longs, shorts);
        opterr = 0;
        optind = 0; /* start anew, also in a second call (getopt(3), glibc) */
        while (verdict == OPTIONS_RUN &&
               (found = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
                const struct option_row *row = row_found(found);
                if (row == NULL) {
                        complain_of_word(found, argv, complaint);
                        return OPTIONS_WRONG;
                }
                verdict = apply(row, options, complaint);
        }
        return verdict;
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

        snprintf(left, sizeof(left), "%s--%s%s%s", row->letter != 0 ? letter : "    ", row->name,
                 row->value != NULL ? " " : "", row->value != NULL ? row->value : "");
        fprintf(to, "  %-25s %s", left, row->help);
        if (row->initial != NULL)
                fprintf(to, " [%s]", row->initial);
        fprintf(to, "\n");
}

void options_help(FILE *to)
{
        fprintf(to,
                "Usage: echod [OPTION]... [LISTEN]...\n"
                "The echo server (RFC 862): what a client sends comes back.\n\n"
                "LISTEN is tcp:HOST:PORT [%s];\n"
                "HOST is an IPv4 address, PORT 0 takes a free one.\n\n",
                default_listener);
        for (unsigned i = 0; i < ROW_COUNT; i++)
                if (rows[i].kind != KIND_PLANNED)
                        print_row(to, &rows[i]);
        fprintf(to,
                "\nSizes: 512 64K 8M 1G. Durations: 250ms 5s 2m 1h.\n"
                "SIGTERM or SIGINT drains, a second one exits at once; SIGUSR1 logs a status.\n"
                "Exit codes: 0 done; 64 usage; 69 address unavailable; 70 internal; 71 system;\n"
                "77 permission; 78 configuration.\n");
}
