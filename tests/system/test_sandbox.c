/* SPDX-License-Identifier: MIT */
/* What the real server has given up once it is ready, and what it says of it. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "doors.h"
#include "limit.h"
#include "suite.h"

enum { NOBODY = 65534 };

static struct doors doors;
static struct process process;
static struct folder folder;

static bool is_root(void)
{
        return geteuid() == 0;
}

/* A field of a thread's status, without the tab before it. */
static void read_field(pid_t pid, const char *thread, const char *key, char ret_value[64])
{
        char path[320];
        char line[256];
        size_t size = strlen(key);

        snprintf(path, sizeof(path), "/proc/%d/task/%s/status", pid, thread);
        FILE *file = fopen(path, "re");
        ck_assert_ptr_nonnull(file);
        ret_value[0] = '\0';
        while (fgets(line, sizeof(line), file) != NULL)
                if (strncmp(line, key, size) == 0)
                        sscanf(line + size, " %63[^\n]", ret_value);
        fclose(file);
}

static void expect_field(pid_t pid, const char *thread, const char *key, const char *expected)
{
        char value[64];

        read_field(pid, thread, key, value);
        ck_assert_msg(strcmp(value, expected) == 0, "thread %s: %s %s, expected %s", thread, key,
                      value, expected);
}

static void expect_bound(pid_t pid, const char *thread)
{
        static const char none[] = "0000000000000000";

        expect_field(pid, thread, "NoNewPrivs:", "1");
        expect_field(pid, thread, "Seccomp:", "2");
        expect_field(pid, thread, "CapInh:", none);
        expect_field(pid, thread, "CapPrm:", none);
        expect_field(pid, thread, "CapEff:", none);
        expect_field(pid, thread, "CapAmb:", none);
        if (!is_root())
                return;
        expect_field(pid, thread, "CapBnd:", none);
        expect_field(pid, thread, "Groups:", "");
        expect_field(pid, thread, "Uid:", "65534\t65534\t65534\t65534");
        expect_field(pid, thread, "Gid:", "65534\t65534\t65534\t65534");
}

/* The thread of ThreadSanitizer is none of the server's: it was there before any filter. */
static bool is_own(pid_t pid, const char *thread)
{
        char main_thread[16];
        char filters[64];
        char filters_of_main[64];

        snprintf(main_thread, sizeof(main_thread), "%d", pid);
        read_field(pid, thread, "Seccomp_filters:", filters);
        read_field(pid, main_thread, "Seccomp_filters:", filters_of_main);
        return getenv("TSAN_OPTIONS") == NULL || strcmp(filters, filters_of_main) == 0;
}

START_TEST(every_thread_has_given_up_everything)
{
        unsigned count = 0;
        char path[64];

        doors_open(&doors, NULL);
        pid_t pid = doors.server.process.pid;
        snprintf(path, sizeof(path), "/proc/%d/task", pid);
        DIR *threads = opendir(path);
        ck_assert_ptr_nonnull(threads);
        for (const struct dirent *entry; (entry = readdir(threads)) != NULL;)
                if (entry->d_name[0] != '.' && is_own(pid, entry->d_name)) {
                        expect_bound(pid, entry->d_name);
                        count++;
                }
        closedir(threads);
        ck_assert_uint_eq(count, 1 + DOORS_WORKERS);
        doors_close(&doors);
}
END_TEST

/* What nobody's own process is: one that another of nobody's may look into. */
START_TEST(memory_is_hidden)
{
        char path[64];
        struct stat status;

        doors_open(&doors, NULL);
        snprintf(path, sizeof(path), "/proc/%d/mem", doors.server.process.pid);
        ck_assert_int_eq(stat(path, &status), 0);
        ck_assert_uint_eq(status.st_uid, 0);
        doors_close(&doors);
}
END_TEST

START_TEST(what_holds_is_told)
{
        doors_open(&doors, NULL);
        ck_assert_uint_eq(server_logged(&doors.server, "sandbox", "missing"), 0);
        if (is_root()) {
                ck_assert_uint_eq(server_logged(&doors.server, "sandbox", "uid"), NOBODY);
                ck_assert_uint_eq(server_logged(&doors.server, "sandbox", "gid"), NOBODY);
        }
        ck_assert_uint_ge(server_logged(&doors.server, "sandbox", "landlock_version"), 1);
        ck_assert_uint_eq(server_figure(&doors.server, "sandbox_missing"), 0);
        server_await_log(&doors.server, "level=info event=sandbox ", 0);
        doors_close(&doors);
}
END_TEST

START_TEST(whole_sandbox_can_be_required)
{
        const char *const arguments[] = { "--require-sandbox", NULL };

        doors_open(&doors, arguments);
        ck_assert_uint_eq(server_logged(&doors.server, "sandbox", "missing"), 0);
        doors_close(&doors);
}
END_TEST

static void echo_by_every_door(void)
{
        for (enum door door = 0; door < DOOR_COUNT; door++) {
                struct client client;
                if (!doors_has(door))
                        continue;
                doors_enter(&doors, door, &client, door);
                client_exchange(&client, 1, 300000);
                client_close(&client);
        }
}

