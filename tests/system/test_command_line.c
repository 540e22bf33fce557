/* SPDX-License-Identifier: MIT */
/* Command lines that cannot be carried out: the exit code tells the kind, stderr what to change. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "port.h"
#include "server.h"
#include "suite.h"

struct mistake {
        const char *argument;
        int code;
        const char *says[3]; /* each must be named */
};

static const struct mistake mistakes[] = {
        { "--idle-timout=5s", 64, { "--idle-timout", "--idle-timeout" } },
        { "--max-conections=5", 64, { "--max-conections", "--max-connections" } },
        { "--nonsense", 64, { "--nonsense" } },
        { "-x", 64, { "-x" } },
        { "--idle-timeout=5x", 64, { "--idle-timeout", "5x", "250ms" } },
        { "--idle-timeout=", 64, { "--idle-timeout" } },
        { "--stall-timeout=-1s", 64, { "--stall-timeout", "-1s" } },
        { "--drain-timeout=5", 64, { "--drain-timeout", "5" } },
        { "--drain-timeout", 64, { "--drain-timeout" } },
        { "--max-connections=0", 64, { "--max-connections", "0", "from 1 to" } },
        { "--max-connections=1e3", 64, { "--max-connections", "1e3" } },
        { "--max-connections=99999999999999999999", 64, { "--max-connections", "99999999999" } },
        { "--buffer-memory=12Q", 64, { "--buffer-memory", "12Q", "64K" } },
        { "--buffer-memory=512K", 78, { "--buffer-memory", "1M" } },
        { "--workers=65", 78, { "--buffer-memory", "at least 65M", "--workers=64" } },
        { "--workers=257", 64, { "--workers", "257", "from 1 to 256" } },
        { "--log-level=loud", 64, { "--log-level", "loud", "debug" } },
        { "-w0", 64, { "--workers", "0", "from 1 to 256" } },
        { "--log-format=text", 64, { "--log-format", "text", "json" } },
        { "--help=5", 64, { "--help" } },
        { "tcp:127.0.0.1:70000", 64, { "tcp:127.0.0.1:70000", "65535" } },
        { "tcp:127.0.0.1:-1", 64, { "tcp:127.0.0.1:-1" } },
        { "tcp:127.0.0.1:7,proxi", 64, { ",proxi", "no such flag", "expected ,proxy" } },
        { "tcp:127.0.0.1", 64, { "tcp:127.0.0.1", "port" } },
        { "tcp:127.0.0.1:", 64, { "tcp:127.0.0.1:", "port" } },
        { "tcp:localhost:7", 64, { "localhost", "IPv4 address" } },
        { "tcp:300.0.0.1:7", 64, { "300.0.0.1", "IPv4 address" } },
        { "tcp:[::1:7", 64, { "[::1:7", "in brackets" } },
        { "tcp:[fe80::1]:7", 64, { "fe80::1", "interface" } },
        { "tcp:[fe80::1%nowhere]:7", 64, { "nowhere", "no such interface" } },
        { "--allow=10.0.0.1/8", 64, { "--allow", "10.0.0.1/8", "10.0.0.0/8" } },
        { "--deny=10.0.0.0", 64, { "--deny", "10.0.0.0" } },
        { "--deny", 64, { "--deny", "CIDR" } },
        { "--accept-rate=1000000001", 64, { "--accept-rate", "1000000001", "1000000000" } },
        { "--max-connections-per-source=x", 64, { "--max-connections-per-source", "x" } },
        { "--udp-rate=x", 64, { "--udp-rate", "x" } },
        { "--udp-rate=-1", 64, { "--udp-rate", "-1" } },
        { "--udp-rate=", 64, { "--udp-rate" } },
        { "--udp-rate", 64, { "--udp-rate" } },
        { "--udp-rate=1000000001", 64, { "--udp-rate", "1000000001", "1000000000" } },
        { "--udp-loop-guard=maybe", 64, { "--udp-loop-guard", "maybe", "on or off" } },
        { "--udp-loop-guard", 64, { "--udp-loop-guard" } },
        { "--udp-low-ports=1", 64, { "--udp-low-ports" } },
        { "--udp-low-prots", 64, { "--udp-low-prots", "--udp-low-ports" } },
        { "udp:127.0.0.1:7007,proxy", 64, { "udp:127.0.0.1:7007,proxy" } },
        { "udp:127.0.0.1", 64, { "udp:127.0.0.1", "port" } },
        { "udp:127.0.0.1:65536", 64, { "udp:127.0.0.1:65536", "65535" } },
        { "udp:300.0.0.1:7", 64, { "300.0.0.1", "IPv4 address" } },
        { "udp:[::1:7", 64, { "[::1:7", "in brackets" } },
        { "udp:192.0.2.1:7007", 69, { "192.0.2.1:7007", "not one of this machine" } },
        { "udp:localhost:7", 64, { "udp:localhost:7", "names are not looked up" } },
        { "unix:/nowhere/at/all", 78, { "/nowhere/at/all", "no such folder" } },
        { "unix:/proc", 78, { "/proc", "folder" } },
        { "unix:", 64, { "unix:PATH", "unix:@NAME" } },
        { "unix:,proxy", 64, { "no path" } },
        { "127.0.0.1:7", 64, { "127.0.0.1:7", "tcp:HOST:PORT" } },
        { "", 64, { "tcp:HOST:PORT" } },
        { "tcp:192.0.2.1:7007", 69, { "192.0.2.1:7007", "not one of this machine" } },
};

