/* SPDX-License-Identifier: MIT */
/* SIGTERM and SIGINT: nothing new is taken, nothing owed is lost, and the end comes. */
#include <errno.h>
#include <signal.h>

#include "client.h"
#include "figures.h"
#include "port.h"
#include "server.h"
#include "suite.h"

enum { CROWD = 150 };

static struct server server;

static void begin_drain(int number)
{
        process_signal(&server.process, number);
        server_await_log(&server, "event=drain_begin", 0);
}

static void expect_end_of_server(uint64_t forced, uint64_t left)
{
        int code = process_wait(&server.process);

        ck_assert_msg(code == 0, "exit code %d:\n%s", code, server.process.output);
        ck_assert_uint_eq(server_logged(&server, "drain_end", "forced"), forced);
        ck_assert_uint_eq(server_logged(&server, "drain_end", "left"), left);
        (void)server_logged(&server, "stopped", "accepted");
}

static const int signals[] = { SIGTERM, SIGINT };

START_TEST(idle_clients_are_finished_by_a_signal)
{
        struct client clients[3];

        server_start(&server, NULL);
        client_connect_all(clients, 3, server.port);
        client_exchange(clients, 3, 1000);
        begin_drain(signals[_i]);
        ck_assert_uint_eq(server_logged(&server, "drain_begin", "open"), 3);
        for (unsigned i = 0; i < 3; i++)
                client_expect_end(&clients[i]);
        /* Each worker closes its own listener. */
        port_await_refusal(server.port);
        ck_assert(process_is_alive(&server.process));
        client_close_all(clients, 3);
        expect_end_of_server(0, 0);
        /* Who asked for a refusal while a listener was still open is drained too. */
        ck_assert_uint_ge(server_logged(&server, "stopped", "closed_drained"), 3);
}
END_TEST

START_TEST(server_without_clients_ends_at_once)
{
        server_start(&server, NULL);
        process_signal(&server.process, signals[_i]);
        expect_end_of_server(0, 0);
}
END_TEST

/* All that it sent has reached the server: a part is parked, a part waits unread behind that. */
static void send_until_parked(struct client *client)
{
        server_park(&server, client);
        client_send(client, 8192);
        client_await_acknowledged(client);
}

START_TEST(slow_reader_gets_every_byte_before_the_end)
{
        struct client client;

        server_start(&server, NULL);
        client_connect_small(&client, server.port, 1);
        send_until_parked(&client);
        begin_drain(SIGTERM);
        client_receive(&client);
        client_expect_end(&client);
        client_close(&client);
        expect_end_of_server(0, 0);
}
END_TEST

START_TEST(slow_reader_that_had_finished_gets_every_byte)
{
        struct client client;

        server_start(&server, NULL);
        client_connect_small(&client, server.port, 1);
        send_until_parked(&client);
        client_finish(&client);
        begin_drain(SIGTERM);
        client_receive(&client);
        client_expect_end(&client);
        client_close(&client);
        expect_end_of_server(0, 0);
}
END_TEST

START_TEST(client_that_never_closes_is_reset_in_the_end)
{
        const char *const arguments[] = { "--drain-timeout=300ms", NULL };
        struct client client;

        server_start(&server, arguments);
        client_connect(&client, server.port, 1);
        client_exchange(&client, 1, 1000);
        begin_drain(SIGTERM);
        client_expect_end(&client);
        /* Not ECONNRESET: it comes after the end of the stream (tcp(7)). */
        ck_assert_int_eq(client_await_reset(&client), EPIPE);
        expect_end_of_server(1, 1);
        ck_assert_uint_eq(server_logged(&server, "stopped", "closed_drain_timeout"), 1);
        client_close(&client);
}
END_TEST

START_TEST(client_that_never_reads_is_reset_in_the_end)
{
        const char *const arguments[] = { "--drain-timeout=300ms", NULL };
        struct client client;

        server_start(&server, arguments);
        client_connect_small(&client, server.port, 1);
        server_park(&server, &client);
        begin_drain(SIGTERM);
        ck_assert_int_eq(client_await_reset(&client), ECONNRESET);
        expect_end_of_server(1, 1);
        client_close(&client);
}
END_TEST

START_TEST(second_signal_ends_the_server_at_once)
{
        const char *const arguments[] = { "--drain-timeout=1h", NULL };
        struct client client;

        server_start(&server, arguments);
        client_connect(&client, server.port, 1);
        client_exchange(&client, 1, 1000);
        begin_drain(SIGTERM);
        client_expect_end(&client);
        process_signal(&server.process, signals[_i]);
        expect_end_of_server(1, 1);
        client_close(&client);
}
END_TEST

static void expect_served_and_drained(struct client *clients, unsigned count)
{
        for (unsigned i = 0; i < count; i++) {
                client_receive(&clients[i]);
                client_expect_end(&clients[i]);
        }
        client_close_all(clients, count);
        expect_end_of_server(0, 0);
        ck_assert_uint_eq(server_logged(&server, "stopped", "accepted"), count);
}

/* More than it takes a round, so that some still wait when the signal is answered. */
START_TEST(clients_waiting_at_the_signal_are_served)
{
        struct client clients[CROWD];

        server_start(&server, NULL);
        process_stop(&server.process);
        client_connect_all(clients, CROWD, server.port);
        for (unsigned i = 0; i < CROWD; i++)
                client_send(&clients[i], 100);
        process_signal(&server.process, SIGTERM);
        process_signal(&server.process, SIGCONT);
        expect_served_and_drained(clients, CROWD);
}
END_TEST

/* It accepts nothing for want of descriptors when it is asked to end, and then has some again. */
START_TEST(clients_waiting_for_a_descriptor_are_served_at_the_signal)
{
        struct client clients[10];
        unsigned enough;

        server_start(&server, NULL);
        enough = figures_descriptors(&server.process) + 100;
        ck_assert_uint_eq(figures_leave_descriptors(&server.process, 0), 0);
        client_connect_all(clients, 10, server.port);
        for (unsigned i = 0; i < 10; i++)
                client_send(&clients[i], 100);
        server_await_figure_least(&server, "accept_pauses", 1);
        figures_limit_descriptors(&server.process, enough);
        process_signal(&server.process, SIGTERM);
        expect_served_and_drained(clients, 10);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("drain");

        tcase_add_loop_test(tcase, idle_clients_are_finished_by_a_signal, 0, 2);
        tcase_add_loop_test(tcase, server_without_clients_ends_at_once, 0, 2);
        tcase_add_test(tcase, slow_reader_gets_every_byte_before_the_end);
        tcase_add_test(tcase, slow_reader_that_had_finished_gets_every_byte);
        tcase_add_test(tcase, client_that_never_closes_is_reset_in_the_end);
        tcase_add_test(tcase, client_that_never_reads_is_reset_in_the_end);
        tcase_add_loop_test(tcase, second_signal_ends_the_server_at_once, 0, 2);
        tcase_add_test(tcase, clients_waiting_at_the_signal_are_served);
        tcase_add_test(tcase, clients_waiting_for_a_descriptor_are_served_at_the_signal);
        process_look_into();
        return suite_run(tcase);
}