/* Also the one run in which a sanitizer may search for leaks. */
START_TEST(server_without_the_sandbox_says_so_and_echoes)
{
        const char *const arguments[] = { "--no-sandbox", NULL };

        doors_open(&doors, arguments);
        server_await_log(&doors.server, "level=warn event=sandbox ", 0);
        server_await_log(&doors.server, "seccomp=\"off: --no-sandbox\"", 0);
        ck_assert_uint_eq(server_figure(&doors.server, "sandbox_missing"), 6);
        char filtered[64];
        char thread[16];
        snprintf(thread, sizeof(thread), "%d", doors.server.process.pid);
        read_field(doors.server.process.pid, thread, "Seccomp:", filtered);
        ck_assert_str_eq(filtered, getenv(PROCESS_CONFINED) != NULL ? "2" : "0");
        echo_by_every_door();
        doors_close(&doors);
}
END_TEST

/* A kernel without it, or a container that wants to be one. */
struct lack {
        long call;
        const char *says;
};

static const struct lack lacks[] = {
        { SYS_landlock_create_ruleset, "landlock=\"off: Function not implemented\"" },
        { SYS_seccomp, "seccomp=\"off: Function not implemented\"" },
        { SYS_capset, "capabilities=\"off: Function not implemented\"" },
};

enum { LACK_COUNT = sizeof(lacks) / sizeof(lacks[0]) };

static void start_lacking(const struct lack *lack, const char *option)
{
        const char *const arguments[] = { process_echod(), "tcp:127.0.0.1:0", "--workers=2", option,
                                          NULL };

        process_start(&process, &(struct process_setup){ .arguments = arguments,
                                                         .missing_call = lack->call });
}

static void expect_lack_told(const struct lack *lack)
{
        ck_assert_ptr_nonnull(process_await(&process, "event=sandbox ", 0));
        ck_assert_msg(strstr(process.output, "level=warn event=sandbox missing=1 ") != NULL, "%s",
                      process.output);
        ck_assert_msg(strstr(process.output, lack->says) != NULL, "%s", process.output);
}

START_TEST(missing_part_is_told_and_done_without)
{
        start_lacking(&lacks[_i], NULL);
        expect_lack_told(&lacks[_i]);
        ck_assert_ptr_nonnull(process_await(&process, "event=ready", 0));
        process_signal(&process, SIGTERM);
        ck_assert_int_eq(process_wait(&process), 0);
}
END_TEST

START_TEST(missing_part_that_is_required_ends_the_server)
{
        start_lacking(&lacks[_i], "--require-sandbox");
        expect_lack_told(&lacks[_i]);
        const char *told = strstr(process.output, "event=sandbox ");
        const char *next = process_await(&process, "event=", (size_t)(told + 1 - process.output));
        ck_assert_ptr_nonnull(next);
        ck_assert_msg(strstr(next, "event=start_failed what=--require-sandbox") == next, "%s",
                      process.output);
        int code = process_wait(&process);
        ck_assert_msg(code == 71, "exit code %d:\n%s", code, process.output);
        ck_assert_ptr_null(strstr(process.output, "event=ready"));
}
END_TEST

static int run_as(uid_t uid, const char *user)
{
        const char *const arguments[] = { process_echod(), "tcp:127.0.0.1:0", user, NULL };

        return process_run(&process, &(struct process_setup){
                                         .arguments = arguments, .is_bare = true, .uid = uid });
}

static void expect_refused(int code, int expected, const char *says)
{
        ck_assert_msg(code == expected, "exit code %d:\n%s", code, process.output);
        ck_assert_msg(strstr(process.output, says) != NULL, "no `%s` in:\n%s", says,
                      process.output);
        ck_assert_ptr_null(strstr(process.output, "event=listening"));
}

START_TEST(root_that_is_not_told_who_to_become_is_refused)
{
        if (is_root())
                expect_refused(run_as(0, NULL), 78, "event=start_failed what=--user");
}
END_TEST

START_TEST(unknown_user_is_refused)
{
        expect_refused(run_as(0, "--user=no-such-user-here"), 78, "no such user in /etc/passwd");
}
END_TEST

START_TEST(user_who_may_not_become_another_is_told_so)
{
        int code = run_as(is_root() ? NOBODY : 0, "--user=4711:4711");

        ck_assert_msg(code == 77, "exit code %d:\n%s", code, process.output);
        ck_assert_ptr_nonnull(strstr(process.output, "what=--user reason=\"not permitted"));
        ck_assert_ptr_null(strstr(process.output, "event=ready"));
}
END_TEST

static void start_as(const char *user, const char *second)
{
        const char *const arguments[] = { process_echod(), "tcp:127.0.0.1:0", user, second, NULL };

        process_start(&process, &(struct process_setup){ .arguments = arguments, .is_bare = true });
        ck_assert_msg(process_await(&process, "event=ready", 0) != NULL, "%s", process.output);
}

