/* SPDX-License-Identifier: MIT */
#include "probe/options.h"

#include <inttypes.h>
#include <string.h>

static const char *const mode_names[] = {
        [PROBE_PING] = "ping", [PROBE_STREAM] = "stream", [PROBE_CHURN] = "churn",
        [PROBE_IDLE] = "idle", [PROBE_SLOW] = "slow",     [PROBE_SLOW + 1] = NULL,
};

static const char *const plot_endings[] = { ".svg", ".png", NULL };

/* Defaults of stream; the table has those of the other modes. */
enum { STREAM_SIZE = 64 * 1024, STREAM_DEPTH = 16 };

/* Of a message with a rate by datagrams: its number comes back only after so many others. */
enum { RATE_DATAGRAM_SIZE_MIN = 4 };

/* With --count and no --duration; as long as a --duration may be. */
static const uint64_t year_ns = UINT64_C(8760) * 3600 * 1000000000;

/* The rows whose values go into struct probe_options, and the first of the others. */
enum {
        ROW_MODE,
        ROW_CONNECTIONS,
        ROW_SIZE,
        ROW_DEPTH,
        ROW_BATCH,
        ROW_RATE,
        ROW_HALF_CLOSE,
        ROW_DURATION,
        ROW_COUNT,
        ROW_TIMEOUT,
        ROW_JSON,
        ROW_HISTOGRAM,
        ROW_PLOT,
        ROW_SERVER_PID,
        ROW_HELP,
};

/* clang-format off */
static const struct option_row rows[] = {
        [ROW_MODE] =
        { .name = "mode", .value = "M", .kind = OPTION_CHOICE, .choices = mode_names,
          .initial = "ping", .heading = "What it sends:",
          .help = "ping, stream, churn, idle or slow; see below" },
        [ROW_CONNECTIONS] =
        { .name = "connections", .letter = 'c', .value = "N", .kind = OPTION_NUMBER,
          .initial = "1", .least = "1", .most = "1048576",
          .help = "connections at the same time" },
        [ROW_SIZE] =
        { .name = "size", .letter = 's', .value = "SIZE", .kind = OPTION_SIZE,
          .initial = "64", .initial_shown = "64; stream 64K, but not udp:",
          .least = "0", .most = "64M",
          .help = "of a message" },
        [ROW_DEPTH] =
        { .name = "depth", .value = "N", .kind = OPTION_NUMBER,
          .initial = "1", .initial_shown = "1; stream 16", .least = "1", .most = "65536",
          .help = "messages in flight on each" },
        [ROW_BATCH] =
        { .name = "batch", .value = "N", .kind = OPTION_NUMBER,
          .initial = "1", .least = "1", .most = "64",
          .help = "datagrams sent by one call; depth at least" },
        [ROW_RATE] =
        { .name = "rate", .value = "R", .kind = OPTION_NUMBER, .least = "1", .most = "10000000",
          .help = "messages/s in all, on time whatever comes back" },
        [ROW_HALF_CLOSE] =
        { .name = "half-close", .kind = OPTION_FLAG,
          .help = "end by FIN, and await what is owed and FIN" },
        [ROW_DURATION] =
        { .name = "duration", .letter = 'd', .value = "T", .kind = OPTION_DURATION,
          .initial = "5s", .initial_shown = "5s; with --count 8760h",
          .least = "1ms", .most = "8760h", .heading = "\nWhen it ends:",
          .help = "time in all" },
        [ROW_COUNT] =
        { .name = "count", .letter = 'n', .value = "N", .kind = OPTION_NUMBER,
          .least = "1", .most = "1000000000000",
          .help = "messages in all; churn: connections" },
        [ROW_TIMEOUT] =
        { .name = "timeout", .value = "T", .kind = OPTION_DURATION,
          .initial = "5s", .least = "1ms", .most = "8760h",
          .help = "without an awaited byte" },
        [ROW_JSON] =
        { .name = "json", .kind = OPTION_FLAG, .heading = "\nWhat it tells:",
          .help = "the report as a JSON object" },
        [ROW_HISTOGRAM] =
        { .name = "histogram", .value = "FILE", .kind = OPTION_FILE,
          .help = "write all latencies there" },
        [ROW_PLOT] =
        { .name = "plot", .value = "FILE", .kind = OPTION_FILE, .choices = plot_endings,
          .help = "draw their percentiles, as .svg or .png" },
        [ROW_SERVER_PID] =
        { .name = "server-pid", .value = "PID", .kind = OPTION_NUMBER,
          .least = "1", .most = "4194304",
          .help = "tell what this local server's process costs" },
        [ROW_HELP] =
        { .name = "help", .letter = 'h', .kind = OPTION_HELP,
          .help = "print this help and exit" },
        { .name = "version", .letter = 'V', .kind = OPTION_VERSION,
          .help = "print the version and exit" },
};
/* clang-format on */

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static const struct option_table table = { .rows = rows, .row_count = ROWS };

