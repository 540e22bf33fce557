/* SPDX-License-Identifier: MIT */
/* Each worker has a descriptor table of its own, if it may; where it may not, all works as well. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "figures.h"
#include "limit.h"
#include "server.h"
#include "suite.h"
#include "tables.h"

enum { WORKERS = 3 };

static struct server server;
static struct tables tables;

/* Only what main has too, and nothing that is there for others. */
static void expect_own_descriptors(const struct table *worker, unsigned listeners)
{
        for (unsigned i = 0; i < worker->count; i++)
                ck_assert_msg(table_has(&tables.main, worker->fds[i], worker->targets[i]),
                              "%d is %s", worker->fds[i], worker->targets[i]);
        ck_assert_uint_eq(table_count(worker, "socket:"), listeners);
        ck_assert_uint_eq(table_count(worker, "anon_inode:[eventpoll]"), 1);
        /* Its own, and the one that wakes main. */
        ck_assert_uint_eq(table_count(worker, "anon_inode:[eventfd]"), 2);
        ck_assert_uint_eq(table_count(worker, "anon_inode:[signalfd]"), 0);
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
                ck_assert_uint_eq(table_room(worker, (unsigned)fd + 1), 0);
}

/* In how many of the workers' tables that number is open, on whatever. */
static unsigned holders(int fd)
{
        unsigned count = 0;

        for (unsigned i = 0; i < tables.count; i++)
                for (unsigned j = 0; j < tables.others[i].count; j++)
                        count += tables.others[i].fds[j] == fd;
        return count;
}

START_TEST(worker_has_its_own_listeners_and_nothing_of_another)
{
        const char *const arguments[] = { "--workers=3", "tcp:127.0.0.1:0", NULL };

        server_start(&server, arguments);
        tables_read(&server.process, &tables);
        ck_assert_uint_eq(tables.count, WORKERS);
        ck_assert_uint_eq(table_count(&tables.main, "socket:"), 2 * WORKERS);
        for (unsigned i = 0; i < WORKERS; i++)
                expect_own_descriptors(&tables.others[i], 2);
        for (unsigned i = 0; i < tables.main.count; i++)
                if (strncmp(tables.main.targets[i], "socket:", 7) == 0)
                        ck_assert_uint_eq(holders(tables.main.fds[i]), 1);
        server_stop(&server);
}
END_TEST

START_TEST(main_has_the_listeners_and_the_workers_the_connections)
{
        enum { CROWD = 30 };
        const char *const arguments[] = { "--workers=3", NULL };
        struct client clients[CROWD];
        unsigned sockets = 0;

        server_start(&server, arguments);
        client_connect_all(clients, CROWD, server.port);
        client_exchange(clients, CROWD, 1000);
        tables_read(&server.process, &tables);
        ck_assert_uint_eq(table_count(&tables.main, "socket:"), WORKERS);
        for (unsigned i = 0; i < tables.count; i++)
                sockets += table_count(&tables.others[i], "socket:");
        ck_assert_uint_eq(sockets, WORKERS + CROWD);
        client_close_all(clients, CROWD);
        server_await_all_closed(&server, CROWD);
        server_stop(&server);
}
END_TEST

/* By a Unix socket, which the workers share, and by TCP, where each has one. */
struct ways {
        char listener[64];
        struct place places[2];
};

static void start_with_ways(struct ways *ways, bool is_confined)
{
        const char *const arguments[] = { "--workers=3", "--drain-timeout=1h", ways->listener,
                                          NULL };

        snprintf(ways->listener, sizeof(ways->listener), "unix:@echod-tables-%d-%d", getpid(),
                 is_confined);
        if (is_confined)
                server_start_confined(&server, arguments);
        else
                server_start(&server, arguments);
        ways->places[0] = place_ip4(server.port);
        ways->places[1] = place_name(ways->listener + sizeof("unix:@") - 1);
}

