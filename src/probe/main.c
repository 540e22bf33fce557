/* SPDX-License-Identifier: MIT */
/* echoprobe: the client that verifies every byte of an echo server (RFC 862), and measures it. */
#include <stdio.h>
#include <string.h>

#include "probe/histogram_file.h"
#include "probe/modes.h"
#include "probe/payload.h"
#include "probe/plot.h"
#include "probe/report.h"
#include "probe/report_json.h"
#include "words/exit_code.h"

static bool complain_of(const char *what, int error)
{
        fprintf(stderr, "echoprobe: %s: %s\n", what, strerror(-error));
        return false;
}

static bool print_report(const struct probe_options *options, const struct result *result)
{
        int error = options->json ? report_json_print(stdout, options, result)
                                  : report_print(stdout, options, result);

        return error == 0 || complain_of("report", error);
}

static bool write_histogram(const struct probe_options *options, const struct result *result)
{
        if (options->histogram_path == NULL)
                return true;
        int error = histogram_file_write(options->histogram_path, &result->latency);
        return error == 0 || complain_of(options->histogram_path, error);
}

static bool draw_plot(const struct probe_options *options, const struct result *result)
{
        struct complaint complaint;

        if (options->plot_path == NULL ||
            plot_draw(options->plot_path, options, result, &complaint))
                return true;
        fprintf(stderr, "echoprobe: %s\n", complaint.text);
        return false;
}

/* The verdict is told in any case; a file that could not be written spoils only a good one. */
static int measure(const struct probe_options *options)
{
        static struct result result;

        payload_init();
        result_clear(&result);
        mode_run(options, &result);
        bool is_printed = print_report(options, &result);
        bool is_written = write_histogram(options, &result);
        bool is_drawn = draw_plot(options, &result);
        if (result.verdict == VERDICT_OK && !(is_printed && is_written && is_drawn))
                return EXIT_CODE_SYSTEM;
        return (int)result.verdict;
}

int main(int argc, char **argv)
{
        struct probe_options options;
        struct complaint complaint;

        switch (probe_options_parse(argc, argv, &options, &complaint)) {
        case OPTIONS_RUN:
                return measure(&options);
        case OPTIONS_HELP:
                probe_options_help(stdout);
                return EXIT_CODE_DONE;
        case OPTIONS_VERSION:
                printf("echoprobe %s (tcp, udp, unix; IPv4, IPv6; %s)\n", ECHOD_VERSION,
                       ECHOD_BUILD);
                return EXIT_CODE_DONE;
        case OPTIONS_WRONG:
                break;
        }
        fprintf(stderr, "echoprobe: %s\nTry 'echoprobe --help'.\n", complaint.text);
        return EXIT_CODE_USAGE;
}
