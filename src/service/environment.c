/* SPDX-License-Identifier: MIT */
#include "service/environment.h"

#include <stddef.h>
#include <string.h>

#include "words/quantity.h"

static const uint64_t us_ns = 1000;

static bool is_set(const char *text)
{
        return text != NULL && text[0] != '\0';
}

static bool is_pid(const char *text, uint64_t pid)
{
        uint64_t number;

        return is_set(text) && quantity_count(text, &number) && number == pid;
}

static bool complain_of(struct complaint *complaint, const char *variable, const char *text,
                        const char *expected)
{
        struct complaint_word word;

        return complain(complaint, "%s: %s: expected %s", variable,
                        complaint_word(&word, text, strlen(text)), expected);
}

static bool read_count(const char *text, uint32_t *ret_count, struct complaint *complaint)
{
        uint64_t count;

        if (!quantity_count(text, &count) || count > ENVIRONMENT_SOCKETS_MAX)
                return complain_of(complaint, "LISTEN_FDS", text, "a number of 0 to 64");
        *ret_count = (uint32_t)count;
        return true;
}

/* One name for each socket, with colons between them. */
static bool read_names(const char *text, struct environment *environment,
                       struct complaint *complaint)
{
        static const char expected[] = "a name of at most 255 bytes for each of LISTEN_FDS";
        const char *at = text;

        for (uint32_t i = 0; i < environment->socket_count; i++) {
                size_t size = strcspn(at, ":");
                bool is_last = i + 1 == environment->socket_count;
                if (size > ENVIRONMENT_NAME_MAX || (at[size] == '\0') != is_last)
                        return complain_of(complaint, "LISTEN_FDNAMES", text, expected);
                environment->names[i] = (struct environment_name){ .text = at, .size = size };
                at += size + !is_last;
        }
        return true;
}

static bool read_sockets(const struct environment_texts *texts, uint64_t pid,
                         struct environment *environment, struct complaint *complaint)
{
        if (!is_set(texts->listen_fds) || !is_pid(texts->listen_pid, pid))
                return true;
        if (!read_count(texts->listen_fds, &environment->socket_count, complaint))
                return false;
        return !is_set(texts->listen_fdnames) ||
               read_names(texts->listen_fdnames, environment, complaint);
}

/* A path, or with '@' instead of its first NUL an abstract name (unix(7)). */
static bool read_notify(const char *text, struct environment *environment,
                        struct complaint *complaint)
{
        struct sockaddr_un *address = &environment->notify;

        if (!is_set(text))
                return true;
        size_t size = strlen(text);
        if ((text[0] != '/' && text[0] != '@') || size < 2 || size >= sizeof(address->sun_path))
                return complain_of(complaint, "NOTIFY_SOCKET", text,
                                   "a path that begins with /, or @NAME, of at most 107 bytes");
        address->sun_family = AF_UNIX;
        memcpy(address->sun_path, text, size);
        if (text[0] == '@')
                address->sun_path[0] = '\0';
        environment->notify_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
        return true;
}

static bool read_watchdog(const struct environment_texts *texts, uint64_t pid,
                          struct environment *environment, struct complaint *complaint)
{
        const char *text = texts->watchdog_usec;
        uint64_t us;

        if (!is_set(text) || (is_set(texts->watchdog_pid) && !is_pid(texts->watchdog_pid, pid)))
                return true;
        if (!quantity_count(text, &us) || us == 0 || us > UINT64_MAX / us_ns)
                return complain_of(complaint, "WATCHDOG_USEC", text, "microseconds, 1 or more");
        environment->watchdog_ns = us * us_ns;
        return true;
}

bool environment_read(const struct environment_texts *texts, uint64_t pid, struct environment *ret,
                      struct complaint *complaint)
{
        struct environment environment = { .socket_count = 0 };

        if (!read_sockets(texts, pid, &environment, complaint) ||
            !read_notify(texts->notify_socket, &environment, complaint) ||
            !read_watchdog(texts, pid, &environment, complaint))
                return false;
        *ret = environment;
        return true;
}
