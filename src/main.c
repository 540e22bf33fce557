/* SPDX-License-Identifier: MIT */
/* echod: the echo server (RFC 862). */
#include <fcntl.h>
#include <unistd.h>

#include "service/supervisor.h"

static int print_version(void)
{
        printf("echod %s (tcp over IPv4; one worker; %s)\n", ECHOD_VERSION, ECHOD_BUILD);
        return EXIT_CODE_DONE;
}

/* What can be said and this version cannot do; NULL if there is nothing. */
static const char *not_served(const struct options *options)
{
        if (options->workers > 1)
                return "--workers above 1";
        if (options->drain_delay_ns > 0)
                return "--drain-delay above 0";
        if (options->log_format != LOG_LOGFMT)
                return "--log-format json";
        for (uint64_t i = 0; i < options->listener_count; i++) {
                if (options->listeners[i].transport == ADDRESS_UNIX)
                        return "unix listeners";
                if (options->listeners[i].socket.ss_family == AF_INET6)
                        return "IPv6";
        }
        return NULL;
}

static enum exit_code run(const struct options *options)
{
        const char *refused = not_served(options);

        if (refused == NULL)
                return supervisor_run(options);
        fprintf(stderr, "echod: %s: not part of this version\n", refused);
        return EXIT_CODE_USAGE;
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
                return (int)run(&options);
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
