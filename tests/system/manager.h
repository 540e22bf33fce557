/* SPDX-License-Identifier: MIT */
/*
 * A service manager, as a test plays it: it opens sockets, hands them over to servers, one after
 * the other, and hears what it is told. Whatever cannot be done fails the test.
 */
#pragma once

#include "place.h"
#include "server.h"

enum { MANAGER_SOCKETS_MAX = 24, MANAGER_MESSAGE_SIZE = 512 };

struct manager {
        int fds[MANAGER_SOCKETS_MAX];
        unsigned count;
        const char *names;                  /* LISTEN_FDNAMES; NULL = not set */
        const char *listen_pid;             /* NULL = the server's */
        const char *watchdog_usec;          /* NULL = not set */
        int notify_fd;                      /* -1 = it does not want to be told */
        char notify[128];                   /* NOTIFY_SOCKET */
        char message[MANAGER_MESSAGE_SIZE]; /* the latest */
};

void manager_open(struct manager *manager);
void manager_close(struct manager *manager);

/* Opens a socket there, and listens if it is a stream; its place, with the real port. */
struct place manager_listen(struct manager *manager, const struct place *at, int type);

/* Hands over whatever descriptor. */
void manager_add(struct manager *manager, int fd);

/* From now on it wants to be told, there: a path, or "@name". */
void manager_listen_for_messages(struct manager *manager, const char *address);

/* Starts echod with these arguments, which end in NULL; the same, until it is ready. */
void manager_start(const struct manager *manager, struct server *server,
                   const char *const *arguments);
void manager_start_ready(const struct manager *manager, struct server *server,
                         const char *const *arguments);

/* The next message; it must come. */
const char *manager_await_message(struct manager *manager);

/* The same; it must have come already. */
const char *manager_take_message(struct manager *manager);

/* How many messages come in that time. */
unsigned manager_count_messages(struct manager *manager, unsigned ms);

/* Skips messages until one begins so. */
void manager_await(struct manager *manager, const char *beginning);
