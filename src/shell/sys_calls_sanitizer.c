/* SPDX-License-Identifier: MIT */
/*
 * What the runtimes of ASan, UBSan and TSan call, in any thread: their own locks and memory, and
 * the report of a finding, which looks for its modules in /proc in vain. Only for tests: no program
 * is given to anybody that is built so.
 */
#include "shell/sys_calls.h"

/* clang-format off */
const struct sys_call sys_calls_more[] = {
        { "exit_group", SYS_WORKER | SYS_MAIN },
        { "futex", SYS_WORKER | SYS_MAIN },
        { "getpid", SYS_WORKER | SYS_MAIN },
        { "gettid", SYS_WORKER | SYS_MAIN },
        { "gettimeofday", SYS_WORKER | SYS_MAIN },
        { "ioctl", SYS_WORKER | SYS_MAIN },
        { "madvise", SYS_WORKER | SYS_MAIN },
        { "mmap", SYS_WORKER | SYS_MAIN },
        { "munmap", SYS_WORKER | SYS_MAIN },
        { "newfstatat", SYS_WORKER | SYS_MAIN },
        { "openat", SYS_WORKER | SYS_MAIN },
        { "prctl", SYS_WORKER | SYS_MAIN },
        { "rt_sigprocmask", SYS_WORKER | SYS_MAIN },
        { "sched_yield", SYS_WORKER | SYS_MAIN },
        { "sigaltstack", SYS_WORKER | SYS_MAIN },
        { "write", SYS_WORKER | SYS_MAIN },
};
/* clang-format on */

const unsigned sys_calls_more_count = sizeof(sys_calls_more) / sizeof(sys_calls_more[0]);