const char *probe_mode_name(enum probe_mode mode)
{
        return mode_names[mode];
}

static bool is_datagram(const struct probe_options *options)
{
        return options->target.transport == ADDRESS_UDP;
}

/* Half of the numbers that a datagram of that size can bear; the one of no byte is alone. */
static uint64_t datagram_depth(uint64_t size)
{
        if (size == 0)
                return 1;
        return UINT64_C(1) << ((size < 8 ? size : 8) * 8 - 1);
}

static bool parse_target(char **words, struct probe_options *options, struct complaint *complaint)
{
        struct complaint_word word;

        if (words[0] == NULL)
                return complain(complaint,
                                "no target: expected tcp:HOST:PORT, udp:HOST:PORT or unix:PATH");
        if (words[1] != NULL)
                return complain(complaint, "%s: a second target, expected only one",
                                complaint_word(&word, words[1], strlen(words[1])));
        options->target_text = words[0];
        return address_parse_target(words[0], &options->target, complaint);
}

static void set_fields(const struct option_value *values, struct probe_options *options)
{
        options->mode = (enum probe_mode)values[ROW_MODE].number;
        options->connections = values[ROW_CONNECTIONS].number;
        options->message_size = values[ROW_SIZE].number;
        options->duration_ns = values[ROW_DURATION].number;
        options->count = values[ROW_COUNT].number;
        options->depth = values[ROW_DEPTH].number;
        options->batch = values[ROW_BATCH].number;
        options->rate = values[ROW_RATE].number;
        options->timeout_ns = values[ROW_TIMEOUT].number;
        options->server_pid = values[ROW_SERVER_PID].number;
        options->half_close = values[ROW_HALF_CLOSE].is_given;
        options->json = values[ROW_JSON].is_given;
        options->histogram_path = values[ROW_HISTOGRAM].text;
        options->plot_path = values[ROW_PLOT].text;
}

static uint64_t default_depth(const struct probe_options *options)
{
        uint64_t depth = options->mode == PROBE_STREAM ? STREAM_DEPTH : 1;

        if (is_datagram(options) && datagram_depth(options->message_size) < depth)
                depth = datagram_depth(options->message_size);
        return options->rate == 0 && options->batch > depth ? options->batch : depth;
}

/* Those that depend on other options, and on the target. */
static void set_defaults(const struct option_value *values, struct probe_options *options)
{
        if (values[ROW_COUNT].is_given && !values[ROW_DURATION].is_given)
                options->duration_ns = year_ns;
        if (options->mode == PROBE_STREAM && !values[ROW_SIZE].is_given && !is_datagram(options))
                options->message_size = STREAM_SIZE;
        if (!values[ROW_DEPTH].is_given)
                options->depth = default_depth(options);
}

static bool check_mode(const struct option_value *values, const struct probe_options *options,
                       struct complaint *complaint)
{
        const char *mode = probe_mode_name(options->mode);

        if (values[ROW_DEPTH].is_given && values[ROW_RATE].is_given)
                return complain(complaint,
                                "--depth and --rate: expected one of them, a rate does not wait "
                                "for echoes");
        if (values[ROW_RATE].is_given && options->mode != PROBE_PING)
                return complain(complaint, "--rate and --mode %s: expected --mode ping", mode);
        if (values[ROW_DEPTH].is_given && options->mode != PROBE_PING &&
            options->mode != PROBE_STREAM)
                return complain(complaint, "--depth and --mode %s: expected --mode ping or stream",
                                mode);
        if (values[ROW_COUNT].is_given && options->mode == PROBE_IDLE)
                return complain(complaint,
                                "--count and --mode idle: expected --duration, each connection "
                                "sends one message");
        return true;
}

static bool check_numbers(const struct option_value *values, const struct probe_options *options,
                          struct complaint *complaint)
{
        uint64_t size = options->message_size;

        if (values[ROW_RATE].is_given && size < RATE_DATAGRAM_SIZE_MIN)
                return complain(complaint,
                                "--rate and --size %" PRIu64
                                ": expected a size of at least %d, "
                                "for the number of each datagram",
                                size, RATE_DATAGRAM_SIZE_MIN);
        if (options->depth > datagram_depth(size))
                return complain(complaint,
                                "--depth and --size %" PRIu64
                                ": expected a depth of at most "
                                "%" PRIu64 ", as the number of a datagram needs more bytes",
                                size, datagram_depth(size));
        return true;
}

