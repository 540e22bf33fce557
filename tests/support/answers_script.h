/* SPDX-License-Identifier: MIT */
/*
 * Whatever a server may answer, in whatever pieces and at whatever time: scripts for the books of
 * stream.h and datagrams.h. Any bytes are a script. It sends, lets time pass, stops, and has
 * answers come that are right, nearly right or anything.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Runs a script against the books and plain models of them, and stops the process where they
 * differ. A stream ends with its first wrong byte; then the script goes on with another book. What
 * is still awaited when the script ends is answered well.
 */
void answers_script_run(const uint8_t *script, size_t size);
