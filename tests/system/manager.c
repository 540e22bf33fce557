/* SPDX-License-Identifier: MIT */
#include "manager.h"

#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "limit.h"

void manager_open(struct manager *manager)
{
        *manager = (struct manager){ .notify_fd = -1 };
}

void manager_close(struct manager *manager)
{
        while (manager->count > 0)
                close(manager->fds[--manager->count]);
        if (manager->notify_fd >= 0)
                close(manager->notify_fd);
}

void manager_add(struct manager *manager, int fd)
{
        ck_assert_int_ge(fd, 0);
        ck_assert_uint_lt(manager->count, MANAGER_SOCKETS_MAX);
        manager->fds[manager->count++] = fd;
}

struct place manager_listen(struct manager *manager, const struct place *at, int type)
{
        struct place place = *at;
        int fd = socket(at->address.ss_family, type | SOCK_CLOEXEC, 0);

        manager_add(manager, fd);
        ck_assert_int_eq(bind(fd, (const struct sockaddr *)&place.address, place.size), 0);
        place.size = sizeof(place.address);
        ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&place.address, &place.size), 0);
        if (type == SOCK_STREAM)
                ck_assert_int_eq(listen(fd, 1000), 0);
        return place;
}

void manager_listen_for_messages(struct manager *manager, const char *address)
{
        struct place place = address[0] == '@' ? place_name(address + 1) : place_path(address);

        manager->notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        ck_assert_int_ge(manager->notify_fd, 0);
        ck_assert_int_eq(
            bind(manager->notify_fd, (const struct sockaddr *)&place.address, place.size), 0);
        snprintf(manager->notify, sizeof(manager->notify), "%s", address);
}

static void add_variable(const char **variables, char *text, size_t text_size, const char *name,
                         const char *value)
{
        if (value == NULL)
                return;
        snprintf(text, text_size, "%s=%s", name, value);
        while (*variables != NULL)
                variables++;
        *variables = text;
}

void manager_start(const struct manager *manager, struct server *server,
                   const char *const *arguments)
{
        enum { VARIABLES = 5, TEXT_SIZE = 1024 };
        static char texts[VARIABLES][TEXT_SIZE];
        const char *variables[VARIABLES + 1] = { NULL };
        const char *words[PROCESS_ARGUMENTS_MAX + 1] = { process_echod() };
        char count[16];

        snprintf(count, sizeof(count), "%u", manager->count);
        add_variable(variables, texts[0], TEXT_SIZE, "LISTEN_FDS",
                     manager->count > 0 ? count : NULL);
        add_variable(variables, texts[1], TEXT_SIZE, "LISTEN_PID",
                     manager->listen_pid != NULL ? manager->listen_pid : "$$");
        add_variable(variables, texts[2], TEXT_SIZE, "LISTEN_FDNAMES", manager->names);
        add_variable(variables, texts[3], TEXT_SIZE, "NOTIFY_SOCKET",
                     manager->notify[0] != '\0' ? manager->notify : NULL);
        add_variable(variables, texts[4], TEXT_SIZE, "WATCHDOG_USEC", manager->watchdog_usec);
        for (unsigned i = 0; arguments != NULL && arguments[i] != NULL; i++) {
                ck_assert_uint_lt(i + 1, PROCESS_ARGUMENTS_MAX);
                words[i + 1] = arguments[i];
        }
        process_start(&server->process, &(struct process_setup){ .arguments = words,
                                                                 .inherited = manager->fds,
                                                                 .inherited_count = manager->count,
                                                                 .environment = variables });
}

void manager_start_ready(const struct manager *manager, struct server *server,
                         const char *const *arguments)
{
        manager_start(manager, server, arguments);
        server_await_log(server, "event=ready", 0);
}

/* False when none has come until then. */
static bool receive(struct manager *manager, const struct limit *limit)
{
        struct pollfd socket = { .fd = manager->notify_fd, .events = POLLIN };

        if (poll(&socket, 1, limit_left_ms(limit)) != 1)
                return false;
        ssize_t got = recv(manager->notify_fd, manager->message, MANAGER_MESSAGE_SIZE - 1, 0);
        ck_assert_int_gt(got, 0);
        manager->message[got] = '\0';
        return true;
}

const char *manager_await_message(struct manager *manager)
{
        struct limit limit = limit_start();

        ck_assert_msg(receive(manager, &limit), "nothing is told");
        return manager->message;
}

const char *manager_take_message(struct manager *manager)
{
        struct limit over = { .end_ms = 0 };

        ck_assert_msg(receive(manager, &over), "nothing was told");
        return manager->message;
}

unsigned manager_count_messages(struct manager *manager, unsigned ms)
{
        struct limit limit = { .end_ms = limit_now_ms() + ms };
        unsigned count = 0;

        while (receive(manager, &limit))
                count++;
        return count;
}

void manager_await(struct manager *manager, const char *beginning)
{
        struct limit limit = limit_start();

        do
                ck_assert_msg(receive(manager, &limit), "nobody tells %s", beginning);
        while (strncmp(manager->message, beginning, strlen(beginning)) != 0);
}
