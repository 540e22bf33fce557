/* SPDX-License-Identifier: MIT */
/* Descriptors: none leaks, and running out of them is survived. */
#include <errno.h>
#include <stdio.h>

#include "client.h"
#include "figures.h"
#include "folder.h"
#include "limit.h"
#include "server.h"
#include "suite.h"

static struct server server;

START_TEST(connection_over_the_limit_is_reset)
{
        const char *const arguments[] = { "--max-connections=2", NULL };
        struct client clients[2];
        struct client third;

        server_start(&server, arguments);
        client_connect_all(clients, 2, server.port);
        client_exchange(clients, 2, 1000);
        client_connect(&third, server.port, 3);
        ck_assert_int_eq(client_await_reset(&third), ECONNRESET);
        ck_assert_uint_eq(server_figure(&server, "refused_limit"), 1);
        client_close(&third);
        client_exchange(clients, 2, 1000);
        client_close(&clients[0]);
        server_await_figure(&server, "open", 1);
        client_connect(&clients[0], server.port, 4);
        client_exchange(clients, 2, 1000);
        client_close_all(clients, 2);
        server_stop(&server);
        ck_assert_uint_eq(server_logged(&server, "stopped", "accepted"), 3);
}
END_TEST

START_TEST(reset_storm_leaks_no_descriptor)
{
        enum { STORM = 500 };
        struct limit limit;
        struct client client;
        unsigned before;

        server_start(&server, NULL);
        before = figures_descriptors(&server.process);
        for (unsigned i = 0; i < STORM; i++) {
                client_connect(&client, server.port, i);
                client_send(&client, 1 + i % 7 * 1000);
                client_reset(&client);
        }
        server_await_figure(&server, "accepted", STORM);
        server_await_all_closed(&server, STORM);
        limit = limit_start();
        while (figures_descriptors(&server.process) != before && limit_left_ms(&limit) > 0)
                limit_pause();
        ck_assert_uint_eq(figures_descriptors(&server.process), before);
        server_stop(&server);
}
END_TEST

/* The first clients of a crowd get their byte; the others stay where they are. */
static void expect_served(struct client *clients, unsigned count)
{
        for (unsigned i = 0; i < count; i++)
                client_receive(&clients[i]);
}

/* One worker: with more, who has waited longest is known to each of them alone. */
START_TEST(clients_wait_while_there_are_no_descriptors)
{
        enum { CROWD = 10 };
        const char *const arguments[] = { "--workers=1", NULL };
        struct client clients[CROWD];

        server_start(&server, arguments);
        unsigned enough = figures_descriptors(&server.process) + 100;
        ck_assert_uint_eq(figures_leave_descriptors(&server.process, 2), 2);
        client_connect_all(clients, CROWD, server.port);
        for (unsigned i = 0; i < CROWD; i++)
                client_send(&clients[i], 100);
        expect_served(clients, 2);
        server_await_figure_least(&server, "accept_pauses", 1);
        ck_assert_uint_eq(server_figure(&server, "accepted"), 2);
        /* Who leaves makes room for who has waited longest. */
        for (unsigned i = 0; i < 3; i++) {
                client_close(&clients[i]);
                client_receive(&clients[i + 2]);
        }
        ck_assert_uint_eq(server_figure(&server, "accepted"), 5);
        figures_limit_descriptors(&server.process, enough);
        expect_served(clients + 3, CROWD - 3);
        client_exchange(clients + 3, CROWD - 3, 1000);
        client_close_all(clients + 3, CROWD - 3);
        server_await_all_closed(&server, CROWD);
        server_stop(&server);
}
END_TEST

/* Not a question of speed: a server that spins would use nearly all of the 100 ticks. */
START_TEST(waiting_for_descriptors_does_not_spin)
{
        enum { CROWD = 10 };
        const char *const arguments[] = { "--workers=2", NULL };
        struct client clients[CROWD];

        server_start(&server, arguments);
        ck_assert_uint_lt(figures_leave_descriptors(&server.process, 2), CROWD);
        client_connect_all(clients, CROWD, server.port);
        server_await_figure_least(&server, "accept_pauses", 1);
        struct figures before = figures_read(&server.process);
        limit_watch(1000);
        struct figures after = figures_read(&server.process);
        ck_assert_uint_lt(after.ticks - before.ticks, 20);
        ck_assert(process_is_alive(&server.process));
        client_close_all(clients, CROWD);
        server_stop(&server);
}
END_TEST

/*
 * Every way in takes some: what is told at the start must be there for connections, also when a
 * worker shares the table of main, which has most in it, and gets them all.
 */
START_TEST(as_many_connections_as_are_told_have_descriptors)
{
        enum { PATHS = 14 };
        char listeners[PATHS][FOLDER_PATH_SIZE];
        const char *arguments[PATHS + 2] = { "--workers=2" };
        struct folder folder;

        folder_make(&folder);
        folder_share(&folder);
        for (unsigned i = 0; i < PATHS; i++) {
                snprintf(listeners[i], sizeof(listeners[i]), "unix:%s/%u", folder.path, i);
                arguments[1 + i] = listeners[i];
        }
        server_start(&server, arguments);
        struct rlimit limit = figures_descriptor_limit(&server.process);
        uint64_t told = server_logged(&server, "starting", "max_connections");
        ck_assert_uint_le(figures_descriptors_most(&server.process) + told, limit.rlim_max);
        server_stop(&server);
        folder_remove(&folder);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("descriptors");

        tcase_add_test(tcase, connection_over_the_limit_is_reset);
        tcase_add_test(tcase, reset_storm_leaks_no_descriptor);
        tcase_add_test(tcase, clients_wait_while_there_are_no_descriptors);
        tcase_add_test(tcase, waiting_for_descriptors_does_not_spin);
        tcase_add_test(tcase, as_many_connections_as_are_told_have_descriptors);
        process_look_into();
        return suite_run(tcase);
}
