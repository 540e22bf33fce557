/* SPDX-License-Identifier: MIT */
/*
 * Event scripts for the core of one connection: one byte an event, any bytes are a script. The
 * exhaustive and the random property test, the fuzz target and the corpus replay all run this.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Runs a script against conn.c and a trivial model of it, and stops the process where they
 * differ. Script bytes: operation = byte % CONN_SCRIPT_OPERATIONS, argument = byte /
 * CONN_SCRIPT_OPERATIONS; what is not legal now is skipped.
 */
void conn_script_run(const uint8_t *script, size_t size);

enum { CONN_SCRIPT_OPERATIONS = 13 };
