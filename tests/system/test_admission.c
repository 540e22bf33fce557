/* SPDX-License-Identifier: MIT */
/* Who may connect, how often and how many times, told apart by where they come from. */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "datagram.h"
#include "doors.h"
#include "limit.h"
#include "server.h"
#include "suite.h"

enum { MOST = 3 };

static struct server server;
static struct doors doors;

/* A client at 127.0.0.1 from that address. */
static void connect_from(struct client *client, const char *from, uint16_t port, unsigned number)
{
        struct place source = place_at(from, 0);
        struct place to = place_ip4(port);

        client_connect_from(client, &source, &to, number);
}

static void enter(struct client *client, const char *from, unsigned number)
{
        connect_from(client, from, server.port, number);
        client_exchange(client, 1, 100);
}

static void fail_to_enter(const char *from)
{
        struct client client;

        connect_from(&client, from, server.port, 99);
        ck_assert_int_eq(client_await_reset(&client), ECONNRESET);
        client_close(&client);
}

static void expect_refused(const char *key, uint64_t count)
{
        server_await_figure(&server, key, count);
}

static void leave_by_fin(struct client *client)
{
        client_finish(client);
        client_expect_end(client);
        client_close(client);
}

/* All connections of the source end that way: then as many are to be had again, at once. */
static void check_release(void (*leave)(struct client *), const char *ended)
{
        const char *const arguments[] = { "--max-connections-per-source=3", "--workers=2", NULL };
        struct client clients[2 * MOST];
        struct client other;

        server_start(&server, arguments);
        for (unsigned round = 0; round < 2; round++) {
                for (unsigned i = 0; i < MOST; i++)
                        enter(&clients[i], "127.0.0.2", i);
                for (unsigned i = 0; i < 2; i++)
                        fail_to_enter("127.0.0.2");
                enter(&other, "127.0.0.3", 10);
                for (unsigned i = 0; i < MOST; i++)
                        leave(&clients[i]);
                leave(&other);
                if (leave != leave_by_fin)
                        server_await_figure(&server, ended, (round + 1) * (MOST + 1));
        }
        expect_refused("refused_source", 4);
        server_await_all_closed(&server, 2 * (MOST + 1));
        ck_assert_uint_eq(server_figure(&server, ended), 2 * (MOST + 1));
        server_stop(&server);
}

START_TEST(place_of_a_source_is_free_when_it_has_seen_the_end)
{
        check_release(leave_by_fin, "closed_peer_finished");
}
END_TEST

START_TEST(place_of_a_source_is_free_after_its_reset)
{
        check_release(client_reset, "closed_peer_reset");
}
END_TEST

START_TEST(place_of_a_source_is_free_after_a_timeout)
{
        const char *const arguments[] = { "--max-connections-per-source=1", "--idle-timeout=200ms",
                                          NULL };
        struct client client;

        server_start(&server, arguments);
        for (unsigned i = 0; i < 3; i++) {
                enter(&client, "127.0.0.2", i);
                client_expect_end(&client);
                client_close(&client);
        }
        server_await_all_closed(&server, 3);
        expect_refused("refused_source", 0);
        server_stop(&server);
}
END_TEST

/* By an IPv4 socket and, mapped, by a dual-stack one. */
START_TEST(source_is_the_same_by_every_listener)
{
        const char *const arguments[] = { "tcp:*:0", "--max-connections-per-source=2", NULL };
        struct client clients[2];
        struct client refused;

        server_start(&server, arguments);
        connect_from(&clients[0], "127.0.0.2", server_port(&server, 0), 0);
        client_exchange(&clients[0], 1, 100);
        connect_from(&clients[1], "127.0.0.2", server_port(&server, 1), 1);
        client_exchange(&clients[1], 1, 100);
        for (unsigned i = 0; i < 2; i++) {
                connect_from(&refused, "127.0.0.2", server_port(&server, i), 2);
                ck_assert_int_eq(client_await_reset(&refused), ECONNRESET);
                client_close(&refused);
        }
        expect_refused("refused_source", 2);
        client_close_all(clients, 2);
        server_await_all_closed(&server, 2);
        server_stop(&server);
}
END_TEST