static void await_refusal(const struct place *place)
{
        struct limit limit = limit_start();

        while (!place_is_refused(place)) {
                ck_assert_msg(limit_left_ms(&limit) > 0, "somebody still listens");
                limit_pause();
        }
}

/* Whoever else had the listeners open must have closed them; the epoll must have lost them. */
static void expect_one_socket(void)
{
        unsigned sockets = table_count(&tables.main, "socket:");

        for (unsigned i = 0; i < tables.count; i++)
                sockets += table_count(&tables.others[i], "socket:");
        ck_assert_uint_eq(table_count(&tables.main, "socket:"), 0);
        ck_assert_uint_eq(sockets, 1);
}

static void expect_end_of_server(void)
{
        int code = process_wait(&server.process);

        ck_assert_msg(code == 0, "exit code %d:\n%s", code, process_tail(&server.process));
}

START_TEST(nobody_listens_while_a_connection_drains)
{
        bool is_confined = _i == 1;
        struct ways ways;
        struct client client;

        start_with_ways(&ways, is_confined);
        client_connect(&client, server.port, 1);
        client_exchange(&client, 1, 1000);
        process_signal(&server.process, SIGTERM);
        client_expect_end(&client);
        await_refusal(&ways.places[0]);
        await_refusal(&ways.places[1]);
        figures_expect_sleep(&server.process);
        ck_assert(process_is_alive(&server.process));
        tables_read(&server.process, &tables);
        if (!is_confined)
                expect_one_socket();
        client_close(&client);
        expect_end_of_server();
}
END_TEST

/*
 * They wait where the worker still listens, whatever main closes; more than it has taken when main
 * learns of the signal.
 */
START_TEST(clients_waiting_at_the_signal_are_served)
{
        enum { CROWD = 400 };
        static struct client clients[CROWD];
        struct ways ways;

        start_with_ways(&ways, _i == 1);
        process_stop(&server.process);
        for (unsigned i = 0; i < CROWD; i++) {
                client_connect_to(&clients[i], &ways.places[i % 2], i);
                client_send(&clients[i], 1000);
        }
        process_signal(&server.process, SIGTERM);
        process_signal(&server.process, SIGCONT);
        for (unsigned i = 0; i < CROWD; i++) {
                client_receive(&clients[i]);
                client_expect_end(&clients[i]);
        }
        client_close_all(clients, CROWD);
        expect_end_of_server();
        ck_assert_uint_eq(server_logged(&server, "stopped", "accepted"), CROWD);
}
END_TEST

START_TEST(threads_that_must_share_a_table_close_nothing_in_it)
{
        enum { CROWD = 30 };
        struct ways ways;
        struct client clients[CROWD];

        start_with_ways(&ways, true);
        tables_read(&server.process, &tables);
        for (unsigned i = 0; i < tables.count; i++)
                ck_assert_uint_eq(tables.others[i].count, tables.main.count);
        ck_assert_uint_eq(table_count(&tables.main, "socket:"), 2 * WORKERS);
        ck_assert_uint_eq(table_count(&tables.main, "anon_inode:[signalfd]"), 1);
        for (unsigned i = 0; i < CROWD; i++)
                client_connect_to(&clients[i], &ways.places[i % 2], i);
        client_exchange(clients, CROWD, 1000);
        client_close_all(clients, CROWD);
        server_await_all_closed(&server, CROWD);
        server_stop(&server);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("tables");

        tcase_add_test(tcase, worker_has_its_own_listeners_and_nothing_of_another);
        tcase_add_test(tcase, main_has_the_listeners_and_the_workers_the_connections);
        tcase_add_loop_test(tcase, nobody_listens_while_a_connection_drains, 0, 2);
        tcase_add_loop_test(tcase, clients_waiting_at_the_signal_are_served, 0, 2);
        tcase_add_test(tcase, threads_that_must_share_a_table_close_nothing_in_it);
        process_look_into();
        return suite_run(tcase);
}
