/* SPDX-License-Identifier: MIT */
#include "service/options.h"

#include <string.h>

#include "core/access.h"
#include "words/cidr.h"

/* The same port number for both. */
static const char *const default_listeners[] = { "tcp:127.0.0.1:7007", "udp:127.0.0.1:7007", NULL };

static const char *const level_names[] = {
        [LOG_ERROR] = "error", [LOG_WARN] = "warn",      [LOG_INFO] = "info",
        [LOG_DEBUG] = "debug", [LOG_LEVEL_COUNT] = NULL,
};

static const char *const format_names[] = {
        [LOG_LOGFMT] = "logfmt",
        [LOG_JSON] = "json",
        [LOG_FORMAT_COUNT] = NULL,
};

enum { SWITCH_ON, SWITCH_OFF };

static const char *const switch_names[] = { [SWITCH_ON] = "on", [SWITCH_OFF] = "off", NULL };

/* The rows whose values go into struct options, and the first of the others. */
enum {
        ROW_WORKERS,
        ROW_MAX_CONNECTIONS,
        ROW_MAX_CONNECTIONS_PER_SOURCE,
        ROW_ACCEPT_RATE,
        ROW_ALLOW,
        ROW_DENY,
        ROW_BUFFER_MEMORY,
        ROW_IDLE_TIMEOUT,
        ROW_STALL_TIMEOUT,
        ROW_DRAIN_DELAY,
        ROW_DRAIN_TIMEOUT,
        ROW_UDP_RATE,
        ROW_UDP_LOW_PORTS,
        ROW_UDP_LOOP_GUARD,
        ROW_USER,
        ROW_NO_SANDBOX,
        ROW_REQUIRE_SANDBOX,
        ROW_LOG_LEVEL,
        ROW_LOG_FORMAT,
        ROW_HELP,
};

/* clang-format off */
static const struct option_row rows[] = {
        [ROW_WORKERS] =
        { .name = "workers", .letter = 'w', .value = "N", .kind = OPTION_NUMBER,
          .initial_shown = "usable CPUs", .least = "1", .most = "256",
          .help = "echo threads" },
        [ROW_MAX_CONNECTIONS] =
        { .name = "max-connections", .value = "N", .kind = OPTION_NUMBER,
          .initial = "65536", .least = "1", .most = "16777216",
          .help = "reset new connections over this number" },
        [ROW_MAX_CONNECTIONS_PER_SOURCE] =
        { .name = "max-connections-per-source", .value = "N", .kind = OPTION_NUMBER,
          .initial = "0", .least = "0", .most = "16777216",
          .help = "those of one source; 0 = any" },
        [ROW_ACCEPT_RATE] =
        { .name = "accept-rate", .value = "N", .kind = OPTION_NUMBER,
          .initial = "0", .least = "0", .most = "1000000000",
          .help = "connections/s of a source; 0 = any" },
        [ROW_ALLOW] =
        { .name = "allow", .value = "CIDR", .kind = OPTION_LIST,
          .help = "serve that network, and no other" },
        [ROW_DENY] =
        { .name = "deny", .value = "CIDR", .kind = OPTION_LIST,
          .help = "do not; the longest one decides" },
        [ROW_BUFFER_MEMORY] =
        { .name = "buffer-memory", .value = "SIZE", .kind = OPTION_SIZE,
          .initial = "64M", .least = "0", .most = "1024G",
          .help = "all blocks for unsent bytes together" },
        [ROW_IDLE_TIMEOUT] =
        { .name = "idle-timeout", .value = "T", .kind = OPTION_DURATION,
          .initial = "5m", .least = "0", .most = "8760h",
          .help = "close after no byte either way; 0 = never" },
        [ROW_STALL_TIMEOUT] =
        { .name = "stall-timeout", .value = "T", .kind = OPTION_DURATION,
          .initial = "30s", .least = "0", .most = "8760h",
          .help = "reset if owed bytes stay untaken; 0 = never" },
        [ROW_DRAIN_DELAY] =
        { .name = "drain-delay", .value = "T", .kind = OPTION_DURATION,
          .initial = "0", .least = "0", .most = "8760h",
          .help = "after SIGTERM: go on serving for that long" },
        [ROW_DRAIN_TIMEOUT] =
        { .name = "drain-timeout", .value = "T", .kind = OPTION_DURATION,
          .initial = "30s", .least = "0", .most = "8760h",
          .help = "then: time for connections to finish" },
        [ROW_UDP_RATE] =
        { .name = "udp-rate", .value = "N", .kind = OPTION_NUMBER,
          .initial = "1000", .least = "0", .most = "1000000000",
          .help = "datagrams/s answered to a source; 0 = all" },
        [ROW_UDP_LOW_PORTS] =
        { .name = "udp-low-ports", .kind = OPTION_FLAG,
          .help = "answer datagrams of ports below 1024 too" },
        [ROW_UDP_LOOP_GUARD] =
        { .name = "udp-loop-guard", .value = "G", .kind = OPTION_CHOICE,
          .choices = switch_names, .initial = "on",
          .help = "on or off: break loops of echo servers" },
        [ROW_USER] =
        { .name = "user", .value = "NAME|UID:GID", .kind = OPTION_WORD,
          .help = "become that user after binding" },
        [ROW_NO_SANDBOX] =
        { .name = "no-sandbox", .kind = OPTION_FLAG,
          .help = "keep the rights to all else, with a warning" },
        [ROW_REQUIRE_SANDBOX] =
        { .name = "require-sandbox", .kind = OPTION_FLAG,
          .help = "do not run where some rights cannot be lost" },
        [ROW_LOG_LEVEL] =
        { .name = "log-level", .value = "L", .kind = OPTION_CHOICE, .choices = level_names,
          .initial = "info",
          .help = "error, warn, info or debug" },
        [ROW_LOG_FORMAT] =
        { .name = "log-format", .value = "F", .kind = OPTION_CHOICE, .choices = format_names,
          .initial = "logfmt",
          .help = "logfmt or json" },
        [ROW_HELP] =
        { .name = "help", .letter = 'h', .kind = OPTION_HELP,
          .help = "print this help and exit" },
        { .name = "version", .letter = 'V', .kind = OPTION_VERSION,
          .help = "print the version and exit" },
        { .name = "config", .letter = 'c', .kind = OPTION_PLANNED },
        { .name = "admin", .kind = OPTION_PLANNED },
        { .name = "check-config", .letter = 't', .kind = OPTION_PLANNED },
        { .name = "dump-config", .letter = 'T', .kind = OPTION_PLANNED },
};
/* clang-format on */

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

