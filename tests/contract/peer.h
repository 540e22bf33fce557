/* SPDX-License-Identifier: MIT */
/*
 * The client's end of a connection, and what else differs between the kernels under test.
 * peer_linux.c has real sockets on loopback, peer_sim.c the clients of the simulated kernel.
 *
 * What a peer sends (position-coded, see payload.h) or finishes has arrived at the server's kernel
 * when the call returns. Bytes that the server sends are checked against what the peer sent.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct peer {
        int handle;      /* -1 = none, or closed */
        uint32_t stream; /* its payload; counts connections since kernel_open() */
        uint64_t sent;
        uint64_t received;
        bool is_unix; /* by a Unix stream socket, else TCP */
};

/* A kernel in which nothing is open; it has at least 20 descriptors and at most 128. */
void kernel_open(void);
/* Fails if the simulated kernel was left with anything open. */
void kernel_close(void);
/* Time passes until then, by sys_clock(). */
void kernel_await(uint64_t deadline_ns);
/* Connections of this listener get buffers that are soon full; ask before listening. */
void kernel_shrink_buffers(int listen_fd);

/* A Unix stream socket that listens; its port is for peer_connect_unix(). */
int kernel_listen_unix(uint16_t *ret_port);
void peer_connect_unix(struct peer *peer, uint16_t port);

/* 0 or -ECONNREFUSED. */
int peer_connect(struct peer *peer, uint16_t port);
/* Connecting gets no answer, as from a listener whose backlog is full. */
bool peer_is_unanswered(uint16_t port);

void peer_send(struct peer *peer, uint32_t size);
/* The last byte of them is urgent. */
void peer_send_urgent(struct peer *peer, uint32_t size);
/* Returns what was taken; it may be under way. */
uint32_t peer_send_some(struct peer *peer, uint32_t size);
/* Sends one byte to a server that does not want any. */
void peer_send_in_vain(struct peer *peer);
/* Waits for these bytes, and takes them. */
void peer_receive(struct peer *peer, uint64_t size);
/* No byte follows, but the server's end. */
void peer_expect_end(struct peer *peer);
/* The server reset the connection; bytes that came before may be lost. */
void peer_expect_reset(struct peer *peer);

void peer_finish(struct peer *peer);
/* With close(2): a reset if bytes were not received. A Unix socket knows no other reset. */
void peer_close(struct peer *peer);
void peer_reset(struct peer *peer);
