/* SPDX-License-Identifier: MIT */
/*
 * The log's end of the rings that workers put their records into: reads when it is woken, and
 * checks that what it is told makes sense, in its order. One at a time, as there is one kernel.
 */
#pragma once

#include "shell/worker.h"

enum { LOGBOOK_WORKERS_MAX = 3 };

/* Opens what wakes it. */
void logbook_open(void);
/* How that worker, 0 to LOGBOOK_WORKERS_MAX - 1, tells it. */
struct teller logbook_teller(uint32_t worker, bool is_verbose);
/* Reads everything, if it was woken; if not, there must be nothing. */
void logbook_read(void);
/* Reads the rest: whoever lost nothing was told of everything once. */
void logbook_close(const struct worker *workers, uint32_t count);
