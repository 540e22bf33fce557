/* SPDX-License-Identifier: MIT */
/*
 * Command lines of echod from arbitrary bytes, one word a line. The fuzz target and the corpus
 * replay run this.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Runs the words through options_parse(), and each through the quantities and the log, and stops
 * the process where one of them breaks its promise.
 */
void options_script_run(const uint8_t *data, size_t size);
