/* SPDX-License-Identifier: MIT */
/*
 * The client's end of datagrams. visitor_linux.c has real UDP sockets on loopback, visitor_sim.c
 * the senders of the simulated kernel. All datagrams of one size have the same payload: that of the
 * stream of the same number (see payload.h).
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/ip.h"

struct visitor {
        int handle;
        struct ip address;
        uint16_t port;
};

/* A client at that address, at a port of its own. False: this machine has no IPv6. */
bool visitor_open(struct visitor *visitor, const char *address);
void visitor_close(struct visitor *visitor);

/* Sends `size` bytes, as one datagram, or cut up by that size. */
void visitor_send(struct visitor *visitor, const char *address, uint16_t port, uint32_t size);
void visitor_send_cut(struct visitor *visitor, const char *address, uint16_t port, uint32_t size,
                      uint32_t segment_size);

/* Answers of these sizes came from there, in that order; -1 ends them. */
void visitor_expect(struct visitor *visitor, const char *address, uint16_t port, const int *sizes);

/* The socket's queue is soon full. */
void kernel_shrink_queue(int fd);