static void stop_and_expect(const char *says)
{
        process_signal(&process, SIGTERM);
        ck_assert_int_eq(process_wait(&process), 0);
        ck_assert_msg(strstr(process.output, says) != NULL, "no `%s` in:\n%s", says,
                      process.output);
}

START_TEST(user_is_taken_by_numbers_or_is_root_by_choice)
{
        if (!is_root())
                return;
        start_as("--user=4711:4712", NULL);
        stop_and_expect("event=sandbox missing=0 uid=4711 gid=4712 ");
        start_as("--user=root", NULL);
        char caps[64];
        char thread[16];
        snprintf(thread, sizeof(thread), "%d", process.pid);
        read_field(process.pid, thread, "CapPrm:", caps);
        ck_assert_str_eq(caps, "0000000000000000");
        stop_and_expect("event=sandbox missing=0 uid=0 gid=0 ");
}
END_TEST

/* Its own folder lets it remove the path; one of root's does not, which is told. */
START_TEST(path_in_a_folder_of_root_is_left_with_a_warning)
{
        char path[FOLDER_PATH_SIZE];
        char listener[FOLDER_PATH_SIZE + 8];

        if (!is_root())
                return;
        folder_make(&folder);
        folder_join(&folder, "s", path);
        snprintf(listener, sizeof(listener), "unix:%s", path);
        for (unsigned i = 0; i < 2; i++) {
                start_as("--user=nobody", listener);
                stop_and_expect("event=socket_left what=s");
                ck_assert_uint_eq(folder_file_count(&folder), 1);
        }
        folder_remove(&folder);
}
END_TEST

/* The first line that is ever formatted, and that after the files are out of reach. */
START_TEST(first_line_of_all_may_come_late)
{
        const char *const arguments[] = { process_echod(), "tcp:127.0.0.1:0", "--log-level=error",
                                          "--workers=2", NULL };

        process_start(&process, &(struct process_setup){ .arguments = arguments });
        const char *sealed = getenv(PROCESS_CONFINED) != NULL ? "2" : "1";
        struct limit limit = limit_start();
        char filters[64] = "";
        char thread[16];
        snprintf(thread, sizeof(thread), "%d", process.pid);
        /* No event tells that it is ready. */
        while (strcmp(filters, sealed) != 0 && limit_left_ms(&limit) > 0)
                read_field(process.pid, thread, "Seccomp_filters:", filters);
        process_signal(&process, SIGHUP);
        ck_assert_ptr_nonnull(process_await(&process, "event=reload_failed", 0));
        process_signal(&process, SIGTERM);
        ck_assert_int_eq(process_wait(&process), 0);
}
END_TEST

/* The kernel starts the waits of main and workers anew, by calls of its own. */
START_TEST(stopped_and_continued_server_goes_on)
{
        doors_open(&doors, NULL);
        for (unsigned i = 0; i < 20; i++) {
                process_stop(&doors.server.process);
                process_signal(&doors.server.process, SIGCONT);
        }
        echo_by_every_door();
        doors_close(&doors);
}
END_TEST

/* Draining takes calls that serving does not. */
START_TEST(drain_with_connections_open_stays_within_the_list)
{
        const char *const arguments[] = { "--drain-timeout=1s", NULL };
        struct client clients[DOOR_COUNT];

        doors_open(&doors, arguments);
        doors_enter_mixed(&doors, clients, DOOR_COUNT);
        client_exchange(clients, DOOR_COUNT, 1000);
        process_signal(&doors.server.process, SIGTERM);
        ck_assert_int_eq(process_wait(&doors.server.process), 0);
        client_close_all(clients, DOOR_COUNT);
        doors_expect_gone(&doors);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("sandbox");

        tcase_add_test(tcase, every_thread_has_given_up_everything);
        tcase_add_test(tcase, memory_is_hidden);
        tcase_add_test(tcase, what_holds_is_told);
        tcase_add_test(tcase, whole_sandbox_can_be_required);
        tcase_add_test(tcase, server_without_the_sandbox_says_so_and_echoes);
        tcase_add_loop_test(tcase, missing_part_is_told_and_done_without, 0, LACK_COUNT);
        tcase_add_loop_test(tcase, missing_part_that_is_required_ends_the_server, 0, LACK_COUNT);
        tcase_add_test(tcase, root_that_is_not_told_who_to_become_is_refused);
        tcase_add_test(tcase, unknown_user_is_refused);
        tcase_add_test(tcase, user_who_may_not_become_another_is_told_so);
        tcase_add_test(tcase, user_is_taken_by_numbers_or_is_root_by_choice);
        tcase_add_test(tcase, path_in_a_folder_of_root_is_left_with_a_warning);
        tcase_add_test(tcase, first_line_of_all_may_come_late);
        tcase_add_test(tcase, stopped_and_continued_server_goes_on);
        tcase_add_test(tcase, drain_with_connections_open_stays_within_the_list);
        return suite_run(tcase);
}
