/* SPDX-License-Identifier: MIT */
/*
 * The environment of a service manager from arbitrary bytes: LISTEN_PID, LISTEN_FDS,
 * LISTEN_FDNAMES, NOTIFY_SOCKET, WATCHDOG_PID and WATCHDOG_USEC, one a line, for the process 862;
 * lines that are missing are variables that are not set.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Reads it, and stops the process where what was read is not what the texts say. */
void environment_script_run(const uint8_t *data, size_t size);
