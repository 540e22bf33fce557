/* SPDX-License-Identifier: MIT */
/*
 * Only in builds with a sanitizer: what its runtime asks, and does otherwise than it would for the
 * sake of the filters.
 *
 * The search for leaks at the end stops all threads by ptrace(2) and reads /proc, which no filtered
 * thread can: there it is left out. A server without the sandbox is searched, and frees by the same
 * code. Names in reports come from another program, which cannot be run: addresses have to do, and
 * llvm-symbolizer tells later what they are.
 */
#include <sys/prctl.h>

#define ASKED_BY_RUNTIME __attribute__((visibility("default"), used))

int __lsan_is_turned_off(void);
const char *__asan_default_options(void);
const char *__tsan_default_options(void);
const char *__ubsan_default_options(void);

ASKED_BY_RUNTIME int __lsan_is_turned_off(void)
{
        return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 0;
}

ASKED_BY_RUNTIME const char *__asan_default_options(void)
{
        return "symbolize=0";
}

/* Its exit would wait for the threads, which rest. */
ASKED_BY_RUNTIME const char *__tsan_default_options(void)
{
        return "symbolize=0:atexit_sleep_ms=0";
}

ASKED_BY_RUNTIME const char *__ubsan_default_options(void)
{
        return "symbolize=0";
}
