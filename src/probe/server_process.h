/* SPDX-License-Identifier: MIT */
/*
 * What the server's process costs, as proc(5) tells it: the process, all its threads, and the
 * children that a server has for its connections. Each is 0 or a negative errno.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/* User and system time so far, ns; of children that have ended only whole ticks of 10 ms. */
int server_process_cpu(pid_t pid, uint64_t *ret_ns);

/*
 * Proportional set size, bytes: what is shared with other processes counts in part. Pages of files
 * are left out: how much of a library counts here depends on who else uses it.
 */
int server_process_memory(pid_t pid, uint64_t *ret_size);

/* The value behind "\nKEY:" in such a text, in its own unit; 0 if it is not there. */
uint64_t server_process_field(const char *text, const char *key);

/* User and system time of ended children in the text of /proc/PID/stat, in ticks; 0 if it is none.
 */
uint64_t server_process_ended(const char *stat);
