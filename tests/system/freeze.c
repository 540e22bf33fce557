/* SPDX-License-Identifier: MIT */
#include "freeze.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

static int compare(const void *a, const void *b)
{
        pid_t left = *(const pid_t *)a;
        pid_t right = *(const pid_t *)b;

        return (left > right) - (left < right);
}

unsigned freeze_list(const struct process *process, pid_t ret_threads[FREEZE_THREADS_MAX])
{
        char path[64];
        unsigned count = 0;
        struct dirent *next;

        snprintf(path, sizeof(path), "/proc/%d/task", process->pid);
        DIR *names = opendir(path);
        ck_assert_ptr_nonnull(names);
        while ((next = readdir(names)) != NULL) {
                pid_t thread = (pid_t)strtol(next->d_name, NULL, 10);
                if (thread == 0 || thread == process->pid)
                        continue;
                ck_assert_uint_lt(count, FREEZE_THREADS_MAX);
                ret_threads[count++] = thread;
        }
        closedir(names);
        qsort(ret_threads, count, sizeof(ret_threads[0]), compare);
        return count;
}

bool freeze_begin(pid_t thread)
{
        int status = 0;

        if (ptrace(PTRACE_SEIZE, thread, NULL, NULL) < 0)
                return false;
        ck_assert(ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) == 0);
        ck_assert(waitpid(thread, &status, __WALL) == thread);
        ck_assert(WIFSTOPPED(status));
        return true;
}

void freeze_end(pid_t thread)
{
        ck_assert(ptrace(PTRACE_DETACH, thread, NULL, NULL) == 0);
}
