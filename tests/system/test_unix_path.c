/* SPDX-License-Identifier: MIT */
/* The addresses of a running echod: the path it makes and takes away, and who else wants them. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doors.h"
#include "port.h"
#include "suite.h"

static struct doors doors;
static struct process second;

/* The place of the door, as a listener of the command line. */
static void write_listener(enum door door, char *ret_text, size_t text_size)
{
        const char *line = doors.server.process.output;
        char address[FOLDER_PATH_SIZE + 8];
        char transport[8];

        /* The log tells them in the order of the command line, which is that of the doors. */
        static const unsigned listeners[DOOR_COUNT] = { 0, 1, 2, 3, 4, 1 };
        for (unsigned i = 0; i <= listeners[door]; i++)
                line = strstr(line, "event=listening ") + 1;
        ck_assert_int_eq(sscanf(strstr(line, "transport="), "transport=%7s address=%115[^\n]",
                                transport, address),
                         2);
        /* What is not plain in a log is in quotes. */
        size_t size = strcspn(address + (address[0] == '"'), "\"");
        snprintf(ret_text, text_size, "%s:%.*s", transport, (int)size,
                 address + (address[0] == '"'));
}

START_TEST(second_start_on_the_same_address_names_it_and_fails)
{
        enum door door = (enum door)_i;
        char listener[FOLDER_PATH_SIZE + 16];
        const char *const arguments[] = { process_echod(), listener, "--workers=2", NULL };
        struct client client;

        if (!doors_has(door))
                return;
        doors_open(&doors, NULL);
        write_listener(door, listener, sizeof(listener));
        int code = process_run(&second, &(struct process_setup){ .arguments = arguments });
        ck_assert_msg(code == 69, "exit code %d:\n%s", code, second.output);
        ck_assert_ptr_nonnull(strstr(second.output, strchr(listener, ':') + 1));
        ck_assert_ptr_null(strstr(second.output, "event=ready"));
        doors_enter(&doors, door, &client, 1);
        client_exchange(&client, 1, 100000);
        client_close(&client);
        doors_close(&doors);
}
END_TEST

/* The last listener is taken: what the ones before it opened is closed again, and removed. */
START_TEST(failed_start_leaves_no_path)
{
        struct folder folder;
        char path[FOLDER_PATH_SIZE];
        char good[FOLDER_PATH_SIZE + 8];
        char taken[32];
        const char *const arguments[] = { process_echod(), good, taken, NULL };

        server_start(&doors.server, NULL);
        folder_make(&folder);
        folder_share(&folder);
        folder_join(&folder, "s", path);
        snprintf(good, sizeof(good), "unix:%s", path);
        snprintf(taken, sizeof(taken), "tcp:127.0.0.1:%u", doors.server.port);
        ck_assert_int_eq(process_run(&second, &(struct process_setup){ .arguments = arguments }),
                         69);
        ck_assert_uint_eq(folder_file_count(&folder), 0);
        folder_remove(&folder);
        server_stop(&doors.server);
}
END_TEST

static const mode_t masks[] = { 0, 022, 077 };

START_TEST(path_has_the_mode_that_the_mask_allows)
{
        mode_t before = umask(masks[_i]);

        doors_open(&doors, NULL);
        umask(before);
        struct stat status = folder_stat(&doors.folder, "s");
        ck_assert(S_ISSOCK(status.st_mode));
        ck_assert_uint_eq(status.st_mode & 07777, 0666 & ~masks[_i]);
        ck_assert_uint_eq(folder_file_count(&doors.folder), 1);
        doors_close(&doors);
}
END_TEST