static const struct option_table table = { .rows = rows, .row_count = ROW_COUNT };

/* texts[i] is the text of listeners[i]. */
static bool is_given_twice(const char *const *texts, const struct options *options,
                           const struct address *next, struct complaint *complaint)
{
        struct complaint_word word;
        struct complaint_word first;
        uint64_t i = 0;

        while (i < options->listener_count && !address_is_repeated(&options->listeners[i], next))
                i++;
        if (i == options->listener_count)
                return false;
        const char *again = texts[options->listener_count];
        complain(complaint, "%s: the same as %s, expected each listener once",
                 complaint_word(&word, again, strlen(again)),
                 complaint_word(&first, texts[i], strlen(texts[i])));
        return true;
}

static bool parse_listeners(char **words, struct options *options, struct complaint *complaint)
{
        const char *const *texts = (const char *const *)words;
        struct complaint_word word;

        options->are_listeners_given = *texts != NULL;
        if (!options->are_listeners_given)
                texts = default_listeners;
        for (unsigned i = 0; texts[i] != NULL; i++) {
                if (i == OPTIONS_LISTENERS_MAX)
                        return complain(complaint, "%s: more than %d listeners",
                                        complaint_word(&word, texts[i], strlen(texts[i])),
                                        OPTIONS_LISTENERS_MAX);
                struct address *next = &options->listeners[i];
                if (!address_parse(texts[i], next, complaint) ||
                    is_given_twice(texts, options, next, complaint))
                        return false;
                options->listener_count++;
        }
        return true;
}

static bool parse_network(const char *name, const char *text, struct network *ret_network,
                          struct complaint *complaint)
{
        struct complaint why;

        if (cidr_parse(text, ret_network, &why))
                return true;
        return complain(complaint, "--%s: %s", name, why.text);
}

/* One of the lists, into the options, and into a list that knows contradictions. */
static bool parse_networks(const struct option_row *row, const struct option_list *texts,
                           struct access_list *access, struct options *options,
                           struct complaint *complaint)
{
        bool is_allowed = row == &rows[ROW_ALLOW];

        for (uint32_t i = 0; i < texts->count; i++) {
                struct options_network *next = &options->networks[options->network_count];
                const char *text = texts->texts[i];
                struct complaint_word word;
                if (!parse_network(row->name, text, &next->network, complaint))
                        return false;
                if (access_add(access, next->network, is_allowed) == ACCESS_CONTRADICTORY)
                        return complain(complaint,
                                        "--%s: %s: expected a network that is not allowed, too",
                                        row->name, complaint_word(&word, text, strlen(text)));
                next->is_allowed = is_allowed;
                options->network_count++;
        }
        return true;
}

static bool parse_access(const struct option_value *values, struct options *options,
                         struct complaint *complaint)
{
        struct access_entry entries[OPTIONS_NETWORKS_MAX];
        struct access_list access;

