/* SPDX-License-Identifier: MIT */
/* Holds a single thread of a process under test, as a debugger does: no signal can do that. */
#pragma once

#include "process.h"

enum { FREEZE_THREADS_MAX = 16 };

/* The threads besides the main one, in the order they were started; returns how many there are. */
unsigned freeze_list(const struct process *process, pid_t ret_threads[FREEZE_THREADS_MAX]);

/*
 * The thread runs no further, from now on until freeze_end(). False where this machine does not
 * allow it. A test must not fail in between: who is killed then cannot be waited for.
 */
bool freeze_begin(pid_t thread);
void freeze_end(pid_t thread);
