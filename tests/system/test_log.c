/* SPDX-License-Identifier: MIT */
/* The log may be gone, stuck or unread: the echo goes on, and signals are still answered. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "client.h"
#include "port.h"
#include "server.h"
#include "suite.h"

/* Descriptors that a server may be started without; bit n: descriptor n. */
static const unsigned closed_sets[] = { 1 << 2, 1 << 0 | 1 << 2, 1 << 1 | 1 << 2, 7 };

enum { CLOSED_SET_COUNT = sizeof(closed_sets) / sizeof(closed_sets[0]), PIPE_SIZE = 4096 };

static struct server server;

static void expect_service(uint16_t port)
{
        struct client clients[3];

        client_connect_all(clients, 3, port);
        client_exchange(clients, 3, 1000000);
        client_close_all(clients, 3);
}

/* For tests that cannot read which port it got. */
static uint16_t start_on_known_port(const struct process_setup *setup)
{
        struct process_setup complete = *setup;
        char listener[32];
        int reserved_fd;
        uint16_t port = port_reserve(&reserved_fd);

        snprintf(listener, sizeof(listener), "tcp:127.0.0.1:%u", port);
        const char *const arguments[] = { process_echod(), listener, NULL };
        complete.arguments = arguments;
        process_start(&server.process, &complete);
        port_await(port);
        close(reserved_fd);
        return port;
}

START_TEST(closed_standard_descriptors_do_not_stop_the_server)
{
        uint16_t port = start_on_known_port(&(struct process_setup){ .closed = closed_sets[_i] });

        expect_service(port);
        /* What is logged now must not hit another descriptor in the place of stderr. */
        process_signal(&server.process, SIGUSR1);
        process_signal(&server.process, SIGHUP);
        expect_service(port);
        server_stop(&server);
}
END_TEST

START_TEST(log_that_nobody_reads_any_more_does_not_stop_the_server)
{
        server_start(&server, NULL);
        process_close_output(&server.process);
        process_signal(&server.process, SIGUSR1);
        expect_service(server.port);
        process_signal(&server.process, SIGUSR1);
        expect_service(server.port);
        server_stop(&server);
}
END_TEST

/* Asks for status lines until the pipe takes no more: a second passes and nothing comes. */
static void fill_log(void)
{
        unsigned before;
        unsigned after = process_output_pending(&server.process);

        do {
                before = after;
                process_signal(&server.process, SIGUSR1);
                for (unsigned tries = 0; after == before && tries < 1000; tries++) {
                        usleep(1000);
                        after = process_output_pending(&server.process);
                }
        } while (after > before);
}

START_TEST(full_log_does_not_stop_the_echo)
{
        uint16_t port = start_on_known_port(&(struct process_setup){ .pipe_size = PIPE_SIZE });

        server_await_log(&server, "event=ready", 0);
        fill_log();
        expect_service(port);
        process_signal(&server.process, SIGUSR1);
        expect_service(port);
        /* Somebody reads again: the log goes on, and so does the rest. */
        server_await_log(&server, "event=status", 0);
        server_stop(&server);
}
END_TEST

/* Nobody reads again: a service manager that waits for the end must still get it. */
START_TEST(full_log_does_not_stop_the_drain)
{
        uint16_t port = start_on_known_port(&(struct process_setup){ .pipe_size = PIPE_SIZE });
        struct client client;

        server_await_log(&server, "event=ready", 0);
        client_connect(&client, port, 1);
        client_exchange(&client, 1, 1000);
        fill_log();
        process_signal(&server.process, SIGTERM);
        client_expect_end(&client);
        client_close(&client);
        ck_assert_int_eq(process_wait(&server.process), 0);
}
END_TEST

START_TEST(hangup_is_answered_and_survived)
{
        server_start(&server, NULL);
        process_signal(&server.process, SIGHUP);
        server_await_log(&server, "event=reload_failed", 0);
        process_signal(&server.process, SIGPIPE);
        expect_service(server.port);
        server_stop(&server);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("log");

        tcase_add_loop_test(tcase, closed_standard_descriptors_do_not_stop_the_server, 0,
                            CLOSED_SET_COUNT);
        tcase_add_test(tcase, log_that_nobody_reads_any_more_does_not_stop_the_server);
        tcase_add_test(tcase, full_log_does_not_stop_the_echo);
        tcase_add_test(tcase, full_log_does_not_stop_the_drain);
        tcase_add_test(tcase, hangup_is_answered_and_survived);
        return suite_run(tcase);
}
