/* SPDX-License-Identifier: MIT */
/* Forms of the log: JSON that others can read, and the priorities of the journal. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "server.h"
#include "suite.h"

static struct server server;

static void start_journal(const char *journal_stream, bool is_socket)
{
        const char *const arguments[] = { process_echod(), "tcp:127.0.0.1:0", "--log-level=debug",
                                          NULL };

        process_start(&server.process, &(struct process_setup){ .arguments = arguments,
                                                                .is_socket = is_socket,
                                                                .journal_stream = journal_stream });
        server_await_log(&server, "event=ready", 0);
        server.port = server_port(&server, 0);
}

static void serve_one(void)
{
        struct client client;

        client_connect(&client, server.port, 1);
        client_exchange(&client, 1, 1000);
        client_close(&client);
        process_signal(&server.process, SIGHUP);
        server_await_log(&server, "event=connection_close ", 0);
        server_await_log(&server, "event=reload_failed ", 0);
}

/* Which lines begin with a priority: none, or all. */
static void expect_priorities(bool is_wanted)
{
        for (const char *line = server.process.output; *line != '\0';) {
                bool is_there = line[0] == '<' && line[2] == '>';
                ck_assert_msg(is_there == is_wanted, "%s", line);
                line = strchr(line, '\n') + 1;
        }
}

START_TEST(journal_gets_priorities)
{
        start_journal("", true);
        serve_one();
        server_stop(&server);
        expect_priorities(true);
        ck_assert_uint_gt(server_count_lines(&server, "<6>time="), 0);
        ck_assert_uint_gt(server_count_lines(&server, "<7>time="), 0);
        ck_assert_uint_gt(server_count_lines(&server, "<3>time="), 0);
}
END_TEST

/* The name is inherited, but the output has been sent elsewhere. */
START_TEST(anybody_else_gets_none)
{
        static const struct {
                const char *name;
                bool is_socket;
        } cases[] = { { NULL, true }, { "1:2", true }, { "1:2", false }, { "nonsense", true } };

        for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                start_journal(cases[i].name, cases[i].is_socket);
                serve_one();
                server_stop(&server);
                expect_priorities(false);
        }
}
END_TEST

/* Somebody else's parser reads each line; it ends with 0 when it liked them all. */
static void expect_json(const char *lines)
{
        FILE *python = popen(
            "python3 -c 'import json, sys\n"
            "for line in sys.stdin: assert json.loads(line)[\"event\"]'",
            "w");

        ck_assert(python != NULL);
        ck_assert_int_ge(fputs(lines, python), 0);
        ck_assert_int_eq(pclose(python), 0);
}

START_TEST(every_line_is_json)
{
        const char *const arguments[] = {
                process_echod(),     "tcp:127.0.0.1:0",     "tcp:*:0", "--log-level=debug",
                "--log-format=json", "--max-connections=1", NULL
        };
        struct client client;
        struct client refused;
        unsigned long port = 0;

        process_start(&server.process, &(struct process_setup){ .arguments = arguments });
        server_await_log(&server, "\"event\":\"ready\"", 0);
        const char *address = strstr(server.process.output, "\"address\":\"127.0.0.1:");
        ck_assert_ptr_nonnull(address);
        ck_assert_int_eq(sscanf(address, "\"address\":\"127.0.0.1:%lu", &port), 1);
        client_connect(&client, (uint16_t)port, 1);
        /* All 256 bytes, in messages that are shown whole. */
        for (unsigned i = 0; i < 2000; i += 50)
                client_exchange(&client, 1, 50);
        client_connect(&refused, (uint16_t)port, 2);
        (void)client_await_reset(&refused);
        client_close(&refused);
        client_close(&client);
        process_signal(&server.process, SIGUSR1);
        process_signal(&server.process, SIGHUP);
        server_await_log(&server, "\"event\":\"limit_reached\"", 0);
        server_await_log(&server, "\"event\":\"connection_close\"", 0);
        server_stop(&server);
        ck_assert_uint_gt(server_count_lines(&server, "\"event\":\"data\""), 0);
        expect_json(server.process.output);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("log journal");

        tcase_add_test(tcase, journal_gets_priorities);
        tcase_add_test(tcase, anybody_else_gets_none);
        tcase_add_test(tcase, every_line_is_json);
        return suite_run(tcase);
}