START_TEST(burst_is_twice_the_accept_rate)
{
        enum { RATE = 5, CROWD = 60 };
        const char *const arguments[] = { "--accept-rate=5", "--workers=2", NULL };
        struct client clients[CROWD];
        struct client other;

        server_start(&server, arguments);
        uint64_t start_us = limit_now_us();
        for (unsigned i = 0; i < CROWD; i++)
                connect_from(&clients[i], "127.0.0.2", server.port, i);
        server_await_figure_least(&server, "refused_rate", 1);
        enter(&other, "127.0.0.3", CROWD);
        while (server_figure(&server, "accepted") + server_figure(&server, "refused_rate") <
               CROWD + 1)
                continue;
        uint64_t accepted = server_figure(&server, "accepted") - 1;
        uint64_t most = 2 * RATE + (limit_now_us() - start_us) * RATE / 1000000 + 1;
        ck_assert_uint_ge(accepted, 2 * RATE);
        ck_assert_uint_le(accepted, most);
        client_close_all(clients, CROWD);
        client_close(&other);
        server_await_all_closed(&server, accepted + 1);
        server_stop(&server);
}
END_TEST

START_TEST(longest_network_decides_for_streams)
{
        const char *const arguments[] = { "--allow=127.0.0.0/8", "--deny=127.0.0.0/30",
                                          "--allow=127.0.0.2/32", "--workers=1", NULL };
        struct client clients[2];

        server_start(&server, arguments);
        fail_to_enter("127.0.0.1");
        fail_to_enter("127.0.0.3");
        enter(&clients[0], "127.0.0.2", 0);
        enter(&clients[1], "127.0.0.4", 1);
        expect_refused("refused_access", 2);
        client_close_all(clients, 2);
        server_await_all_closed(&server, 2);
        server_stop(&server);
}
END_TEST

static bool answers(const char *from, const char *to, uint16_t port)
{
        struct datagram_client client;
        struct place source = place_at(from, 0);
        struct place at = place_at(to, port);
        uint64_t received = server_figure(&server, "datagrams_received");
        uint64_t sent = server_figure(&server, "datagrams_sent");

        datagram_open_from(&client, &source, &at, 1);
        datagram_send(&client, 0, 100);
        server_await_datagrams(&server, received + 1);
        bool is_answered = server_figure(&server, "datagrams_sent") > sent;
        if (is_answered)
                datagram_expect(&client, 0, 100);
        datagram_close(&client);
        return is_answered;
}

START_TEST(longest_network_decides_for_datagrams)
{
        const char *const arguments[] = { "--deny=127.0.0.0/30", "--allow=127.0.0.2/32",
                                          "--allow=127.0.0.0/8", NULL };
        const char *const listeners[] = { "udp:127.0.0.1:0", "udp:*:0" };

        for (unsigned i = 0; i < 2; i++) {
                server_start_at(&server, listeners[i], arguments);
                ck_assert(!answers("127.0.0.1", "127.0.0.1", server.port));
                ck_assert(!answers("127.0.0.3", "127.0.0.1", server.port));
                ck_assert(answers("127.0.0.2", "127.0.0.1", server.port));
                ck_assert(answers("127.0.0.4", "127.0.0.1", server.port));
                ck_assert_uint_eq(server_figure(&server, "dropped_access"), 2);
                if (i == 1 && place_has_ip6())
                        ck_assert(!answers("::1", "::1", server.port));
                server_stop(&server);
        }
}
END_TEST

START_TEST(network_that_is_allowed_and_denied_is_named)
{
        const char *const arguments[] = { process_echod(), "--allow=10.0.0.0/8",
                                          "--deny=10.0.0.0/8", NULL };
        static struct process process;

        ck_assert_int_eq(process_run(&process, &(struct process_setup){ .arguments = arguments }),
                         64);
        ck_assert_ptr_nonnull(strstr(process.output, "--deny: `10.0.0.0/8`"));
}
END_TEST

START_TEST(unix_sockets_know_no_source)
{
        enum { CROWD = 8 };
        const char *const arguments[] = { "--max-connections-per-source=1", "--accept-rate=1",
                                          "--deny=0.0.0.0/0", "--deny=::/0", NULL };
        struct client clients[CROWD];

        doors_open(&doors, arguments);
        doors_enter_all(&doors, DOOR_NAME, clients, CROWD);
        client_exchange(clients, CROWD, 100);
        client_close_all(clients, CROWD);
        server_await_all_closed(&doors.server, CROWD);
        doors_close(&doors);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("admission");

        tcase_add_test(tcase, place_of_a_source_is_free_when_it_has_seen_the_end);
        tcase_add_test(tcase, place_of_a_source_is_free_after_its_reset);
        tcase_add_test(tcase, place_of_a_source_is_free_after_a_timeout);
        tcase_add_test(tcase, source_is_the_same_by_every_listener);
        tcase_add_test(tcase, burst_is_twice_the_accept_rate);
        tcase_add_test(tcase, longest_network_decides_for_streams);
        tcase_add_test(tcase, longest_network_decides_for_datagrams);
        tcase_add_test(tcase, network_that_is_allowed_and_denied_is_named);
        tcase_add_test(tcase, unix_sockets_know_no_source);
        return suite_run(tcase);
}
