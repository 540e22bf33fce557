/* SPDX-License-Identifier: MIT */
/*
 * Sockets towards the target. Each function is >= 0 or a negative errno; a descriptor returned is
 * nonblocking, closed on exec, and the caller's.
 */
#pragma once

#include <stdint.h>

#include "words/address.h"

/*
 * A socket for connecting to the target. `source` is 0 for an address of the kernel's choice; any
 * other number stands for an address of its own, 127.x.y.z, where the target is one of those too:
 * so ports never run out, and the server sees many sources.
 */
int endpoint_open(const struct address *target, uint64_t source);

/*
 * Connects. -EINPROGRESS: the socket becomes writable, and endpoint_error() tells; -EAGAIN: the
 * backlog of a Unix socket is full, and nothing tells of room in it, so try again in a while.
 */
int endpoint_connect(int fd, const struct address *target);

/* What became of a connection that was started: 0 or a negative errno. */
int endpoint_error(int fd);
