/* SPDX-License-Identifier: MIT */
/*
 * Servers that do wrong on purpose: each is a child of the test, and a child of that for each of
 * its connections. They die with the test. Whatever cannot be done fails the test.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "probe.h"

/* What is done with a connection, or with the socket of datagrams; it is closed afterwards. */
typedef void bad_serve(int fd);

/* Writes the target to reach it by. */
void bad_server_start_tcp(bad_serve *serve, char target[PROBE_TARGET_SIZE]);
void bad_server_start_unix(bad_serve *serve, const char *path, char target[PROBE_TARGET_SIZE]);
void bad_server_start_udp(bad_serve *serve, char target[PROBE_TARGET_SIZE]);
/* Its socket takes batches whole (UDP_GRO), from the first one on. */
void bad_server_start_batches(bad_serve *serve, char target[PROBE_TARGET_SIZE]);

/* All of them; after each test. */
void bad_server_stop_all(void);

/* For those who serve; data is the caller's. Bytes read, or 0 at the end or after an error. */
uint32_t bad_server_read(int fd, void *data, uint32_t size);

/* False if the peer is gone. */
bool bad_server_write(int fd, const void *data, uint32_t size);

/* Echoes `size` bytes exactly; false if there were fewer. */
bool bad_server_echo(int fd, uint64_t size);

/* Waits until the peer has sent something, and leaves it unread. */
void bad_server_await_bytes(int fd);
