/* SPDX-License-Identifier: MIT */
/*
 * Invariants that stay on in production. A broken one is a bug in this program, never an
 * operating error: the process stops at once (SIGILL), before it can send a wrong byte.
 */
#pragma once

#include <stdbool.h>

void ensure(bool holds);
