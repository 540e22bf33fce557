/* SPDX-License-Identifier: MIT */
/* echod: the echo server (RFC 862). */
#include <fcntl.h>
#include <unistd.h>

#include "service/supervisor.h"

static int print_version(void)
{
        printf("echod %s (tcp, udp, unix; IPv4, IPv6; %s)\n", ECHOD_VERSION, ECHOD_BUILD);
        return EXIT_CODE_DONE;
}

/* A closed stdin, stdout or stderr must not become a socket that log lines are written to. */
static void fill_standard_descriptors(void)
{
        int fd;

        do
                fd = open("/dev/null", O_RDWR);
        while (fd >= 0 && fd <= STDERR_FILENO);
        if (fd > STDERR_FILENO)
                close(fd);
}

int main(int argc, char **argv)
{
        struct options options;
        struct complaint complaint;

        fill_standard_descriptors();
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
