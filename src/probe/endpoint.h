/* SPDX-License-Identifier: MIT */
/*
 * Sockets towards the target. Each function is >= 0 or a negative errno; a descriptor returned is
 * nonblocking, closed on exec, and the caller's.
 */
#pragma once

#include <stdint.h>

#include "words/address.h"

/*
 * Starts connecting; *ret_is_open tells whether that is done (Unix, datagrams), else the socket
 * becomes writable and endpoint_error() tells. `source` is 0 for an address of the kernel's choice;
 * any other number stands for an address of its own, 127.x.y.z, where the target is one of those
 * too: so ports never run out, and the server sees many sources. A Unix socket whose backlog is
 * full is waited for, up to `timeout_ns`; then it is -EAGAIN.
 */
int endpoint_open(const struct address *target, uint64_t source, uint64_t timeout_ns,
                  bool *ret_is_open);

/* What became of a connection that was started: 0 or a negative errno. */
int endpoint_error(int fd);