static bool check_batch(const struct probe_options *options, struct complaint *complaint)
{
        uint64_t batch = options->batch;
        uint64_t size = options->message_size;

        if (batch == 1)
                return true;
        if (size == 0)
                return complain(complaint,
                                "--batch %" PRIu64
                                " and --size 0: expected a byte at least, empty "
                                "datagrams are sent one by one",
                                batch);
        if (batch * size > PROBE_DATAGRAM_SIZE_MAX)
                return complain(complaint,
                                "--batch %" PRIu64 " and --size %" PRIu64
                                ": expected at most %d bytes in all, by one call",
                                batch, size, PROBE_DATAGRAM_SIZE_MAX);
        if (options->rate == 0 && options->depth < batch)
                return complain(complaint,
                                "--batch %" PRIu64 " and --depth %" PRIu64
                                ": expected a depth of at least %" PRIu64 ", a batch is sent whole",
                                batch, options->depth, batch);
        return true;
}

static bool check_transport(const struct option_value *values, const struct probe_options *options,
                            struct complaint *complaint)
{
        struct complaint_word room;
        const char *target =
            complaint_word(&room, options->target_text, strlen(options->target_text));

        if (!is_datagram(options)) {
                if (values[ROW_BATCH].is_given)
                        return complain(complaint,
                                        "--batch and %s: expected udp:, only datagrams are sent "
                                        "in batches",
                                        target);
                if (options->message_size == 0)
                        return complain(complaint,
                                        "--size 0 and %s: expected a byte at least, only a "
                                        "datagram may be empty",
                                        target);
                return true;
        }
        if (options->mode != PROBE_PING && options->mode != PROBE_STREAM)
                return complain(complaint, "--mode %s and %s: expected --mode ping or stream",
                                probe_mode_name(options->mode), target);
        if (options->half_close)
                return complain(complaint,
                                "--half-close and %s: expected tcp: or unix:, datagrams have no "
                                "end",
                                target);
        if (options->message_size > PROBE_DATAGRAM_SIZE_MAX)
                return complain(complaint,
                                "--size %" PRIu64 " and %s: expected at most %d for a datagram",
                                options->message_size, target, PROBE_DATAGRAM_SIZE_MAX);
        return check_batch(options, complaint) && check_numbers(values, options, complaint);
}

static bool check_files(const struct probe_options *options, struct complaint *complaint)
{
        struct complaint_word word;
        const char *plot = options->plot_path;

        if (plot == NULL || options->histogram_path == NULL ||
            strcmp(plot, options->histogram_path) != 0)
                return true;
        return complain(complaint, "--histogram and --plot: %s: expected two files",
                        complaint_word(&word, plot, strlen(plot)));
}

enum options_verdict probe_options_parse(int argc, char **argv, struct probe_options *ret_options,
                                         struct complaint *complaint)
{
        struct probe_options options = { 0 };
        struct option_value values[ROWS];
        char **words = NULL;

        enum options_verdict verdict =
            option_table_parse(&table, argc, argv, values, &words, complaint);
        if (verdict != OPTIONS_RUN)
                return verdict;
        if (!parse_target(words, &options, complaint))
                return OPTIONS_WRONG;
        set_fields(values, &options);
        set_defaults(values, &options);
        if (!check_mode(values, &options, complaint) ||
            !check_transport(values, &options, complaint) || !check_files(&options, complaint))
                return OPTIONS_WRONG;
        *ret_options = options;
        return OPTIONS_RUN;
}

void probe_options_help(FILE *to)
{
        fprintf(
            to,
            "Usage: echoprobe [OPTION]... TARGET\n"
            "Verifies every byte of an echo server (RFC 862), and measures it.\n\n"
            "TARGET is tcp:HOST:PORT, udp:HOST:PORT or unix:PATH; HOST is an IPv4 address,\n"
            "or an IPv6 address in brackets; a PATH that begins with @ is an abstract name.\n\n");
        option_table_help(&table, to);
        fprintf(to,
                "\nModes:\n"
                "  ping    a message, then its echo, again and again\n"
                "  stream  both ways at once, as fast as they come\n"
                "  churn   connections that end after one message\n"
                "  idle    all connections held for --duration, then one message on each\n"
                "  slow    a bad peer: sends and takes little by little, and late\n"
                "By udp: only ping and stream.\n\n"
                "Sizes: 512 64K 8M. Durations: 250ms 5s 2m 1h.\n\n"
                "Verdict and exit code:\n"
                "  ok 0       every byte came back, in order\n"
                "  corrupt 1  a byte came that was not sent there\n"
                "  lossy 2    the server finished early, or datagrams are missing\n"
                "  refused 3  nothing listens there\n"
                "  timeout 4  an awaited byte did not come within --timeout\n"
                "  reset 5    a connection was torn down\n"
                "Usage: exit code 64.\n\n"
                "Examples:\n"
                "  echoprobe -c 100 -d 10s --half-close tcp:127.0.0.1:7007\n"
                "  echoprobe --rate 5000 --plot latency.svg 'udp:[::1]:7007'\n");
}
