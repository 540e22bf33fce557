/* SPDX-License-Identifier: MIT */
/* Who may connect, and how often, when a proxy connects for many: its clients count, not itself. */
#include <errno.h>
#include <stdio.h>

#include "doors.h"
#include "limit.h"
#include "preamble.h"
#include "suite.h"

enum { MOST = 3 };

static struct doors doors;
static struct server *const server = &doors.server;

/* A client behind the proxy that comes by that door. */
static void enter_by(enum door door, struct client *client, const struct preamble *header,
                     unsigned number)
{
        doors_enter(&doors, door, client, number);
        client_send_behind(client, header->bytes, header->size, 100);
        client_receive(client);
}

static void fail_by(enum door door, const struct preamble *header)
{
        struct client client;

        doors_enter(&doors, door, &client, 99);
        client_send_behind(&client, header->bytes, header->size, 100);
        ck_assert_int_eq(client_await_reset(&client), ECONNRESET);
        client_close(&client);
}

static void enter(struct client *client, const char *from, unsigned number)
{
        struct preamble header = preamble_of(1 + number % 2, from);

        enter_by(DOOR_IP4, client, &header, number);
}

static void fail_to_enter(const char *from)
{
        for (unsigned version = 1; version <= 2; version++) {
                struct preamble header = preamble_of(version, from);
                fail_by(DOOR_IP4, &header);
        }
}

static void expect_closed(const char *key, uint64_t count)
{
        server_await_figure(server, key, count);
}

static void leave_by_fin(struct client *client)
{
        client_finish(client);
        client_expect_end(client);
        client_close(client);
}

/* All connections of the client end that way: then as many are to be had again, at once. */
static void check_release(void (*leave)(struct client *), const char *ended)
{
        const char *const arguments[] = { "--max-connections-per-source=3", NULL };
        struct client clients[MOST];
        struct client other;

        doors_open_proxied(&doors, arguments);
        for (unsigned round = 1; round <= 3; round++) {
                for (unsigned i = 0; i < MOST; i++)
                        enter(&clients[i], "198.51.100.1", i);
                fail_to_enter("198.51.100.1");
                enter(&other, "198.51.100.2", 10);
                for (unsigned i = 0; i < MOST; i++)
                        leave(&clients[i]);
                leave(&other);
                expect_closed(ended, round * (MOST + 1));
        }
        expect_closed("closed_source", 6);
        server_await_all_closed(server, 3 * (MOST + 1 + 2));
        ck_assert_uint_eq(server_figure(server, "refused_source"), 0);
        doors_close(&doors);
}

START_TEST(place_of_a_client_is_free_when_it_has_seen_the_end)
{
        check_release(leave_by_fin, "closed_peer_finished");
}
END_TEST

START_TEST(place_of_a_client_is_free_after_its_reset)
{
        check_release(client_reset, "closed_peer_reset");
}
END_TEST

START_TEST(place_of_a_client_is_free_after_a_timeout)
{
        const char *const arguments[] = { "--max-connections-per-source=1", "--idle-timeout=200ms",
                                          NULL };
        struct client client;

        doors_open_proxied(&doors, arguments);
        for (unsigned i = 0; i < 3; i++) {
                enter(&client, "198.51.100.1", i);
                client_expect_end(&client);
                client_close(&client);
        }
        expect_closed("closed_idle", 3);
        server_await_all_closed(server, 3);
        doors_close(&doors);
}
END_TEST

START_TEST(clients_count_and_their_proxy_does_not)
{
        enum { CROWD = 40 };
        const char *const arguments[] = { "--max-connections-per-source=1", NULL };
        struct client clients[CROWD];
        char from[32];

        doors_open_proxied(&doors, arguments);
        for (unsigned i = 0; i < CROWD; i++) {
                snprintf(from, sizeof(from), "198.51.100.%u", i);
                struct preamble header = preamble_of(1 + i % 2, from);
                enter_by(i % DOOR_IP6, &clients[i], &header, i);
        }
        /* By whatever door they come. */
        for (unsigned i = 0; i < CROWD; i++) {
                snprintf(from, sizeof(from), "198.51.100.%u", i);
                struct preamble header = preamble_of(1 + i % 2, from);
                fail_by((i + 1) % DOOR_IP6, &header);
        }
        client_close_all(clients, CROWD);
        server_await_all_closed(server, 2 * CROWD);
        ck_assert_uint_eq(server_figure(server, "closed_source"), CROWD);
        doors_close(&doors);
}
END_TEST

/* Nobody is charged with a connection as long as it is not known whose it is. */
START_TEST(half_a_header_takes_no_place)
{
        const char *const arguments[] = { "--max-connections-per-source=1", NULL };
        struct preamble header = preamble_of(2, "127.0.0.1");
        struct client halves[3];
        struct client client;

        doors_open_proxied(&doors, arguments);
        for (unsigned i = 0; i < 3; i++) {
                doors_enter(&doors, DOOR_IP4, &halves[i], i);
                client_send_behind(&halves[i], header.bytes, header.size - 1, 0);
        }
        enter(&client, "127.0.0.1", 10);
        client_close_all(halves, 3);
        client_close(&client);
        server_await_all_closed(server, 4);
        ck_assert_uint_eq(server_figure(server, "closed_source"), 0);
        doors_close(&doors);
}
END_TEST

