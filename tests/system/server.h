/* SPDX-License-Identifier: MIT */
/* A running echod: started until it is ready, asked for its figures, drained. */
#pragma once

#include "client.h"
#include "process.h"

enum { SERVER_STATUS_SIZE = 2048 };

struct server {
        struct process process;
        uint16_t port; /* of its first listener */
        char status[SERVER_STATUS_SIZE];
};

/*
 * Starts echod on a free port of 127.0.0.1, with these further arguments, and waits until it is
 * ready. They end in NULL; NULL = none.
 */
void server_start(struct server *server, const char *const *arguments);

/* The same at a listener of the caller's, and no other. */
void server_start_at(struct server *server, const char *listener, const char *const *arguments);

/* The same as the first, where close_range(2) is refused: all its threads share one descriptor
 * table. */
void server_start_confined(struct server *server, const char *const *arguments);

/* The port of a TCP or UDP listener, by its place on the command line. */
uint16_t server_port(const struct server *server, unsigned listener);

/* Waits for a line of log with the text, at offset `from` of the output or later. */
void server_await_log(struct server *server, const char *text, size_t from);

/* Waits until the log has so many lines with the text. */
void server_await_lines(struct server *server, const char *text, unsigned count);

/* How many times the text is in its log, as far as that was read. */
unsigned server_count_lines(const struct server *server, const char *text);

/* A figure of its status line, now. */
uint64_t server_figure(struct server *server, const char *key);

/* Waits until a figure has a value, or at least that value. */
void server_await_figure(struct server *server, const char *key, uint64_t value);
void server_await_figure_least(struct server *server, const char *key, uint64_t least);

/* All datagrams that were dropped, for whatever reason, by the last figure that was asked for. */
uint64_t server_dropped(const struct server *server);

/* Waits until so many datagrams were received, and each of them was sent or dropped. */
void server_await_datagrams(struct server *server, uint64_t received);

/* The first datagram that it ever got was dropped for that reason; NULL = it was answered. */
void server_expect_dropped(struct server *server, const char *reason);

/* Waits until no connection is open, and then sees that every accepted one ended for a reason. */
void server_await_all_closed(struct server *server, uint64_t accepted);

/*
 * The client, the only one ever, sends until the server holds bytes in a block that it cannot send
 * back yet. The server has read every byte by then: nothing waits in its kernel.
 */
void server_park(struct server *server, struct client *client);

/* A figure of the last line of an event in its log, such as drain_end; after its end, too. */
uint64_t server_logged(const struct server *server, const char *event, const char *key);

/* SIGTERM, with no connection open; it must exit 0. */
void server_stop(struct server *server);
