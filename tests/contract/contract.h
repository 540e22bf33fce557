/* SPDX-License-Identifier: MIT */
/*
 * Assertions about a kernel that hold for Linux and for the simulated one alike. The server's side
 * is sys_* of shell/sys.h, the client's side is peer.h; a wire is a connection with both ends. Each
 * test starts with a listener and an epoll of its own.
 */
#pragma once

#include <check.h>
#include <errno.h>
#include <stdint.h>

#include "peer.h"
#include "shell/sys.h"

enum {
        PATIENCE_MS = 5000,                      /* until what must come is given up */
        SILENCE_MS = 50,                         /* how long what must not come is waited for */
        BUFFER_SIZE = 65536,                     /* most bytes of one call */
        QUEUE_MAX = 16 << 20,                    /* more than any connection queues */
        FINISHED = EPOLLIN | EPOLLRDHUP,         /* the peer's end came */
        CLOSED = FINISHED | EPOLLOUT | EPOLLHUP, /* both sides ended */
        BROKEN = CLOSED | EPOLLERR,              /* the same, and an error can be fetched */
};

/* What the server asks for a connection. */
#define EDGES (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET)

struct wire {
        int fd; /* the server's; -1 = closed */
        struct peer peer;
        uint64_t received;
        uint64_t sent;
};

/* Listens with a backlog for all, in buffers that are soon full. */
extern struct contract {
        int poll_fd;
        int listen_fd;
        uint16_t port;
} contract;

/* A socket that is bound and does not listen; port 0 = any. */
int listener_bind(uint16_t port);
uint16_t listener_port(int listen_fd);
/* Sets an option of the listener that is open. */
void listener_set(int level, int name, int value);
/* Waits until a connection waits. */
void listener_await(int listen_fd);
/* The same, and accepts it. */
int listener_accept(int listen_fd);
/* Closes it and forgets it. */
void listener_close(void);

void wire_open(struct wire *wire);
/* By its descriptor. */
uint64_t wire_token(const struct wire *wire);
void wire_watch(const struct wire *wire, uint32_t events);
/* Instead of what it was watched for; tells of what is true. */
void wire_watch_again(const struct wire *wire, uint32_t events);
/* The peer sends these, and the server takes them. */
void wire_feed(struct wire *wire, uint32_t size);
/* Waits until epoll would tell of any of these. */
void wire_await(const struct wire *wire, uint32_t events);
/* One recv of up to BUFFER_SIZE gives exactly these bytes. */
void wire_receive(struct wire *wire, uint32_t size);
/* One recv of that size fills it. */
void wire_receive_part(struct wire *wire, uint32_t size);
/* As wire_receive(), and they stay. */
void wire_peek(struct wire *wire, uint32_t size);
/* What recv returns that gives no bytes: 0 or -errno. */
long wire_receive_nothing(const struct wire *wire);
/* Sends so many of the bytes that the peer sent; all must be taken. */
void wire_send(struct wire *wire, uint32_t size);
/* Sends one; the result. */
long wire_try_send(struct wire *wire);
/* Echoes until the kernel takes no more; the events of it are gone. */
void wire_fill(struct wire *wire);
/* The peer takes bytes little by little until that event comes. */
void wire_drain_until_event(struct wire *wire, uint32_t events);
/* The peer takes whatever was sent to it. */
void wire_drain(struct wire *wire);
void wire_close_server(struct wire *wire);
/* Closes what is open yet. */
void wire_close(struct wire *wire);

/* Exactly these events come for the token, maybe one after the other. */
void expect_events(int poll_fd, uint64_t token, uint32_t events);
void expect_wire_events(const struct wire *wire, uint32_t events);
void expect_silence(int poll_fd);

void contract_accepting(TCase *tcase);
void contract_bytes(TCase *tcase);
void contract_datagrams(TCase *tcase);
void contract_edges(TCase *tcase);
void contract_finish(TCase *tcase);
void contract_paths(TCase *tcase);
void contract_ports(TCase *tcase);
void contract_reset(TCase *tcase);
void contract_space(TCase *tcase);
void contract_timers(TCase *tcase);
void contract_unix(TCase *tcase);
void contract_urgent(TCase *tcase);
