/* SPDX-License-Identifier: MIT */
/* What a service manager may get wrong: it is told by name, and nothing is served. */
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "manager.h"
#include "suite.h"

static struct manager manager;
static struct server server;

static void listen_ip4(void)
{
        struct place any = place_ip4(0);

        (void)manager_listen(&manager, &any, SOCK_STREAM);
}

static void expect_refusal(const char *reason)
{
        manager_start(&manager, &server, NULL);
        int code = process_wait(&server.process);
        ck_assert_msg(code == 78, "exit code %d:\n%s", code, server.process.output);
        ck_assert_msg(strstr(server.process.output, reason) != NULL, "%s", server.process.output);
        ck_assert_ptr_null(strstr(server.process.output, "event=ready"));
        manager_close(&manager);
}

START_TEST(what_is_no_listener_is_refused_by_name)
{
        int pair[2];

        manager_open(&manager);
        listen_ip4();
        ck_assert_int_eq(pipe(pair), 0);
        manager_add(&manager, pair[0]);
        manager.names = "good:a-pipe";
        expect_refusal("descriptor=4 name=a-pipe reason=\"it is no socket\"");
        close(pair[1]);

        manager_open(&manager);
        manager_add(&manager, socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        expect_refusal(
            "descriptor=3 name=\"\" reason=\"expected a socket of TCP or UDP, or a Unix");

        manager_open(&manager);
        manager_add(&manager, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        expect_refusal("the socket does not listen");

        manager_open(&manager);
        manager_add(&manager, socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        expect_refusal("expected one that is bound");

        /* One connection, as inetd would have it. */
        manager_open(&manager);
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        manager_add(&manager, pair[0]);
        expect_refusal("the socket does not listen");
        close(pair[1]);
}
END_TEST

START_TEST(more_sockets_than_there_can_be_listeners_are_refused)
{
        manager_open(&manager);
        for (unsigned i = 0; i < 17; i++)
                listen_ip4();
        expect_refusal("more than 16 listeners");
}
END_TEST

START_TEST(variables_that_make_no_sense_are_named)
{
        static const struct {
                const char *variables[3];
                const char *reason;
        } cases[] = {
                { { "LISTEN_PID=$$", "LISTEN_FDS=x" }, "LISTEN_FDS: `x`: expected a number" },
                { { "LISTEN_PID=$$", "LISTEN_FDS=1" },
                  "descriptor=3 name=\"\" reason=\"it is not" },
                { { "NOTIFY_SOCKET=run" }, "NOTIFY_SOCKET: `run`: expected a path" },
                { { "WATCHDOG_USEC=0" }, "WATCHDOG_USEC: `0`: expected microseconds" },
        };
        const char *const arguments[] = { process_echod(), "tcp:127.0.0.1:0", NULL };

        for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct process_setup setup = { .arguments = arguments,
                                               .environment = cases[i].variables };
                int code = process_run(&server.process, &setup);
                ck_assert_msg(code == 78, "exit code %d:\n%s", code, server.process.output);
                ck_assert_msg(strstr(server.process.output, cases[i].reason) != NULL, "%s",
                              server.process.output);
        }
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("manager refusals");

        tcase_add_test(tcase, what_is_no_listener_is_refused_by_name);
        tcase_add_test(tcase, more_sockets_than_there_can_be_listeners_are_refused);
        tcase_add_test(tcase, variables_that_make_no_sense_are_named);
        return suite_run(tcase);
}
