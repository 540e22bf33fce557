/* SPDX-License-Identifier: MIT */
/* Connections that do nothing, or take nothing, end; others do not. */
#include <errno.h>
#include <poll.h>
#include <signal.h>

#include "client.h"
#include "limit.h"
#include "server.h"
#include "suite.h"

static struct server server;

START_TEST(idle_connection_is_finished)
{
        const char *const arguments[] = { "--idle-timeout=200ms", NULL };
        struct client client;

        server_start(&server, arguments);
        client_connect(&client, server.port, 1);
        client_exchange(&client, 1, 1000);
        client_expect_end(&client);
        client_close(&client);
        server_await_all_closed(&server, 1);
        ck_assert_uint_eq(server_figure(&server, "closed_idle"), 1);
        server_stop(&server);
}
END_TEST

static bool has_ended(const struct client *client)
{
        struct pollfd wanted = { .fd = client->fd, .events = POLLIN };

        return poll(&wanted, 1, 0) > 0;
}

/* The idle one is the clock: when it has ended, the older active one has outlived the timeout. */
START_TEST(active_connection_outlives_the_idle_timeout)
{
        const char *const arguments[] = { "--idle-timeout=1s", NULL };
        struct limit limit;
        struct client active;
        struct client idle;

        server_start(&server, arguments);
        client_connect(&active, server.port, 1);
        client_exchange(&active, 1, 1);
        client_connect(&idle, server.port, 2);
        limit = limit_start();
        while (!has_ended(&idle)) {
                ck_assert_msg(limit_left_ms(&limit) > 0, "the idle one never ends");
                client_exchange(&active, 1, 1);
        }
        client_expect_end(&idle);
        client_exchange(&active, 1, 1000);
        client_close(&idle);
        client_close(&active);
        server_await_all_closed(&server, 2);
        ck_assert_uint_eq(server_figure(&server, "closed_idle"), 1);
        server_stop(&server);
}
END_TEST

/* Nothing of it is left unread, which would make the kernel send the reset by itself. */
START_TEST(stalled_peer_is_reset)
{
        const char *const arguments[] = { "--stall-timeout=300ms", NULL };
        struct client client;

        server_start(&server, arguments);
        client_connect_small(&client, server.port, 1);
        server_park(&server, &client);
        server_await_all_closed(&server, 1);
        client_expect_reset(&client);
        client_close(&client);
        ck_assert_uint_eq(server_figure(&server, "closed_stall"), 1);
        server_stop(&server);
}
END_TEST

/*
 * The kernel has a timeout of its own for peers that do not answer. This one answers, and takes
 * nothing: also a server that comes late must call that a stall.
 */
START_TEST(stalled_peer_is_not_called_vanished)
{
        const char *const arguments[] = { "--stall-timeout=3s", NULL };
        struct client client;

        server_start(&server, arguments);
        client_connect_small(&client, server.port, 1);
        client_send_until_blocked(&client, 1);
        process_stop(&server.process);
        limit_watch(3500);
        process_signal(&server.process, SIGCONT);
        ck_assert_int_eq(client_await_reset(&client), ECONNRESET);
        client_close(&client);
        server_await_all_closed(&server, 1);
        ck_assert_uint_eq(server_figure(&server, "closed_peer_vanished"), 0);
        ck_assert_uint_eq(server_figure(&server, "closed_stall"), 1);
        server_stop(&server);
}
END_TEST

START_TEST(stalled_peer_does_not_end_the_others)
{
        const char *const arguments[] = { "--stall-timeout=300ms", NULL };
        struct client stalled;
        struct client idle;

        server_start(&server, arguments);
        client_connect(&idle, server.port, 1);
        client_exchange(&idle, 1, 1000);
        client_connect_small(&stalled, server.port, 2);
        client_send_until_blocked(&stalled, 1);
        ck_assert_int_eq(client_await_reset(&stalled), ECONNRESET);
        client_exchange(&idle, 1, 1000);
        client_close(&stalled);
        client_close(&idle);
        server_stop(&server);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("timeouts");

        tcase_add_test(tcase, idle_connection_is_finished);
        tcase_add_test(tcase, active_connection_outlives_the_idle_timeout);
        tcase_add_test(tcase, stalled_peer_is_reset);
        tcase_add_test(tcase, stalled_peer_is_not_called_vanished);
        tcase_add_test(tcase, stalled_peer_does_not_end_the_others);
        return suite_run(tcase);
}
