/* SPDX-License-Identifier: MIT */
/*
 * Command lines of echoprobe from arbitrary bytes, one word a line. The fuzz target and the corpus
 * replay run this.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Runs the words through probe_options_parse() and stops the process where it breaks its promise.
 */
void probe_options_script_run(const uint8_t *data, size_t size);
