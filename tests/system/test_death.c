/* SPDX-License-Identifier: MIT */
/* A worker that dies takes the process with it: there is no server that serves by halves. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "doors.h"
#include "freeze.h"
#include "suite.h"

static struct doors doors;
static struct process *const echod = &doors.server.process;
static struct process tracer;
static pid_t threads[FREEZE_THREADS_MAX];
static bool is_skipped;

/* False when this machine does not allow it. */
static bool break_epoll_of(pid_t thread)
{
        char text[16];

        snprintf(text, sizeof(text), "%d", thread);
        /* Nobody reads what it tells besides: a tracer that waits for that lets nobody die. */
        const char *const arguments[] = {
                "strace",
                "-o",
                "/dev/null",
                "-e",
                "trace=epoll_pwait",
                "-e",
                "inject=epoll_pwait:error=EBADF:when=2+",
                "-p",
                text,
                NULL,
        };
        process_start(&tracer, &(struct process_setup){ .arguments = arguments });
        is_skipped = process_await(&tracer, " attached", 0) == NULL;
        return !is_skipped;
}

/* The other one has nothing to do with it, and has clients of its own. */
START_TEST(worker_that_cannot_wait_any_more_ends_the_process)
{
        enum { CROWD = 20 };
        /* Its filter would end whoever makes the call that strace makes of this one. */
        const char *const arguments[] = { "--no-sandbox", NULL };
        struct client clients[CROWD];

        doors_open(&doors, arguments);
        ck_assert_uint_ge(freeze_list(echod, threads), DOORS_WORKERS);
        doors_enter_mixed(&doors, clients, CROWD);
        client_exchange(clients, CROWD, 100);
        if (!break_epoll_of(threads[_i])) {
                client_close_all(clients, CROWD);
                server_await_all_closed(&doors.server, CROWD);
                doors_close(&doors);
                return;
        }
        /* Whoever waits learns of it when something happens. */
        for (unsigned i = 0; i < CROWD; i++)
                client_close(&clients[i]);
        int code = process_wait(echod);
        ck_assert_msg(code == 70, "exit code %d:\n%s", code, process_tail(echod));
        ck_assert_ptr_nonnull(strstr(echod->output, "level=error event=worker_failed"));
        (void)server_logged(&doors.server, "stopped", "accepted");
        (void)process_wait(&tracer);
        doors_expect_gone(&doors);
}
END_TEST

/* As a trap does it, or the kernel when a filter forbids what a worker wants. */
START_TEST(signal_that_kills_one_worker_kills_all)
{
        static const int signals[] = { SIGABRT, SIGSYS, SIGXCPU };

        doors_open(&doors, NULL);
        ck_assert_uint_ge(freeze_list(echod, threads), DOORS_WORKERS);
        ck_assert(syscall(SYS_tgkill, echod->pid, threads[1], signals[_i]) == 0);
        ck_assert_int_eq(process_wait(echod), 128 + signals[_i]);
        ck_assert(place_is_refused(&doors.places[DOOR_IP4]));
        ck_assert(place_is_refused(&doors.places[DOOR_PATH]));
        folder_remove(&doors.folder);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("death");

        tcase_add_loop_test(tcase, worker_that_cannot_wait_any_more_ends_the_process, 0,
                            DOORS_WORKERS);
        tcase_add_loop_test(tcase, signal_that_kills_one_worker_kills_all, 0, 3);
        int status = suite_run(tcase);
        if (is_skipped)
                printf("skipped: strace cannot attach here: %s", tracer.output);
        return is_skipped && status == 0 ? SUITE_SKIPPED : status;
}
