/* SPDX-License-Identifier: MIT */
/*
 * A client of an echo server that knows every byte it must get back: its payload is the pattern
 * of its number. Whatever comes is checked where it comes; a wrong byte, a byte too many, an end
 * too early or no progress within the limit fails the test.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "place.h"

struct client {
        int fd;
        unsigned number;
        uint64_t sent;     /* bytes the kernel took */
        uint64_t received; /* bytes that came back, each one right */
};

/* Connects to a port of 127.0.0.1. Clients of one test have different numbers. */
void client_connect(struct client *client, uint16_t port, unsigned number);

/* The same, with small kernel buffers: it blocks the server soon. */
void client_connect_small(struct client *client, uint16_t port, unsigned number);

/* The same two, anywhere. */
void client_connect_to(struct client *client, const struct place *place, unsigned number);
void client_connect_small_to(struct client *client, const struct place *place, unsigned number);

/* The same as the first of these, from an address of this machine; its port 0 = any. */
void client_connect_from(struct client *client, const struct place *from, const struct place *to,
                         unsigned number);

/* Connects so many, numbered from 0. */
void client_connect_all(struct client *clients, unsigned count, uint16_t port);

/* Sends the next bytes of the payload; the kernel must take them all. */
void client_send(struct client *client, uint64_t size);

/* The same, the last byte marked urgent. */
void client_send_urgent(struct client *client, uint64_t size);

/*
 * Sends bytes that must never come back, such as a proxy's header, and behind them the next
 * `size` bytes of the payload, by one call. The kernel must take them all.
 */
void client_send_behind(struct client *client, const void *head, uint64_t head_size, uint64_t size);

/* Waits until the server's kernel has all that was sent. */
void client_await_acknowledged(const struct client *client);

/* Each sends, and reads nothing, until nobody's kernel takes more. */
void client_send_until_blocked(struct client *clients, unsigned count);

/* Each sends the next `size` bytes and gets all it is owed, all of them at the same time. */
void client_exchange(struct client *clients, unsigned count, uint64_t size);

/* The same for one, which reads so many bytes a second and no more. */
void client_exchange_slowly(struct client *client, uint64_t size, uint64_t rate);

/* Takes what is on its way without the server's help, until nothing comes any more. */
void client_take(struct client *client);

/* Gets all it is owed. */
void client_receive(struct client *client);

/* Ends its own side of the stream. */
void client_finish(const struct client *client);

/* The server ends the stream now, with no byte more. */
void client_expect_end(const struct client *client);

/* Waits for a reset, reading nothing; returns the errno that it left on the socket. */
int client_await_reset(const struct client *client);

/* Gets what is there; then the stream ends by a reset, not as if it were complete. */
void client_expect_reset(const struct client *client);

/* Gets what is there; then the stream ends, by whatever it ends there, before all has come. */
void client_expect_cut(struct client *client);

void client_close(struct client *client);
void client_close_all(struct client *clients, unsigned count);

/* Ends the connection at once: the server gets a reset. */
void client_reset(struct client *client);
