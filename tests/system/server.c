/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limit.h"

static void start(struct server *server, const char *listener, const char *const *arguments,
                  bool is_confined)
{
        const char *words[PROCESS_ARGUMENTS_MAX + 1] = { process_echod(), listener };

        for (unsigned i = 0; arguments != NULL && arguments[i] != NULL; i++) {
                ck_assert_uint_lt(i + 2, PROCESS_ARGUMENTS_MAX);
                words[i + 2] = arguments[i];
        }
        process_start(&server->process,
                      &(struct process_setup){ .arguments = words, .is_confined = is_confined });
        server_await_log(server, "event=ready", 0);
        server->port = server_port(server, 0);
}

void server_start(struct server *server, const char *const *arguments)
{
        start(server, "tcp:127.0.0.1:0", arguments, false);
}

void server_start_at(struct server *server, const char *listener, const char *const *arguments)
{
        start(server, listener, arguments, false);
}

void server_start_confined(struct server *server, const char *const *arguments)
{
        start(server, "tcp:127.0.0.1:0", arguments, true);
}

uint16_t server_port(const struct server *server, unsigned listener)
{
        const char *line = server->process.output;
        unsigned long port = 0;

        for (unsigned i = 0; i <= listener; i++) {
                line = strstr(line, "event=listening ");
                ck_assert_msg(line != NULL, "no listener %u: %s", i, server->process.output);
                line++;
        }
        const char *colon = memrchr(line, ':', strcspn(line, "\n"));
        ck_assert_msg(colon != NULL, "%s", line);
        port = strtoul(colon + 1, NULL, 10);
        ck_assert_uint_gt(port, 0);
        ck_assert_uint_le(port, UINT16_MAX);
        return (uint16_t)port;
}

void server_await_log(struct server *server, const char *text, size_t from)
{
        ck_assert_msg(process_await(&server->process, text, from) != NULL,
                      "no `%s` in the log:\n%s", text, process_tail(&server->process));
}

void server_await_lines(struct server *server, const char *text, unsigned count)
{
        size_t from = 0;

        for (unsigned i = 0; i < count; i++) {
                server_await_log(server, text, from);
                from = (size_t)(strstr(server->process.output + from, text) + 1 -
                                server->process.output);
        }
}

unsigned server_count_lines(const struct server *server, const char *text)
{
        unsigned count = 0;

        for (const char *at = server->process.output; (at = strstr(at, text)) != NULL; at++)
                count++;
        return count;
}

/* The number after " key=" in a line of log. */
static uint64_t number_of(const char *line, const char *key)
{
        char text[64];

        snprintf(text, sizeof(text), " %s=", key);
        const char *found = strstr(line, text);
        ck_assert_msg(found != NULL && found < strchr(line, '\n'), "no %s in: %s", key, line);
        return strtoull(found + strlen(text), NULL, 10);
}

/* Asks for a status line, and moves it out of the log: a test may ask thousands of times. */
static void ask_for_status(struct server *server)
{
        struct process *process = &server->process;
        size_t from = process->output_size;

        process_signal(process, SIGUSR1);
        const char *found = process_await(process, "event=status ", from);
        ck_assert_msg(found != NULL, "no status:\n%s", process_tail(process));
        const char *line = memrchr(process->output, '\n', (size_t)(found - process->output));
        char *begin = process->output + (line != NULL ? line + 1 - process->output : 0);
        const char *end = strchr(found, '\n') + 1;
        size_t size = (size_t)(end - begin);
        ck_assert_uint_lt(size, sizeof(server->status));
        memcpy(server->status, begin, size);
        server->status[size] = '\0';
        memmove(begin, end, strlen(end) + 1);
        process->output_size -= size;
}

uint64_t server_figure(struct server *server, const char *key)
{
        ask_for_status(server);
        return number_of(server->status, key);
}

