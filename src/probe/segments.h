/* SPDX-License-Identifier: MIT */
/*
 * Many datagrams of one size by one call: UDP_SEGMENT to send them, UDP_GRO to take them. To the
 * other end each is a datagram of its own. Each function is >= 0 or a negative errno.
 */
#pragma once

#include <stdint.h>
#include <sys/uio.h>

/* From now on what comes to that socket may be several datagrams at once. */
int segments_coalesce(int fd);

/*
 * Sends what the parts hold, as datagrams of `size` bytes each, or as one if it is 0. A segment may
 * not be larger than segments_size_most(). Returns the bytes taken: all of them.
 */
int64_t segments_send(int fd, const struct iovec *parts, uint32_t part_count, uint16_t size);

/*
 * Takes what is next: bytes in all, of datagrams of *ret_size each, of which the last may be
 * shorter. One that is alone may be empty.
 */
int64_t segments_receive(int fd, void *data, uint32_t data_size, uint32_t *ret_size);

/* The largest segment on the way to where the socket is connected, in bytes of payload. */
int segments_size_most(int fd);
