/* SPDX-License-Identifier: MIT */
/*
 * With which errnos each kernel call may fail: all that its man page lists. The sweep fails the
 * simulated kernel's calls by them, the kernel suite those of Linux.
 */
#pragma once

#include "support/sim.h"

enum { CALL_ERRORS_MAX = 28 };

struct call_errors {
        const char *name;            /* such as sys_recv */
        int errors[CALL_ERRORS_MAX]; /* 0 ends them; none = it cannot fail */
};

extern const struct call_errors call_errors[SIM_CALL_COUNT];
