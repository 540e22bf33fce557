/* SPDX-License-Identifier: MIT */
/* echod: the echo server (RFC 862). */
#include "service/supervisor.h"

static int print_version(void)
{
        printf("echod %s (tcp over IPv4; one worker; %s)\n", ECHOD_VERSION, ECHOD_BUILD);
        return EXIT_CODE_DONE;
}

int main(int argc, char **argv)
{
        struct options options;
        struct complaint complaint;

        switch (options_parse(argc, argv, &options, &complaint)) {
        case OPTIONS_RUN:
                return (int)supervisor_run(&options);
        case OPTIONS_HELP:
                options_help(stdout);
                return EXIT_CODE_DONE;
        case OPTIONS_VERSION:
                return print_version();
        case OPTIONS_WRONG:
                break;
        }
        fprintf(stderr, "echod: %s\nTry 'echod --help'.\n", complaint.text);
        return EXIT_CODE_USAGE;
}