static void check_real_peer(const struct preamble *header)
{
        const char *const arguments[] = { "--max-connections-per-source=1", NULL };
        struct preamble same = preamble_of(2, "127.0.0.1");
        struct client client;
        struct client by_path[2];

        doors_open_proxied(&doors, arguments);
        enter_by(DOOR_IP4, &client, header, 1);
        fail_by(DOOR_IP4, header);
        fail_by(DOOR_ANY_IP4, header);
        fail_by(DOOR_ANY_IP4, &same);
        /* A Unix socket has none. */
        for (unsigned i = 0; i < 2; i++)
                enter_by(DOOR_PATH, &by_path[i], header, 2 + i);
        client_reset(&client);
        expect_closed("closed_peer_reset", 1);
        enter_by(DOOR_IP4, &client, &same, 4);
        client_close(&client);
        client_close_all(by_path, 2);
        server_await_all_closed(server, 7);
        ck_assert_uint_eq(server_figure(server, "closed_source"), 3);
        doors_close(&doors);
}

START_TEST(who_names_no_client_counts_itself)
{
        struct preamble local = preamble_block(PREAMBLE_LOCAL, PREAMBLE_TCP4);
        struct preamble unspecified = preamble_block(PREAMBLE_PROXY, PREAMBLE_UNSPEC);
        struct preamble unknown =
            preamble_text("PROXY UNKNOWN 198.51.100.1 198.51.100.2 4242 7\r\n");

        preamble_add_client(&local, "198.51.100.1");
        preamble_add_client(&unspecified, "198.51.100.1");
        check_real_peer(&local);
        check_real_peer(&unspecified);
        check_real_peer(&unknown);
}
END_TEST

START_TEST(mapped_client_is_the_plain_one)
{
        const char *const arguments[] = { "--max-connections-per-source=2", NULL };
        struct client clients[2];

        doors_open_proxied(&doors, arguments);
        enter(&clients[0], "::ffff:198.51.100.1", 0);
        enter(&clients[1], "198.51.100.1", 1);
        fail_to_enter("198.51.100.1");
        fail_to_enter("::ffff:198.51.100.1");
        client_close_all(clients, 2);
        server_await_all_closed(server, 6);
        ck_assert_uint_eq(server_figure(server, "closed_source"), 4);
        doors_close(&doors);
}
END_TEST

START_TEST(ip6_clients_count_by_their_network)
{
        const char *const arguments[] = { "--max-connections-per-source=2", NULL };
        struct client clients[3];

        doors_open_proxied(&doors, arguments);
        enter(&clients[0], "2001:db8:0:1::1", 0);
        enter(&clients[1], "2001:db8:0:1::2", 1);
        enter(&clients[2], "2001:db8:0:2::1", 2);
        fail_to_enter("2001:db8:0:1:ffff::3");
        client_close_all(clients, 3);
        server_await_all_closed(server, 5);
        doors_close(&doors);
}
END_TEST

/* One table for who is named, and for who comes by itself to another listener. */
START_TEST(client_is_the_same_without_a_proxy)
{
        const char *const arguments[] = { "tcp:*:0", "--max-connections-per-source=1", NULL };
        struct preamble header = preamble_of(2, "127.0.0.2");
        struct place from = place_at("127.0.0.2", 0);
        struct place to;
        struct client direct;
        struct client proxied;

        server_start_at(server, "tcp:127.0.0.1:0,proxy", arguments);
        doors.places[DOOR_IP4] = place_ip4(server->port);
        to = place_ip4(server_port(server, 1));
        enter_by(DOOR_IP4, &proxied, &header, 1);
        client_connect_from(&direct, &from, &to, 2);
        ck_assert_int_eq(client_await_reset(&direct), ECONNRESET);
        client_close(&direct);
        client_reset(&proxied);
        expect_closed("closed_peer_reset", 1);
        client_connect_from(&direct, &from, &to, 3);
        client_exchange(&direct, 1, 100);
        fail_by(DOOR_IP4, &header);
        client_close(&direct);
        server_await_all_closed(server, 3);
        ck_assert_uint_eq(server_figure(server, "refused_source"), 1);
        server_stop(server);
}
END_TEST

START_TEST(denied_client_is_reset)
{
        const char *const arguments[] = { "--deny=198.51.100.0/24", "--allow=198.51.100.7/32",
                                          "--allow=0.0.0.0/0", "--log-level=debug", NULL };
        struct preamble header = preamble_of(2, "198.51.100.1");
        struct client clients[2];

        doors_open_proxied(&doors, arguments);
        fail_to_enter("198.51.100.1");
        fail_to_enter("::ffff:198.51.100.255");
        /* None of its family is allowed. */
        fail_to_enter("2001:db8::1");
        fail_by(DOOR_PATH, &header);
        enter(&clients[0], "198.51.100.7", 0);
        enter(&clients[1], "192.0.2.1", 1);
        expect_closed("closed_access", 7);
        server_await_log(server, " reason=access\n", 0);
        client_close_all(clients, 2);
        server_await_all_closed(server, 9);
        ck_assert_uint_eq(server_figure(server, "refused_access"), 0);
        doors_close(&doors);
}
END_TEST

