/* SPDX-License-Identifier: MIT */
/* What a service manager is told: ready, stopping, and signs of life. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "freeze.h"
#include "limit.h"
#include "manager.h"
#include "suite.h"

enum { WORKERS = 3 };

static const char *const arguments[] = { "--workers=3", "tcp:127.0.0.1:0", "udp:127.0.0.1:0",
                                         NULL };

static struct manager manager;
static struct server server;
static bool is_skipped;

/* At a name of this test program's own. */
static void open_manager(const char *watchdog_usec)
{
        static unsigned opened;
        char name[64];

        snprintf(name, sizeof(name), "@echod-manager-%d-%u", getpid(), opened++);
        manager_open(&manager);
        manager_listen_for_messages(&manager, name);
        manager.watchdog_usec = watchdog_usec;
}

/* Main answers nothing before it has told that it serves. */
static void start_told(void)
{
        manager_start_ready(&manager, &server, arguments);
        (void)server_figure(&server, "open");
        ck_assert_str_eq(manager_take_message(&manager),
                         "READY=1\nSTATUS=serving, listeners: 2, workers: 3");
}

static void echo_one(unsigned number)
{
        struct client client;

        client_connect(&client, server_port(&server, 0), number);
        client_exchange(&client, 1, 1000);
        client_close(&client);
}

START_TEST(ready_and_stopping_are_told)
{
        open_manager(NULL);
        start_told();
        echo_one(1);
        server_await_figure(&server, "open", 0);
        server_stop(&server);
        ck_assert_str_eq(manager_await_message(&manager),
                         "STOPPING=1\nSTATUS=draining, connections: 0");
        ck_assert_uint_eq(manager_count_messages(&manager, 0), 0);
        manager_close(&manager);
}
END_TEST

/* Started by root, the server is nobody by then, who may not look into the folder. */
START_TEST(manager_at_a_path_is_told)
{
        struct folder folder;
        char path[FOLDER_PATH_SIZE];

        folder_make(&folder);
        folder_join(&folder, "notify", path);
        manager_open(&manager);
        manager_listen_for_messages(&manager, path);
        start_told();
        server_stop(&server);
        manager_await(&manager, "STOPPING=1\n");
        manager_close(&manager);
        folder_remove(&folder);
}
END_TEST

START_TEST(stopping_tells_of_the_connections)
{
        struct client clients[2];

        open_manager(NULL);
        start_told();
        client_connect_all(clients, 2, server_port(&server, 0));
        client_exchange(clients, 2, 1000);
        process_signal(&server.process, SIGTERM);
        manager_await(&manager, "STOPPING=1\nSTATUS=draining, connections: 2");
        client_close_all(clients, 2);
        ck_assert_int_eq(process_wait(&server.process), 0);
        manager_close(&manager);
}
END_TEST

START_TEST(failed_start_is_never_ready)
{
        static struct process second;
        char taken[32];
        char variable[160];

        open_manager(NULL);
        start_told();
        snprintf(taken, sizeof(taken), "tcp:127.0.0.1:%u", server_port(&server, 0));
        snprintf(variable, sizeof(variable), "NOTIFY_SOCKET=%s", manager.notify);
        const char *const words[] = { process_echod(), taken, NULL };
        const char *const variables[] = { variable, NULL };
        ck_assert_int_eq(process_run(&second, &(struct process_setup){ .arguments = words,
                                                                       .environment = variables }),
                         69);
        ck_assert_uint_eq(manager_count_messages(&manager, 0), 0);
        server_stop(&server);
        manager_close(&manager);
}
END_TEST

/* By workers that have nothing else to do, while it serves and while it drains. */
START_TEST(idle_server_gives_signs_of_life)
{
        struct client client;

        open_manager("200000");
        start_told();
        for (unsigned i = 0; i < 5; i++)
                ck_assert_str_eq(manager_await_message(&manager), "WATCHDOG=1");
        client_connect(&client, server_port(&server, 0), 1);
        client_exchange(&client, 1, 1000);
        process_signal(&server.process, SIGTERM);
        manager_await(&manager, "STOPPING=1\n");
        /* Two of the workers have ended by now, or will soon. */
        for (unsigned i = 0; i < 5; i++)
                ck_assert_str_eq(manager_await_message(&manager), "WATCHDOG=1");
        client_close(&client);
        ck_assert_int_eq(process_wait(&server.process), 0);
        manager_close(&manager);
}
END_TEST

START_TEST(nobody_who_does_not_watch_is_told_of_life)
{
        open_manager(NULL);
        start_told();
        ck_assert_uint_eq(manager_count_messages(&manager, 500), 0);
        server_stop(&server);
        manager_close(&manager);
}
END_TEST

/* Any of them; the others, and main, do as before. One sign may be due to rounds before. */
START_TEST(no_sign_of_life_while_one_worker_stands_still)
{
        pid_t threads[FREEZE_THREADS_MAX];

        open_manager("200000");
        start_told();
        ck_assert_uint_ge(freeze_list(&server.process, threads), WORKERS);
        if (!freeze_begin(threads[_i])) {
                printf("skipped: no thread can be held here: %s\n", strerror(errno));
                is_skipped = true;
        } else {
                (void)manager_count_messages(&manager, 0);
                unsigned count = manager_count_messages(&manager, 1000);
                freeze_end(threads[_i]);
                ck_assert_uint_le(count, 1);
                manager_await(&manager, "WATCHDOG=1");
                manager_await(&manager, "WATCHDOG=1");
        }
        server_stop(&server);
        manager_close(&manager);
}
END_TEST

START_TEST(manager_that_reads_nothing_holds_nothing_up)
{
        open_manager("4000");
        manager_start_ready(&manager, &server, arguments);
        limit_watch(300);
        for (unsigned i = 0; i < 10; i++)
                echo_one(i);
        server_stop(&server);
        manager_close(&manager);
}
END_TEST

START_TEST(manager_that_is_gone_is_not_missed)
{
        for (unsigned is_gone_later = 0; is_gone_later < 2; is_gone_later++) {
                open_manager("200000");
                if (is_gone_later == 0)
                        close(manager.notify_fd);
                manager_start_ready(&manager, &server, arguments);
                if (is_gone_later == 1)
                        close(manager.notify_fd);
                manager.notify_fd = -1;
                ck_assert_uint_eq(server_count_lines(&server, "level=warn event=notify_failed"),
                                  is_gone_later == 0);
                limit_watch(200);
                echo_one(1);
                server_stop(&server);
                manager_close(&manager);
        }
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("manager messages");

        tcase_add_test(tcase, ready_and_stopping_are_told);
        tcase_add_test(tcase, manager_at_a_path_is_told);
        tcase_add_test(tcase, stopping_tells_of_the_connections);
        tcase_add_test(tcase, failed_start_is_never_ready);
        tcase_add_test(tcase, idle_server_gives_signs_of_life);
        tcase_add_test(tcase, nobody_who_does_not_watch_is_told_of_life);
        tcase_add_loop_test(tcase, no_sign_of_life_while_one_worker_stands_still, 0, WORKERS);
        tcase_add_test(tcase, manager_that_reads_nothing_holds_nothing_up);
        tcase_add_test(tcase, manager_that_is_gone_is_not_missed);
        int status = suite_run(tcase);
        return is_skipped && status == 0 ? SUITE_SKIPPED : status;
}
