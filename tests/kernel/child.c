/* SPDX-License-Identifier: MIT */
#include "child.h"

#include <check.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* A sanitizer's handlers would make calls of their own, and a core is nothing to look at here. */
static void die_plainly(void)
{
        const struct rlimit none = { 0 };

        signal(SIGILL, SIG_DFL);
        signal(SIGSYS, SIG_DFL);
        (void)setrlimit(RLIMIT_CORE, &none);
}

int child_run(int (*act)(const void *argument), const void *argument)
{
        int status = 0;
        pid_t pid = fork();

        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
                die_plainly();
                _exit(act(argument));
        }
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
                return CHILD_DENIED;
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGILL)
                return CHILD_TRAPPED;
        ck_assert_msg(WIFEXITED(status), "ended by signal %d", WTERMSIG(status));
        return WEXITSTATUS(status);
}
