/* SPDX-License-Identifier: MIT */
#include "doors.h"

#include <check.h>
#include <stdio.h>
#include <unistd.h>

/* The last one is there where IPv6 is. */
enum { DOORS_LISTENERS = 5 };

static void add_places(struct doors *doors, const char *path, const char *name)
{
        uint16_t any = server_port(&doors->server, 1);

        doors->places[DOOR_IP4] = place_ip4(doors->server.port);
        doors->places[DOOR_ANY_IP4] = place_ip4(any);
        doors->places[DOOR_PATH] = place_path(path);
        doors->places[DOOR_NAME] = place_name(name);
        if (!place_has_ip6())
                return;
        doors->places[DOOR_IP6] = place_ip6(server_port(&doors->server, 4));
        doors->places[DOOR_ANY_IP6] = place_ip6(any);
}

/* Each listener with those flags. */
static void open_all(struct doors *doors, const char *flags, const char *const *arguments)
{
        static unsigned opened;
        char path[FOLDER_PATH_SIZE];
        char name[64];
        char listeners[DOORS_LISTENERS][FOLDER_PATH_SIZE + 16];
        const char *words[PROCESS_ARGUMENTS_MAX] = { "--workers=2" };
        unsigned count = 1;
        unsigned listener_count = place_has_ip6() ? DOORS_LISTENERS : DOORS_LISTENERS - 1;

        folder_make(&doors->folder);
        folder_share(&doors->folder);
        folder_join(&doors->folder, "s", path);
        snprintf(name, sizeof(name), "echod-test-%d-%u", getpid(), opened++);
        snprintf(listeners[0], sizeof(listeners[0]), "tcp:127.0.0.1:0%s", flags);
        snprintf(listeners[1], sizeof(listeners[1]), "tcp:*:0%s", flags);
        snprintf(listeners[2], sizeof(listeners[2]), "unix:%s%s", path, flags);
        snprintf(listeners[3], sizeof(listeners[3]), "unix:@%s%s", name, flags);
        snprintf(listeners[4], sizeof(listeners[4]), "tcp:[::1]:0%s", flags);
        for (unsigned i = 1; i < listener_count; i++)
                words[count++] = listeners[i];
        for (unsigned i = 0; arguments != NULL && arguments[i] != NULL; i++) {
                ck_assert_uint_lt(count + 1, PROCESS_ARGUMENTS_MAX);
                words[count++] = arguments[i];
        }
        server_start_at(&doors->server, listeners[0], words);
        add_places(doors, path, name);
}

void doors_open(struct doors *doors, const char *const *arguments)
{
        open_all(doors, "", arguments);
}

void doors_open_proxied(struct doors *doors, const char *const *arguments)
{
        open_all(doors, ",proxy", arguments);
}

bool doors_has(enum door door)
{
        return (door != DOOR_IP6 && door != DOOR_ANY_IP6) || place_has_ip6();
}

bool doors_is_unix(enum door door)
{
        return door == DOOR_PATH || door == DOOR_NAME;
}

void doors_enter(const struct doors *doors, enum door door, struct client *client, unsigned number)
{
        client_connect_to(client, &doors->places[door], number);
}

void doors_enter_all(const struct doors *doors, enum door door, struct client *clients,
                     unsigned count)
{
        for (unsigned i = 0; i < count; i++)
                doors_enter(doors, door, &clients[i], i);
}

void doors_enter_mixed(const struct doors *doors, struct client *clients, unsigned count)
{
        enum door most = place_has_ip6() ? DOOR_COUNT : DOOR_IP6;

        for (unsigned i = 0; i < count; i++)
                doors_enter(doors, i % most, &clients[i], i);
}

void doors_close(struct doors *doors)
{
        server_stop(&doors->server);
        doors_expect_gone(doors);
}

void doors_expect_gone(struct doors *doors)
{
        ck_assert_uint_eq(folder_file_count(&doors->folder), 0);
        folder_remove(&doors->folder);
        for (enum door door = 0; door < DOOR_COUNT; door++)
                ck_assert(!doors_has(door) || place_is_refused(&doors->places[door]));
}
