/* SPDX-License-Identifier: MIT */
/* The log may be gone, stuck or unread: the echo goes on, and signals are still answered. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "client.h"
#include "figures.h"
#include "port.h"
#include "server.h"
#include "service/log.h"
#include "suite.h"

/* Descriptors that a server may be started without; bit n: descriptor n. */
static const unsigned closed_sets[] = { 1 << 2, 1 << 0 | 1 << 2, 1 << 1 | 1 << 2, 7 };

enum { CLOSED_SET_COUNT = sizeof(closed_sets) / sizeof(closed_sets[0]) };

static struct server server;

static void expect_service(uint16_t port)
{
        struct client clients[3];

        client_connect_all(clients, 3, port);
        client_exchange(clients, 3, 1000000);
        client_close_all(clients, 3);
}

/* It cannot tell which port it got, so it is told. */
static uint16_t start_without(unsigned closed)
{
        char listener[32];
        int reserved_fd;
        uint16_t port = port_reserve(&reserved_fd);

        snprintf(listener, sizeof(listener), "tcp:127.0.0.1:%u", port);
        const char *const arguments[] = { process_echod(), listener, NULL };
        process_start(&server.process,
                      &(struct process_setup){ .arguments = arguments, .closed = closed });
        port_await(port);
        close(reserved_fd);
        return port;
}

START_TEST(closed_standard_descriptors_do_not_stop_the_server)
{
        uint16_t port = start_without(closed_sets[_i]);

        expect_service(port);
        /* What is logged now must not hit a socket in the place of stderr. */
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
                ck_assert((closed_sets[_i] >> fd & 1) == 0 || figures_is_file(&server.process, fd));
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

START_TEST(full_log_does_not_stop_the_echo)
{
        server_start(&server, NULL);
        process_fill_output(&server.process);
        process_signal(&server.process, SIGUSR1);
        expect_service(server.port);
        process_signal(&server.process, SIGUSR1);
        expect_service(server.port);
        /* Somebody reads again: the log goes on. */
        server_await_figure(&server, "open", 0);
        server_stop(&server);
}
END_TEST

/* More status lines than can wait are asked for; one at a time, as signals do not queue. */
START_TEST(lines_of_a_full_log_wait_and_losses_are_told)
{
        server_start(&server, NULL);
        size_t from = server.process.output_size;
        process_fill_output(&server.process);
        for (unsigned i = 0; i < LOG_QUEUE_LINES + 8; i++) {
                process_signal(&server.process, SIGUSR1);
                figures_await_signals_taken(&server.process);
        }
        /* Somebody reads again: those that waited come, and then one that tells of the others. */
        server_await_log(&server, "event=status ", from);
        process_signal(&server.process, SIGUSR1);
        server_await_log(&server, " lost=", from);
        server_stop(&server);
}
END_TEST

/* Nobody reads again: a service manager that waits for the end must still get it. */
START_TEST(full_log_does_not_stop_the_drain)
{
        struct client client;

        server_start(&server, NULL);
        client_connect(&client, server.port, 1);
        client_exchange(&client, 1, 1000);
        process_fill_output(&server.process);
        process_signal(&server.process, SIGUSR1);
        process_signal(&server.process, SIGTERM);
        client_expect_end(&client);
        client_close(&client);
        ck_assert_int_eq(process_wait_unread(&server.process), 0);
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
        tcase_add_test(tcase, lines_of_a_full_log_wait_and_losses_are_told);
        tcase_add_test(tcase, full_log_does_not_stop_the_drain);
        tcase_add_test(tcase, hangup_is_answered_and_survived);
        process_look_into();
        return suite_run(tcase);
}
