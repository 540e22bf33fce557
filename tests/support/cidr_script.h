/* SPDX-License-Identifier: MIT */
/* What holds for the text of a network, whatever it is; stops the process where it does not. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Reads the bytes up to a NUL as a network. It is taken exactly if both sides of its slash say what
 * they should, read by other means; then it is shown as a text that says the same. Else there is a
 * complaint, and nothing else is written.
 */
void cidr_script_run(const uint8_t *data, size_t size);