enum { MISTAKE_COUNT = sizeof(mistakes) / sizeof(mistakes[0]) };

static struct process process;
static struct server server;

static int run(const char *first, const char *second)
{
        const char *const arguments[] = { process_echod(), first, second, NULL };

        return process_run(&process, &(struct process_setup){ .arguments = arguments });
}

static void expect_said(const char *text)
{
        ck_assert_msg(strstr(process.output, text) != NULL, "no `%s` in:\n%s", text,
                      process.output);
}

/* The other listener is good: it must not stay. */
START_TEST(mistake_is_named_and_nothing_is_left_listening)
{
        const struct mistake *mistake = &mistakes[_i];
        char good[32];
        int reserved_fd;
        uint16_t port = port_reserve(&reserved_fd);

        snprintf(good, sizeof(good), "tcp:127.0.0.1:%u", port);
        int code = run(good, mistake->argument);
        ck_assert_msg(code == mistake->code, "%s: exit code %d:\n%s", mistake->argument, code,
                      process.output);
        for (unsigned i = 0; i < 3 && mistake->says[i] != NULL; i++)
                expect_said(mistake->says[i]);
        ck_assert(strstr(process.output, "event=ready") == NULL);
        ck_assert(port_is_refused(port));
        close(reserved_fd);
}
END_TEST

START_TEST(address_in_use_is_named)
{
        char listener[32];
        int occupied_fd;

        snprintf(listener, sizeof(listener), "tcp:127.0.0.1:%u", port_occupy(&occupied_fd));
        ck_assert_int_eq(run("tcp:127.0.0.1:0", listener), 69);
        expect_said(listener + strlen("tcp:"));
        expect_said("in use");
        close(occupied_fd);
}
END_TEST

START_TEST(address_of_another_echod_is_named)
{
        char listener[32];

        server_start(&server, NULL);
        snprintf(listener, sizeof(listener), "tcp:127.0.0.1:%u", server.port);
        ck_assert_int_eq(run(listener, NULL), 69);
        expect_said(listener + strlen("tcp:"));
        expect_said("in use");
        server_stop(&server);
}
END_TEST

START_TEST(address_given_twice_is_named)
{
        char listener[32];
        int reserved_fd;
        uint16_t port = port_reserve(&reserved_fd);

        snprintf(listener, sizeof(listener), "tcp:127.0.0.1:%u", port);
        ck_assert_int_eq(run(listener, listener), 64);
        expect_said(listener + strlen("tcp:"));
        expect_said("expected each listener once");
        ck_assert(port_is_refused(port));
        close(reserved_fd);
}
END_TEST

START_TEST(help_and_version_exit_0)
{
        ck_assert_int_eq(run("--help", NULL), 0);
        expect_said("Usage: echod");
        expect_said("--idle-timeout");
        ck_assert_int_eq(run("-h", NULL), 0);
        expect_said("Usage: echod");
        ck_assert_int_eq(run("--version", NULL), 0);
        expect_said("echod ");
        ck_assert_int_eq(run("-V", NULL), 0);
        expect_said("echod ");
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("command line");

        tcase_add_loop_test(tcase, mistake_is_named_and_nothing_is_left_listening, 0,
                            MISTAKE_COUNT);
        tcase_add_test(tcase, address_in_use_is_named);
        tcase_add_test(tcase, address_of_another_echod_is_named);
        tcase_add_test(tcase, address_given_twice_is_named);
        tcase_add_test(tcase, help_and_version_exit_0);
        return suite_run(tcase);
}