static void await(struct server *server, const char *key, uint64_t least, uint64_t most)
{
        struct limit limit = limit_start();
        uint64_t value;

        while ((value = server_figure(server, key)) < least || value > most) {
                ck_assert_msg(limit_left_ms(&limit) > 0, "%s never gets %llu: %s", key,
                              (unsigned long long)least, server->status);
                limit_pause();
        }
}

void server_await_figure(struct server *server, const char *key, uint64_t value)
{
        await(server, key, value, value);
}

void server_await_figure_least(struct server *server, const char *key, uint64_t least)
{
        await(server, key, least, UINT64_MAX);
}

/* Of all figures of the last status line whose keys begin so. */
static uint64_t sum_of(const struct server *server, const char *start)
{
        uint64_t sum = 0;

        for (const char *at = server->status; (at = strstr(at, start)) != NULL; at++)
                sum += strtoull(strchr(at, '=') + 1, NULL, 10);
        return sum;
}

uint64_t server_dropped(const struct server *server)
{
        return sum_of(server, " dropped_");
}

void server_await_datagrams(struct server *server, uint64_t received)
{
        struct limit limit = limit_start();

        server_await_figure(server, "datagrams_received", received);
        while (server_figure(server, "datagrams_sent") + server_dropped(server) < received) {
                ck_assert_msg(limit_left_ms(&limit) > 0, "neither sent nor dropped: %s",
                              server->status);
                limit_pause();
        }
        ck_assert_uint_eq(number_of(server->status, "datagrams_received"), received);
        ck_assert_uint_eq(number_of(server->status, "datagrams_sent") + server_dropped(server),
                          received);
}

void server_expect_dropped(struct server *server, const char *reason)
{
        char key[64];

        server_await_datagrams(server, 1);
        ck_assert_uint_eq(server_figure(server, "datagrams_sent"), reason == NULL);
        if (reason == NULL)
                return;
        snprintf(key, sizeof(key), "dropped_%s", reason);
        ck_assert_msg(server_figure(server, key) == 1, "not %s: %s", reason, server->status);
}

void server_await_all_closed(struct server *server, uint64_t accepted)
{
        server_await_figure(server, "open", 0);
        ck_assert_uint_eq(number_of(server->status, "accepted"), accepted);
        ck_assert_uint_eq(number_of(server->status, "parked"), 0);
        ck_assert_uint_eq(number_of(server->status, "refused_limit"), 0);
        ck_assert_uint_eq(number_of(server->status, "closed_socket_error"), 0);
        ck_assert_uint_eq(sum_of(server, " closed_"), accepted);
}

/* True when the server holds unsent bytes in a block, false when it has sent all; waits for one. */
static bool is_parked(struct server *server)
{
        struct limit limit = limit_start();

        while (server_figure(server, "parked") == 0) {
                if (number_of(server->status, "sent_bytes") ==
                    number_of(server->status, "received_bytes"))
                        return false;
                ck_assert_msg(limit_left_ms(&limit) > 0, "neither: %s", server->status);
        }
        return true;
}

void server_park(struct server *server, struct client *client)
{
        const uint64_t piece_size = 8192;

        do {
                client_send(client, piece_size);
                server_await_figure(server, "received_bytes", client->sent);
        } while (!is_parked(server));
}

uint64_t server_logged(const struct server *server, const char *event, const char *key)
{
        char text[64];
        const char *line = NULL;

        snprintf(text, sizeof(text), "event=%s ", event);
        for (const char *at = server->process.output; (at = strstr(at, text)) != NULL; at++)
                line = at;
        ck_assert_msg(line != NULL, "no %s in the log:\n%s", event, process_tail(&server->process));
        return number_of(line, key);
}

void server_stop(struct server *server)
{
        process_signal(&server->process, SIGTERM);
        int code = process_wait(&server->process);
        ck_assert_msg(code == 0, "exit code %d:\n%s", code, process_tail(&server->process));
}
