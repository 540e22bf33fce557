/* SPDX-License-Identifier: MIT */
/* SIGTERM may come at any moment of the start. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "folder.h"
#include "limit.h"
#include "process.h"
#include "suite.h"

enum { STARTS = 60 };

static struct process process;
static struct folder folder;

/* Starts it, and sends the signal after so many short moments. */
static int start_and_end(unsigned moments)
{
        char path[FOLDER_PATH_SIZE];
        char listener[FOLDER_PATH_SIZE + 8];
        const char *const arguments[] = { process_echod(), "tcp:127.0.0.1:0", listener,
                                          "--workers=2", NULL };

        folder_join(&folder, "s", path);
        snprintf(listener, sizeof(listener), "unix:%s", path);
        process_start(&process, &(struct process_setup){ .arguments = arguments });
        for (uint64_t end_us = limit_now_us() + moments * 200; limit_now_us() < end_us;)
                continue;
        process_signal(&process, SIGTERM);
        return process_wait(&process);
}

static void hold_signal(int how)
{
        sigset_t signals;

        sigemptyset(&signals);
        sigaddset(&signals, SIGTERM);
        ck_assert_int_eq(sigprocmask(how, &signals, NULL), 0);
}

/* Started with the signal blocked, it gets it as soon as it listens to signals. */
START_TEST(signal_that_came_before_the_start_ends_the_server_well)
{
        folder_make(&folder);
        folder_share(&folder);
        for (unsigned i = 0; i < STARTS; i++) {
                hold_signal(SIG_BLOCK);
                int code = start_and_end(i % 30);
                hold_signal(SIG_UNBLOCK);
                ck_assert_msg(code == 0, "exit code %d:\n%s", code, process.output);
                ck_assert_ptr_nonnull(strstr(process.output, "event=stopped "));
                ck_assert_uint_eq(folder_file_count(&folder), 0);
        }
        folder_remove(&folder);
}
END_TEST

/* Before it has said a word, it may be killed as any program: there is nothing to clear up. */
START_TEST(signal_during_the_start_leaves_nothing_behind)
{
        folder_make(&folder);
        folder_share(&folder);
        for (unsigned i = 0; i < STARTS; i++) {
                int code = start_and_end(i % 30);
                if (code != 128 + SIGTERM || process.output_size > 0)
                        ck_assert_msg(code == 0, "exit code %d:\n%s", code, process.output);
                ck_assert_uint_eq(folder_file_count(&folder), 0);
        }
        folder_remove(&folder);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("start");

        tcase_add_test(tcase, signal_that_came_before_the_start_ends_the_server_well);
        tcase_add_test(tcase, signal_during_the_start_leaves_nothing_behind);
        return suite_run(tcase);
}
