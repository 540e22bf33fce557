/* SPDX-License-Identifier: MIT */
/*
 * The filter of system calls (seccomp(2)) of one kind of thread, by the list of shell/sys_calls.h.
 * It is made once, in the memory of the process; a thread that is held to it needs nothing but one
 * call.
 */
#pragma once

#include <linux/filter.h>

#include "shell/sys_calls.h"

/* All zero = there is none. */
struct filter {
        struct sock_fprog program;
};

/* 0, and it is the caller's to free; or -errno: -ENOSYS where the kernel has no such filters. */
__attribute__((warn_unused_result)) int filter_make(enum sys_caller caller,
                                                    struct filter *ret_filter);

/*
 * From now on the calling thread makes no other call: that would end the process. Without new
 * privileges (prctl(2)) only. 0 or -errno.
 */
__attribute__((warn_unused_result)) int filter_enter(const struct filter *filter);

void filter_free(struct filter *filter);
