/* SPDX-License-Identifier: MIT */
/* How a worker takes the header by which a proxy tells for whom it connects: see core/proxy.h. */
#pragma once

#include "shell/worker.h"

/*
 * A turn of a connection that has a header to come: looks at what has arrived, if it wants HEADER
 * and is readable. A header that is complete is ahead then, to be skipped by the pump; one that is
 * none, or whose client is refused, ends the connection.
 */
void worker_take_header(struct worker *worker, struct conn *conn);
