/* SPDX-License-Identifier: MIT */
/* Where a client connects to, on this machine, whatever the family. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct place {
        struct sockaddr_storage address;
        socklen_t size;
};

/* 127.0.0.1 and ::1 */
struct place place_ip4(uint16_t port);
struct place place_ip6(uint16_t port);

/* Any address, as a literal: IPv4, or IPv6 without brackets. */
struct place place_at(const char *host, uint16_t port);

/* A Unix socket, by its path or by its abstract name, without the '@'. */
struct place place_path(const char *path);
struct place place_name(const char *name);

/* False on a machine that has no ::1. */
bool place_has_ip6(void);

/* True when nobody listens there. */
bool place_is_refused(const struct place *place);