        access_init(&access, entries, OPTIONS_NETWORKS_MAX);
        return parse_networks(&rows[ROW_ALLOW], values[ROW_ALLOW].list, &access, options,
                              complaint) &&
               parse_networks(&rows[ROW_DENY], values[ROW_DENY].list, &access, options, complaint);
}

static bool parse_rights(const struct option_value *values, struct options *options,
                         struct complaint *complaint)
{
        if (options->no_sandbox && options->require_sandbox)
                return complain(complaint, "--require-sandbox: expected no --no-sandbox beside it");
        return !options->is_user_given ||
               user_parse(values[ROW_USER].text, &options->user, complaint);
}

static struct options options_of(const struct option_value *values)
{
        return (struct options){
                .workers = values[ROW_WORKERS].number,
                .max_connections = values[ROW_MAX_CONNECTIONS].number,
                .max_connections_per_source = values[ROW_MAX_CONNECTIONS_PER_SOURCE].number,
                .accept_rate = values[ROW_ACCEPT_RATE].number,
                .buffer_memory = values[ROW_BUFFER_MEMORY].number,
                .idle_timeout_ns = values[ROW_IDLE_TIMEOUT].number,
                .stall_timeout_ns = values[ROW_STALL_TIMEOUT].number,
                .drain_delay_ns = values[ROW_DRAIN_DELAY].number,
                .drain_timeout_ns = values[ROW_DRAIN_TIMEOUT].number,
                .udp_rate = values[ROW_UDP_RATE].number,
                .is_udp_rate_given = values[ROW_UDP_RATE].is_given,
                .udp_low_ports = values[ROW_UDP_LOW_PORTS].is_given,
                .udp_loop_guard = values[ROW_UDP_LOOP_GUARD].number == SWITCH_ON,
                .is_udp_loop_guard_given = values[ROW_UDP_LOOP_GUARD].is_given,
                .is_user_given = values[ROW_USER].is_given,
                .no_sandbox = values[ROW_NO_SANDBOX].is_given,
                .require_sandbox = values[ROW_REQUIRE_SANDBOX].is_given,
                .log_level = (enum log_level)values[ROW_LOG_LEVEL].number,
                .log_format = (enum log_format)values[ROW_LOG_FORMAT].number,
        };
}

enum options_verdict options_parse(int argc, char **argv, struct options *ret_options,
                                   struct complaint *complaint)
{
        struct option_list allow;
        struct option_list deny;
        struct option_value values[ROW_COUNT] = {
                [ROW_ALLOW] = { .list = &allow }, [ROW_DENY] = { .list = &deny }
        };
        char **words = NULL;

        enum options_verdict verdict =
            option_table_parse(&table, argc, argv, values, &words, complaint);
        if (verdict != OPTIONS_RUN)
                return verdict;
        struct options options = options_of(values);
        if (!parse_rights(values, &options, complaint) ||
            !parse_access(values, &options, complaint) ||
            !parse_listeners(words, &options, complaint))
                return OPTIONS_WRONG;
        *ret_options = options;
        return OPTIONS_RUN;
}

bool options_has_udp_rate(const struct options *options, const struct address *listener)
{
        return options->udp_rate > 0 &&
               (options->is_udp_rate_given || !address_is_loopback(listener));
}

bool options_has_udp_loop_guard(const struct options *options, const struct address *listener)
{
        return options->udp_loop_guard &&
               (options->is_udp_loop_guard_given || !address_is_loopback(listener));
}

void options_help(FILE *to)
{
        fprintf(to,
                "Usage: echod [OPTION]... [LISTEN]...\n"
                "The echo server (RFC 862): what a client sends comes back.\n\n"
                "LISTEN is tcp:HOST:PORT, udp:HOST:PORT or unix:PATH\n[%s %s];\n"
                "HOST is an IPv4 address, an IPv6 address in brackets, or * for both; PORT 0\n"
                "takes a free one; a PATH that begins with @ is an abstract name.\n"
                "A tcp or unix listener that ends in ,proxy requires a PROXY header, v1 or v2.\n\n",
                default_listeners[0], default_listeners[1]);
        option_table_help(&table, to);
        fprintf(to,
                "\nRoot must name a user; by the name root it stays root, without its powers.\n"
                "At loopback listeners --udp-rate and --udp-loop-guard are off unless given.\n"
                "Sizes: 512 64K 8M 1G. Durations: 250ms 5s 2m 1h.\n"
                "Of a service manager: LISTEN_FDS (instead of LISTEN, or of those it covers),\n"
                "NOTIFY_SOCKET, WATCHDOG_USEC.\n"
                "SIGTERM or SIGINT drains, a second one exits at once; SIGUSR1 logs a status.\n"
                "Exit codes: 0 done; 64 usage; 69 address unavailable; 70 internal; 71 system;\n"
                "77 permission; 78 configuration.\n");
}
