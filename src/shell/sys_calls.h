/* SPDX-License-Identifier: MIT */
/*
 * The calls by which sys_linux.c and the service reach the kernel, and who may still make them once
 * the server is ready: the one list that the filter of the sandbox is made of. Whoever is not named
 * in it, or calls with other arguments, ends the process (SIGSYS).
 *
 * A call may be in several rows; each lets through what has all of its arguments. A row with none
 * lets through all, and costs nothing: the kernel remembers which calls it never has to look at
 * (seccomp(2)), so no call that a message takes looks at arguments.
 */
#pragma once

enum sys_caller {
        SYS_START = 0, /* nobody: only before the server is ready */
        SYS_WORKER = 1 << 0,
        SYS_MAIN = 1 << 1,
};

enum { SYS_ARGUMENTS_MAX = 2 };

/* An int, of which the kernel looks at 32 bits alone. */
struct sys_argument {
        unsigned index; /* 0 to 5 */
        int value;
};

struct sys_call {
        const char *name; /* as the kernel's */
        unsigned callers; /* enum sys_caller */
        unsigned argument_count;
        struct sys_argument arguments[SYS_ARGUMENTS_MAX];
};

extern const struct sys_call sys_calls[];
extern const unsigned sys_call_count;

/* What the runtime of a sanitizer needs besides, in a build that has one; else none. */
extern const struct sys_call sys_calls_more[];
extern const unsigned sys_calls_more_count;
