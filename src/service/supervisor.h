/* SPDX-License-Identifier: MIT */
/*
 * The daemon around the worker: opens everything, starts the worker's thread, waits for signals,
 * drains, and says what happens. The main thread never touches a connection.
 */
#pragma once

#include "service/options.h"
#include "words/exit_code.h"

/* Serves until told to stop; what the process exits with. Blocks signals in the whole process. */
enum exit_code supervisor_run(const struct options *options);