/* Before a byte is read, so that only who may be a proxy can name anybody. */
START_TEST(denied_proxy_is_refused_whoever_it_names)
{
        const char *const arguments[] = { "--deny=127.0.0.1/32", "--deny=198.51.100.1/32", NULL };
        struct preamble allowed = preamble_of(2, "198.51.100.2");
        struct preamble denied = preamble_of(2, "198.51.100.1");
        struct place from = place_at("127.0.0.2", 0);
        struct client client;

        doors_open_proxied(&doors, arguments);
        doors_enter(&doors, DOOR_IP4, &client, 1);
        ck_assert_int_eq(client_await_reset(&client), ECONNRESET);
        client_close(&client);
        server_await_figure(server, "refused_access", 1);
        ck_assert_uint_eq(server_figure(server, "accepted"), 0);
        client_connect_from(&client, &from, &doors.places[DOOR_IP4], 2);
        client_send_behind(&client, allowed.bytes, allowed.size, 100);
        client_receive(&client);
        client_close(&client);
        client_connect_from(&client, &from, &doors.places[DOOR_IP4], 3);
        client_send_behind(&client, denied.bytes, denied.size, 100);
        ck_assert_int_eq(client_await_reset(&client), ECONNRESET);
        client_close(&client);
        server_await_all_closed(server, 2);
        ck_assert_uint_eq(server_figure(server, "closed_access"), 1);
        doors_close(&doors);
}
END_TEST

/* One address list for both: who allows only its proxies has let in nobody else. */
START_TEST(allowed_proxy_does_not_let_its_clients_in)
{
        const char *const arguments[] = { "--allow=127.0.0.0/8", NULL };
        struct preamble local = preamble_block(PREAMBLE_LOCAL, PREAMBLE_UNSPEC);
        struct client client;

        doors_open_proxied(&doors, arguments);
        fail_to_enter("198.51.100.1");
        enter_by(DOOR_IP4, &client, &local, 1);
        client_close(&client);
        server_await_all_closed(server, 3);
        ck_assert_uint_eq(server_figure(server, "closed_access"), 2);
        doors_close(&doors);
}
END_TEST

START_TEST(accept_rate_is_of_each_client)
{
        enum { RATE = 5, CROWD = 60 };
        const char *const arguments[] = { "--accept-rate=5", NULL };
        struct preamble header = preamble_of(2, "198.51.100.1");
        struct client clients[CROWD];
        struct client others[2 * RATE];
        char from[32];

        doors_open_proxied(&doors, arguments);
        uint64_t start_us = limit_now_us();
        for (unsigned i = 0; i < CROWD; i++) {
                doors_enter(&doors, i % DOOR_IP6, &clients[i], i);
                client_send_behind(&clients[i], header.bytes, header.size, 1);
        }
        server_await_figure_least(server, "closed_rate", 1);
        for (unsigned i = 0; i < 2 * RATE; i++) {
                snprintf(from, sizeof(from), "192.0.2.%u", i);
                enter(&others[i], from, CROWD + i);
        }
        /* Each of the crowd had a byte echoed, or was reset. */
        uint64_t served;
        do
                served = server_figure(server, "received_bytes") - 2 * RATE * 100;
        while (served + server_figure(server, "closed_rate") < CROWD);
        uint64_t most = 2 * RATE + (limit_now_us() - start_us) * RATE / 1000000 + 1;
        ck_assert_uint_ge(served, 2 * RATE);
        ck_assert_uint_le(served, most);
        client_close_all(clients, CROWD);
        client_close_all(others, 2 * RATE);
        server_await_all_closed(server, CROWD + 2 * RATE);
        ck_assert_uint_eq(server_figure(server, "refused_rate"), 0);
        doors_close(&doors);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("proxy limits");

        tcase_add_test(tcase, place_of_a_client_is_free_when_it_has_seen_the_end);
        tcase_add_test(tcase, place_of_a_client_is_free_after_its_reset);
        tcase_add_test(tcase, place_of_a_client_is_free_after_a_timeout);
        tcase_add_test(tcase, clients_count_and_their_proxy_does_not);
        tcase_add_test(tcase, half_a_header_takes_no_place);
        tcase_add_test(tcase, who_names_no_client_counts_itself);
        tcase_add_test(tcase, mapped_client_is_the_plain_one);
        tcase_add_test(tcase, ip6_clients_count_by_their_network);
        tcase_add_test(tcase, client_is_the_same_without_a_proxy);
        tcase_add_test(tcase, denied_client_is_reset);
        tcase_add_test(tcase, denied_proxy_is_refused_whoever_it_names);
        tcase_add_test(tcase, allowed_proxy_does_not_let_its_clients_in);
        tcase_add_test(tcase, accept_rate_is_of_each_client);
        return suite_run(tcase);
}
