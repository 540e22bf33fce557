/* SPDX-License-Identifier: MIT */
/*
 * What this host knows of itself, for the rules of core/datagram: the addresses of its interfaces
 * as they are at the start, and the ports at which it receives datagrams.
 */
#pragma once

#include "core/datagram.h"

enum { HOST_PORTS_MAX = 16 };

struct host {
        struct ip_set own;
        struct ip_set broadcasts;
        struct datagram_port ports[HOST_PORTS_MAX];
        uint32_t port_count;
};

/* Asks the kernel for the addresses; 0, or -errno and there is nothing to close. */
__attribute__((warn_unused_result)) int host_open(struct host *host);

/* At most HOST_PORTS_MAX times. */
void host_add_port(struct host *host, struct datagram_port port);

void host_close(struct host *host);
