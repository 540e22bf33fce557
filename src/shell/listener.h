/* SPDX-License-Identifier: MIT */
/*
 * Listening sockets: how one is opened, and what an error of accept(2) means. Every option that a
 * connection needs is set here and inherited by the accepted sockets (socket(7), tcp(7)), so none
 * is set after accept.
 */
#pragma once

#include <sys/socket.h>

#include "core/counters.h"

/* Waiting connections asked of the kernel, which takes less if net.core.somaxconn is lower. */
enum { LISTENER_BACKLOG = 4096 };

/*
 * Unsent bytes that the kernel accepts before it calls a socket full. Low, so that a chunk parked
 * behind a slow reader leaves in time, and megabytes do not hide in the kernel.
 */
enum { LISTENER_NOTSENT_SIZE = 128 * 1024 };

/*
 * Opens a TCP socket that listens on the address; port 0 takes a free one. The kernel keeps bytes
 * for a peer that no longer answers for twice stall_ns (TCP_USER_TIMEOUT), 0 = its default. Returns
 * the descriptor, the caller's, or -errno; nothing is left open on failure.
 */
__attribute__((warn_unused_result)) int listener_open(const struct sockaddr *address,
                                                      uint32_t address_size, uint64_t stall_ns);

/* What kind of failure an errno of accept(2) is; positive errno. */
enum counters_accept_error listener_classify(int error);
