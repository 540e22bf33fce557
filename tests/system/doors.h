/* SPDX-License-Identifier: MIT */
/* A server of two workers that listens in every way there is, and the ways in. */
#pragma once

#include "folder.h"
#include "place.h"
#include "server.h"

enum door {
        DOOR_IP4,
        DOOR_ANY_IP4, /* `*`, by IPv4 */
        DOOR_PATH,
        DOOR_NAME,
        DOOR_IP6,
        DOOR_ANY_IP6, /* `*`, by IPv6 */
        DOOR_COUNT,
};

enum { DOORS_WORKERS = 2 };

struct doors {
        struct server server;
        struct folder folder; /* of the Unix socket alone */
        struct place places[DOOR_COUNT];
};

/* With these further arguments, which end in NULL; NULL = none. */
void doors_open(struct doors *doors, const char *const *arguments);

/* The same, each listener with `,proxy`. */
void doors_open_proxied(struct doors *doors, const char *const *arguments);

/* False: this machine lacks the address family. */
bool doors_has(enum door door);

bool doors_is_unix(enum door door);

/* A client through a door. */
void doors_enter(const struct doors *doors, enum door door, struct client *client, unsigned number);

/* So many, numbered from 0. */
void doors_enter_all(const struct doors *doors, enum door door, struct client *clients,
                     unsigned count);

/* Numbered from 0, each through the next door that this machine has. */
void doors_enter_mixed(const struct doors *doors, struct client *clients, unsigned count);

/* SIGTERM, with no connection open; it must exit 0. */
void doors_close(struct doors *doors);

/* After its end by other means: nothing is left of it, and nothing answers. */
void doors_expect_gone(struct doors *doors);
