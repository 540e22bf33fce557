/* SPDX-License-Identifier: MIT */
/*
 * Only in builds with a sanitizer. Its search for leaks at the end stops all threads by ptrace(2)
 * and reads /proc, which a thread in a filter cannot: there it is left out. A server without the
 * sandbox is searched, and frees by the same code.
 */
#include <sys/prctl.h>

/* Asked by the runtime at exit. */
int __lsan_is_turned_off(void);

__attribute__((visibility("default"), used)) int __lsan_is_turned_off(void)
{
        return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 0;
}
