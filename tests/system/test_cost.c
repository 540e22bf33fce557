/* SPDX-License-Identifier: MIT */
/* A server with nothing to do sleeps, however many connections it has and whatever they owe. */
#include "client.h"
#include "figures.h"
#include "limit.h"
#include "server.h"
#include "suite.h"

/* Longer than it keeps memory that it could give back. */
enum { WATCH_MS = 2000 };

static struct server server;

START_TEST(idle_connections_cost_nothing)
{
        enum { CROWD = 200 };
        struct client clients[CROWD];

        server_start(&server, NULL);
        client_connect_all(clients, CROWD, server.port);
        client_exchange(clients, CROWD, 100);
        figures_expect_sleep(&server.process);
        client_exchange(clients, CROWD, 100);
        client_close_all(clients, CROWD);
        server_stop(&server);
}
END_TEST

/* Some parked, the others with bytes that wait in the kernel for a block. */
START_TEST(peers_that_never_read_cost_nothing)
{
        enum { MUTE_COUNT = 30 };
        const char *const arguments[] = { "--buffer-memory=1M", "--stall-timeout=0", NULL };
        struct client clients[MUTE_COUNT];

        server_start(&server, arguments);
        for (unsigned i = 0; i < MUTE_COUNT; i++)
                client_connect_small(&clients[i], server.port, i);
        client_send_until_blocked(clients, MUTE_COUNT);
        server_await_figure(&server, "parked", 4);
        ck_assert_uint_gt(server_figure(&server, "peek_turns"), 0);
        figures_expect_sleep(&server.process);
        /* Memory was given back meanwhile, but none that is still needed. */
        for (unsigned i = 0; i < MUTE_COUNT; i++)
                client_receive(&clients[i]);
        client_close_all(clients, MUTE_COUNT);
        server_stop(&server);
}
END_TEST

/* The first block is free and is given back; the second one is not free. */
START_TEST(memory_given_back_is_none_that_is_needed)
{
        struct client leaves;
        struct client stays;

        server_start(&server, NULL);
        client_connect_small(&leaves, server.port, 1);
        client_send_until_blocked(&leaves, 1);
        server_await_figure(&server, "parked", 1);
        client_connect_small(&stays, server.port, 2);
        client_send_until_blocked(&stays, 1);
        server_await_figure(&server, "parked", 2);
        client_reset(&leaves);
        server_await_figure(&server, "parked", 1);
        limit_watch(WATCH_MS);
        client_receive(&stays);
        client_close(&stays);
        server_stop(&server);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("cost");

        tcase_add_test(tcase, idle_connections_cost_nothing);
        tcase_add_test(tcase, peers_that_never_read_cost_nothing);
        tcase_add_test(tcase, memory_given_back_is_none_that_is_needed);
        return suite_run(tcase);
}
