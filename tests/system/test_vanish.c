/* SPDX-License-Identifier: MIT */
/*
 * Clients that are gone without a word: their machine has lost its power or its network. Here a
 * filter on the client's socket drops whatever comes for it, so nothing is ever answered, not even
 * by a reset.
 */
#include <inttypes.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "client.h"
#include "figures.h"
#include "limit.h"
#include "server.h"
#include "suite.h"

/* The kernel would go on for minutes by itself; the limit of a test is less. */
static const char *const arguments[] = { "--stall-timeout=1s", "--workers=2", NULL };

static struct server server;

static void vanish(const struct client *client)
{
        struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
        struct sock_fprog program = { .len = 1, .filter = &drop };

        ck_assert_int_eq(
            setsockopt(client->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)), 0);
}

static unsigned port_of(const struct client *client)
{
        struct sockaddr_in address;
        socklen_t size = sizeof(address);

        ck_assert_int_eq(getsockname(client->fd, (struct sockaddr *)&address, &size), 0);
        return ntohs(address.sin_port);
}

/* True while the kernel keeps the server's end of a connection, whoever owns it. */
static bool is_in_kernel(unsigned client_port)
{
        FILE *table = fopen("/proc/net/tcp", "re");
        char line[512];
        bool is_found = false;

        ck_assert(table != NULL);
        while (!is_found && fgets(line, sizeof(line), table) != NULL) {
                unsigned local;
                unsigned remote;
                is_found = sscanf(line, " %*d: %*x:%x %*x:%x", &local, &remote) == 2 &&
                           local == server.port && remote == client_port;
        }
        fclose(table);
        return is_found;
}

static void await_gone(unsigned client_port)
{
        struct limit limit = limit_start();

        while (is_in_kernel(client_port)) {
                ck_assert_msg(limit_left_ms(&limit) > 0, "the kernel keeps it");
                limit_pause();
        }
}

/* The worker sees it, or the kernel tells it: both happens within twice the stall timeout. */
static void expect_end(unsigned client_port)
{
        server_await_all_closed(&server, 1);
        ck_assert_uint_eq(server_figure(&server, "closed_stall") +
                              server_figure(&server, "closed_peer_vanished"),
                          1);
        await_gone(client_port);
}

START_TEST(client_that_vanishes_with_bytes_owed_ends)
{
        struct client client;

        server_start(&server, arguments);
        client_connect(&client, server.port, 1);
        client_send_until_blocked(&client, 1);
        server_await_figure(&server, "parked", 1);
        vanish(&client);
        client_finish(&client);
        ck_assert(is_in_kernel(port_of(&client)));
        expect_end(port_of(&client));
        client_close(&client);
        server_stop(&server);
}
END_TEST

/* All is sent and the connection closed, as far as the server is concerned. */
START_TEST(client_that_vanishes_after_its_half_close_leaves_nothing_in_the_kernel)
{
        const uint64_t size = 100000;
        struct client client;

        server_start(&server, arguments);
        client_connect_small(&client, server.port, 1);
        client_send(&client, size);
        server_await_figure(&server, "sent_bytes", size);
        client_await_acknowledged(&client);
        client_finish(&client);
        vanish(&client);
        server_await_all_closed(&server, 1);
        ck_assert_uint_eq(server_figure(&server, "closed_peer_finished"), 1);
        ck_assert(is_in_kernel(port_of(&client)));
        await_gone(port_of(&client));
        client_close(&client);
        server_stop(&server);
}
END_TEST

/* It reads all that comes until it vanishes, so its window is open and the kernel sends. */
START_TEST(client_that_vanishes_while_it_reads_ends)
{
        struct client client;

        server_start(&server, arguments);
        client_connect(&client, server.port, 1);
        client_exchange(&client, 1, 1 << 20);
        process_stop(&server.process);
        client_send(&client, 50000);
        client_finish(&client);
        vanish(&client);
        process_signal(&server.process, SIGCONT);
        server_await_all_closed(&server, 1);
        await_gone(port_of(&client));
        client_close(&client);
        server_stop(&server);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("vanish");

        tcase_add_test(tcase, client_that_vanishes_with_bytes_owed_ends);
        tcase_add_test(tcase,
                       client_that_vanishes_after_its_half_close_leaves_nothing_in_the_kernel);
        tcase_add_test(tcase, client_that_vanishes_while_it_reads_ends);
        return suite_run(tcase);
}
