/* SPDX-License-Identifier: MIT */
#include "support/environment_script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/ensure.h"
#include "service/environment.h"
#include "support/words.h"

enum { PID = 862 };

/* The same question, asked of the C library. */
static bool is_number(const char *text, uint64_t *ret_number)
{
        if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text))
                return false;
        errno = 0;
        *ret_number = strtoull(text, NULL, 10);
        return errno == 0;
}

static bool is_set(const char *text)
{
        return text != NULL && text[0] != '\0';
}

static bool is_ours(const char *pid)
{
        uint64_t number;

        return is_set(pid) && is_number(pid, &number) && number == PID;
}

static bool are_names(const char *text, uint64_t count)
{
        const char *end = text;

        for (uint64_t names = 1; true; text = end + 1, names++) {
                end = strchrnul(text, ':');
                if (end - text > ENVIRONMENT_NAME_MAX)
                        return false;
                if (*end == '\0')
                        return names == count;
        }
}

/* How many sockets there must be; UINT64_MAX = the texts are wrong. */
static uint64_t expected_sockets(const struct environment_texts *texts)
{
        uint64_t count;

        if (!is_set(texts->listen_fds) || !is_ours(texts->listen_pid))
                return 0;
        if (!is_number(texts->listen_fds, &count) || count > ENVIRONMENT_SOCKETS_MAX)
                return UINT64_MAX;
        if (count > 0 && is_set(texts->listen_fdnames) && !are_names(texts->listen_fdnames, count))
                return UINT64_MAX;
        return count;
}

static bool is_address(const char *text)
{
        return (text[0] == '/' || text[0] == '@') && strlen(text) >= 2 && strlen(text) <= 107;
}

/* How long the manager waits; UINT64_MAX = the text is wrong. */
static uint64_t expected_watchdog_ns(const struct environment_texts *texts)
{
        uint64_t us;
        uint64_t ns;

        if (!is_set(texts->watchdog_usec))
                return 0;
        if (is_set(texts->watchdog_pid) && !is_ours(texts->watchdog_pid))
                return 0;
        if (!is_number(texts->watchdog_usec, &us) || us == 0 ||
            __builtin_mul_overflow(us, UINT64_C(1000), &ns))
                return UINT64_MAX;
        return ns;
}

/* They are the text, cut at the colons. */
static void check_names(const struct environment *environment, const char *text)
{
        for (uint32_t i = 0; i < environment->socket_count; i++) {
                const struct environment_name *name = &environment->names[i];
                if (!is_set(text)) {
                        ensure(name->size == 0);
                        continue;
                }
                ensure(name->text == text);
                ensure(memchr(name->text, ':', name->size) == NULL);
                text += name->size + (i + 1 < environment->socket_count);
        }
}

static void check_notify(const struct environment *environment, const char *text)
{
        const char *path = environment->notify.sun_path;

        if (!is_set(text)) {
                ensure(environment->notify_size == 0);
                return;
        }
        ensure(environment->notify_size == offsetof(struct sockaddr_un, sun_path) + strlen(text));
        ensure(path[0] == (text[0] == '@' ? '\0' : '/'));
        ensure(memcmp(path + 1, text + 1, strlen(text) - 1) == 0);
}

static void check(const struct environment_texts *texts)
{
        struct environment environment;
        struct complaint complaint;
        uint64_t sockets = expected_sockets(texts);
        uint64_t watchdog_ns = expected_watchdog_ns(texts);
        bool is_right = sockets != UINT64_MAX && watchdog_ns != UINT64_MAX &&
                        (!is_set(texts->notify_socket) || is_address(texts->notify_socket));

        memset(&environment, WORDS_UNTOUCHED, sizeof(environment));
        memset(&complaint, WORDS_UNTOUCHED, sizeof(complaint));
        ensure(environment_read(texts, PID, &environment, &complaint) == is_right);
        words_check_complaint(&complaint, !is_right);
        if (!is_right) {
                ensure(words_are_untouched(&environment, sizeof(environment)));
                return;
        }
        ensure(environment.socket_count == sockets);
        ensure(environment.watchdog_ns == watchdog_ns);
        check_names(&environment, texts->listen_fdnames);
        check_notify(&environment, texts->notify_socket);
}

void environment_script_run(const uint8_t *data, size_t size)
{
        enum { TEXTS = 6 };
        struct words words;
        const char *texts[TEXTS] = { NULL };

        words_split(&words, "echod", data, size);
        for (int i = 0; i < TEXTS && i + 1 < words.count; i++)
                texts[i] = words.words[i + 1];
        check(&(struct environment_texts){ .listen_pid = texts[0],
                                           .listen_fds = texts[1],
                                           .listen_fdnames = texts[2],
                                           .notify_socket = texts[3],
                                           .watchdog_pid = texts[4],
                                           .watchdog_usec = texts[5] });
        words_free(&words);
}