START_TEST(killed_server_leaves_a_path_that_the_next_one_takes)
{
        struct folder folder;
        char path[FOLDER_PATH_SIZE];
        char listener[FOLDER_PATH_SIZE + 8];
        const char *const arguments[] = { listener, NULL };
        struct client client;

        folder_make(&folder);
        folder_share(&folder);
        folder_join(&folder, "s", path);
        snprintf(listener, sizeof(listener), "unix:%s", path);
        server_start(&doors.server, arguments);
        process_signal(&doors.server.process, SIGKILL);
        ck_assert_int_eq(process_wait(&doors.server.process), 128 + SIGKILL);
        ck_assert_uint_eq(folder_file_count(&folder), 1);
        server_start(&doors.server, arguments);
        struct place place = place_path(path);
        client_connect_to(&client, &place, 1);
        client_exchange(&client, 1, 1000);
        client_close(&client);
        server_stop(&doors.server);
        ck_assert_uint_eq(folder_file_count(&folder), 0);
        folder_remove(&folder);
}
END_TEST

/* At every address, with clients who are still there, and who were not yet answered. */
START_TEST(killed_server_leaves_nothing_in_the_way_of_the_next_one)
{
        enum { CROWD = 24 };
        struct client clients[CROWD];
        char listeners[DOOR_IP6][FOLDER_PATH_SIZE + 16];
        const char *const arguments[] = {
                process_echod(), listeners[0],  listeners[1], listeners[2],
                listeners[3],    "--workers=2", NULL
        };
        struct server *server = &doors.server;

        doors_open(&doors, NULL);
        for (enum door door = 0; door < DOOR_IP6; door++)
                write_listener(door, listeners[door], sizeof(listeners[door]));
        const int holds[] = { port_hold(server_port(server, DOOR_IP4)),
                              port_hold(server_port(server, DOOR_ANY_IP4)) };
        for (unsigned i = 0; i < 3; i++) {
                for (unsigned j = 0; j < CROWD; j++)
                        doors_enter(&doors, j % DOOR_IP6, &clients[j], j);
                client_exchange(clients, CROWD / 2, 1000);
                process_stop(&server->process);
                for (unsigned j = 0; j < CROWD; j++)
                        client_send(&clients[j], 1000);
                process_signal(&server->process, SIGKILL);
                ck_assert_int_eq(process_wait(&server->process), 128 + SIGKILL);
                process_start(&server->process, &(struct process_setup){ .arguments = arguments });
                server_await_log(server, "event=ready", 0);
                ck_assert_uint_eq(server_figure(server, "accepted"), 0);
                ck_assert_uint_eq(folder_file_count(&doors.folder), 1);
                client_close_all(clients, CROWD);
                for (unsigned j = 0; j < CROWD; j++)
                        doors_enter(&doors, j % DOOR_IP6, &clients[j], j);
                client_exchange(clients, CROWD, 1000);
                client_close_all(clients, CROWD);
        }
        close(holds[0]);
        close(holds[1]);
        doors_close(&doors);
}
END_TEST

/* The end that does not wait for its clients. */
START_TEST(path_is_removed_at_a_forced_end)
{
        const char *const arguments[] = { "--drain-timeout=1h", NULL };
        struct client client;

        doors_open(&doors, arguments);
        doors_enter(&doors, DOOR_PATH, &client, 1);
        client_exchange(&client, 1, 1000);
        process_signal(&doors.server.process, SIGTERM);
        client_expect_end(&client);
        process_signal(&doors.server.process, SIGTERM);
        ck_assert_int_eq(process_wait(&doors.server.process), 0);
        ck_assert_uint_eq(server_logged(&doors.server, "drain_end", "forced"), 1);
        client_close(&client);
        doors_expect_gone(&doors);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("unix path");

        tcase_add_loop_test(tcase, second_start_on_the_same_address_names_it_and_fails, 0,
                            DOOR_ANY_IP6);
        tcase_add_test(tcase, failed_start_leaves_no_path);
        tcase_add_loop_test(tcase, path_has_the_mode_that_the_mask_allows, 0, 3);
        tcase_add_test(tcase, killed_server_leaves_a_path_that_the_next_one_takes);
        tcase_add_test(tcase, killed_server_leaves_nothing_in_the_way_of_the_next_one);
        tcase_add_test(tcase, path_is_removed_at_a_forced_end);
        return suite_run(tcase);
}
