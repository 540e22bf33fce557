/* SPDX-License-Identifier: MIT */
#include "doors.h"

#include <check.h>
#include <stdio.h>
#include <unistd.h>

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

void doors_open(struct doors *doors, const char *const *arguments)
{
        static unsigned opened;
        char path[FOLDER_PATH_SIZE];
        char path_listener[FOLDER_PATH_SIZE + 8];
        char name_listener[64];
        const char *words[PROCESS_ARGUMENTS_MAX] = { "tcp:*:0", path_listener, name_listener,
                                                     "--workers=2" };
        unsigned count = 4;

        folder_make(&doors->folder);
        folder_join(&doors->folder, "s", path);
        snprintf(path_listener, sizeof(path_listener), "unix:%s", path);
        snprintf(name_listener, sizeof(name_listener), "unix:@echod-test-%d-%u", getpid(),
                 opened++);
        if (place_has_ip6())
                words[count++] = "tcp:[::1]:0";
        for (unsigned i = 0; arguments != NULL && arguments[i] != NULL; i++) {
                ck_assert_uint_lt(count + 1, PROCESS_ARGUMENTS_MAX);
                words[count++] = arguments[i];
        }
        server_start(&doors->server, words);
        add_places(doors, path, name_listener + sizeof("unix:@") - 1);
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
