/* SPDX-License-Identifier: MIT */
/*
 * Datagrams as only a network of its own, and root there, can make them: from low ports, with
 * forged sources, to groups, to many addresses, to the port of RFC 862.
 */
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "datagram.h"
#include "forge.h"
#include "network.h"
#include "server.h"
#include "suite.h"

enum { ADDRESSES = 50, OWN_PORT = 1 << 16 };

static struct server server;
static int wire_fd = -1;

/* One worker: of what is sent to a group, each socket gets a copy. */
static void start(const char *listener, const char *option)
{
        const char *const arguments[] = { "--workers=1", "--udp-rate=0", "--udp-loop-guard=off",
                                          option, NULL };

        server_start_at(&server, listener, arguments);
}

/* The one datagram that it ever got. NULL = it answered. */
static void expect_dropped(const char *reason)
{
        char key[64];

        server_await_datagrams(&server, 1);
        ck_assert_uint_eq(server_figure(&server, "datagrams_sent"), reason == NULL);
        if (reason == NULL)
                return;
        snprintf(key, sizeof(key), "dropped_%s", reason);
        ck_assert_msg(server_figure(&server, key) == 1, "not %s: %s", reason, server.status);
}

static const struct {
        const char *from;
        unsigned from_port;
        const char *to;
        const char *reason;
} forgeries[] = {
        { "127.0.0.1", 40000, "127.0.0.1", NULL },
        { "127.9.9.9", 40000, "127.0.0.1", NULL },
        { "::1", 40000, "::1", NULL },
        { "fd00:9::7", 40000, "::1", NULL },
        { "127.0.0.1", OWN_PORT, "127.0.0.1", "self" },
        { "10.9.0.1", OWN_PORT, "10.9.0.1", "self" },
        { "10.9.0.1", OWN_PORT, "127.0.0.1", "self" },
        { "127.0.0.1", OWN_PORT, "10.9.0.50", "self" },
        { "127.3.2.1", OWN_PORT, "127.3.2.1", "self" },
        { "10.9.0.7", OWN_PORT, "10.9.0.8", "self" },
        { "::1", OWN_PORT, "::1", "self" },
        { "fd00:9::7", OWN_PORT, "::1", "self" },
        { "::1", OWN_PORT, "fd00:9::32", "self" },
        { "127.9.9.9", OWN_PORT, "127.8.8.8", "self" },
        { "127.0.0.1", 0, "127.0.0.1", "port_zero" },
        { "::1", 0, "::1", "port_zero" },
        { "127.0.0.1", 1, "127.0.0.1", "low_port" },
        { "127.9.9.9", 7, "127.0.0.1", "low_port" },
        { "127.9.9.9", 1023, "127.0.0.1", "low_port" },
        { "127.9.9.9", 1024, "127.0.0.1", NULL },
        { "127.9.9.9", 2048, "127.0.0.1", NULL },
        { "127.9.9.9", 2049, "127.0.0.1", "low_port" },
        { "127.9.9.9", 2050, "127.0.0.1", NULL },
        { "fd00:9::7", 19, "::1", "low_port" },
        { "fd00:9::7", 2049, "::1", "low_port" },
        { "0.1.2.3", 40000, "127.0.0.1", "unspecified_source" },
        { "::", 40000, "::1", "unspecified_source" },
        { "224.0.0.1", 40000, "127.0.0.1", "multicast_source" },
        { "239.255.255.255", 40000, "10.9.0.1", "multicast_source" },
        { "255.255.255.255", 40000, "127.0.0.1", "broadcast_source" },
        { "255.1.2.3", 40000, "127.0.0.1", "broadcast_source" },
        { "10.8.0.255", 40000, "127.0.0.1", "broadcast_source" },
        { "10.8.0.255", 40000, "10.8.0.1", "broadcast_source" },
        /* No way leads there. */
        { "192.0.2.1", 40000, "127.0.0.1", "send_error" },
        { "2001:db8::1", 40000, "::1", "send_error" },
};

enum { FORGERIES = sizeof(forgeries) / sizeof(forgeries[0]) };

static bool wants_ip6(const char *host)
{
        return strchr(host, ':') != NULL;
}

static const struct place *as_seen(const char *host, unsigned port)
{
        static struct place places[2];
        static unsigned index;
        struct place *place = &places[index++ % 2];

        *place = place_at(host, port == OWN_PORT ? server.port : (uint16_t)port);
        return place;
}

/* The network of the wire, without which it is not there. */
static bool has_wire(const char *host)
{
        return wire_fd >= 0 || strncmp(host, "10.8.", strlen("10.8.")) != 0;
}

START_TEST(datagram_of_a_forged_source_is_judged)
{
        struct place to;

        if (!has_wire(forgeries[_i].from) || (wants_ip6(forgeries[_i].to) && !place_has_ip6()))
                return;
        start("udp:*:0", NULL);
        to = place_at(forgeries[_i].to, server.port);
        forge_send(as_seen(forgeries[_i].from, forgeries[_i].from_port), &to, "hello", 5);
        expect_dropped(forgeries[_i].reason);
        server_stop(&server);
}
END_TEST

START_TEST(datagram_of_a_forged_source_is_judged_on_one_address_too)
{
        struct place to;

        if (!has_wire(forgeries[_i].from) || strcmp(forgeries[_i].to, "127.0.0.1") != 0)
                return;
        start("udp:127.0.0.1:0", NULL);
        to = place_at(forgeries[_i].to, server.port);
        forge_send(as_seen(forgeries[_i].from, forgeries[_i].from_port), &to, "hello", 5);
        expect_dropped(forgeries[_i].reason);
        server_stop(&server);
}
END_TEST

/* They would talk for ever. */
START_TEST(listeners_of_one_server_do_not_talk_to_each_other)
{
        static const char *const sources[] = { "127.0.0.1", "10.9.0.1" };

        start("udp:*:0", "udp:0.0.0.0:0");
        struct place to = place_at("127.0.0.1", server.port);
        struct place from = place_at(sources[_i], server_port(&server, 1));
        forge_send(&from, &to, "hello", 5);
        expect_dropped("self");
        server_stop(&server);
}
END_TEST

static const uint16_t low_ports[] = { 1, 7, 13, 19, 37, 53, 123, 1023, 2049 };

enum { LOW_PORTS = sizeof(low_ports) / sizeof(low_ports[0]) };

static const char *const hosts[] = { "127.0.0.1", "::1" };

START_TEST(low_port_is_not_answered)
{
        struct datagram_client client;

        if (_i == 1 && !place_has_ip6())
                return;
        start("udp:*:0", NULL);
        for (unsigned i = 0; i < LOW_PORTS; i++) {
                struct place from = place_at(hosts[_i], low_ports[i]);
                struct place to = place_at(hosts[_i], server.port);
                datagram_open_from(&client, &from, &to, i);
                datagram_send(&client, 0, 100);
                server_await_datagrams(&server, i + 1);
                datagram_expect_nothing(&client);
                datagram_close(&client);
        }
        ck_assert_uint_eq(server_figure(&server, "dropped_low_port"), LOW_PORTS);
        server_stop(&server);
}
END_TEST

START_TEST(low_port_is_answered_if_that_is_wanted)
{
        struct datagram_client client;

        if (_i == 1 && !place_has_ip6())
                return;
        start("udp:*:0", "--udp-low-ports");
        for (unsigned i = 0; i < LOW_PORTS; i++) {
                struct place from = place_at(hosts[_i], low_ports[i]);
                struct place to = place_at(hosts[_i], server.port);
                datagram_open_from(&client, &from, &to, i);
                datagram_exchange(&client, 0, 100);
                datagram_close(&client);
        }
        /* But for a port that nobody has. */
        struct place from = place_at(hosts[_i], 0);
        struct place to = place_at(hosts[_i], server.port);
        forge_send(&from, &to, "hello", 5);
        server_await_datagrams(&server, LOW_PORTS + 1);
        ck_assert_uint_eq(server_figure(&server, "dropped_port_zero"), 1);
        server_stop(&server);
}
END_TEST

static const struct {
        const char *listener;
        const char *to;
        const char *interface;
        const char *reason;
} groups[] = {
        { "udp:*:0", "127.255.255.255", "lo", "broadcast" },
        { "udp:*:0", "10.8.0.255", "wire", "broadcast" },
        { "udp:*:0", "255.255.255.255", "lo", "broadcast" },
        { "udp:*:0", "255.255.255.255", "wire", "broadcast" },
        { "udp:0.0.0.0:0", "127.255.255.255", "lo", "broadcast" },
        { "udp:0.0.0.0:0", "10.8.0.255", "wire", "broadcast" },
        { "udp:0.0.0.0:0", "255.255.255.255", "lo", "broadcast" },
        { "udp:0.0.0.0:0", "255.255.255.255", "wire", "broadcast" },
        { "udp:0.0.0.0:0", "224.0.0.1", "lo", "multicast" },
        { "udp:0.0.0.0:0", "224.0.0.1", "wire", "multicast" },
        { "udp:10.8.0.255:0", "10.8.0.255", "wire", "broadcast" },
        { "udp:224.0.0.1:0", "224.0.0.1", "wire", "multicast" },
};

enum { GROUPS = sizeof(groups) / sizeof(groups[0]) };

static void send_to_group(const struct place *to, const char *interface)
{
        struct ip_mreqn way = { .imr_ifindex = (int)if_nametoindex(interface) };
        int one = 1;
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        ck_assert_int_ge(fd, 0);
        ck_assert(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one)) == 0);
        ck_assert(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
                             (socklen_t)strlen(interface)) == 0);
        ck_assert(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &way, sizeof(way)) == 0);
        ck_assert(sendto(fd, "hello", 5, 0, (const struct sockaddr *)&to->address, to->size) == 5);
        close(fd);
}

START_TEST(datagram_to_a_group_is_not_answered)
{
        if (wire_fd < 0 && strcmp(groups[_i].interface, "wire") == 0)
                return;
        start(groups[_i].listener, NULL);
        struct place to = place_at(groups[_i].to, server.port);
        send_to_group(&to, groups[_i].interface);
        expect_dropped(groups[_i].reason);
        server_stop(&server);
}
END_TEST

/* From the network, to all its nodes. */
START_TEST(datagram_to_a_group_of_ip6_is_not_answered)
{
        static const char *const listeners[] = { "udp:*:0", "udp:[::]:0" };

        if (wire_fd < 0 || !place_has_ip6())
                return;
        start(listeners[_i], NULL);
        struct place from = place_at("fe80::1234", 40000);
        struct place to = place_at("ff02::1", server.port);
        forge_inject(wire_fd, &from, &to, "hello", 5);
        expect_dropped("multicast");
        server_stop(&server);
}
END_TEST

static void name_host(bool is_ip6, unsigned index, char host[NETWORK_HOST_SIZE])
{
        if (is_ip6)
                network_ip6(index, host);
        else
                network_ip4(index, host);
}

/* The answer to another address, too: its source is not what routing would choose. */
static void open_across(struct datagram_client *clients, bool is_ip6)
{
        char host[NETWORK_HOST_SIZE];

        for (unsigned i = 0; i < ADDRESSES; i++) {
                name_host(is_ip6, i * 7 % ADDRESSES, host);
                struct place from = place_at(host, 0);
                name_host(is_ip6, i, host);
                struct place to = place_at(host, server.port);
                datagram_open_from(&clients[i], &from, &to, i);
        }
}

static const struct {
        const char *listener;
        bool is_ip6;
} wildcards[] = {
        { "udp:*:0", false },
        { "udp:0.0.0.0:0", false },
        { "udp:*:0", true },
        { "udp:[::]:0", true },
};

enum { WILDCARDS = sizeof(wildcards) / sizeof(wildcards[0]) };

START_TEST(answer_leaves_from_each_of_many_addresses)
{
        struct datagram_client clients[ADDRESSES];

        if (wildcards[_i].is_ip6 && !place_has_ip6())
                return;
        start(wildcards[_i].listener, NULL);
        open_across(clients, wildcards[_i].is_ip6);
        for (unsigned i = 0; i < ADDRESSES; i++)
                datagram_exchange(&clients[i], 0, 10 * i);
        /* And all of them at once, with batches among them. */
        process_stop(&server.process);
        for (unsigned i = 0; i < ADDRESSES; i++)
                datagram_send_batch(&clients[i], 1, 1 + i % 3, 100, 50);
        process_signal(&server.process, SIGCONT);
        for (unsigned i = 0; i < ADDRESSES; i++)
                for (unsigned n = 0; n <= i % 3; n++)
                        datagram_expect(&clients[i], 1 + n, n < i % 3 ? 100 : 50);
        for (unsigned i = 0; i < ADDRESSES; i++) {
                datagram_expect_nothing(&clients[i]);
                datagram_close(&clients[i]);
        }
        server_stop(&server);
}
END_TEST

static void expect_served(const char *host, uint16_t port)
{
        struct place place = place_at(host, port);
        struct datagram_client datagrams;
        struct client stream;

        client_connect_to(&stream, &place, 1);
        datagram_open(&datagrams, &place, 2);
        client_exchange(&stream, 1, 100000);
        datagram_exchange(&datagrams, 0, 1000);
        client_finish(&stream);
        client_expect_end(&stream);
        client_close(&stream);
        datagram_close(&datagrams);
}

START_TEST(streams_and_datagrams_are_served_by_default)
{
        static struct process *process = &server.process;
        const char *const arguments[] = { process_echod(), NULL };

        process_start(process, &(struct process_setup){ .arguments = arguments });
        server_await_log(&server, "event=ready", 0);
        ck_assert_uint_eq(
            server_count_lines(&server, "event=listening transport=tcp address=127.0.0.1:7007"), 1);
        ck_assert_uint_eq(
            server_count_lines(&server, "event=listening transport=udp address=127.0.0.1:7007"), 1);
        ck_assert_uint_eq(server_count_lines(&server, "event=listening "), 2);
        expect_served("127.0.0.1", 7007);
        server_stop(&server);
}
END_TEST

START_TEST(port_7_is_served_by_both_transports_and_both_families)
{
        start("tcp:*:7", "udp:*:7");
        expect_served("127.0.0.1", 7);
        expect_served("10.9.0.1", 7);
        if (place_has_ip6()) {
                expect_served("::1", 7);
                expect_served("fd00:9::1", 7);
        }
        server_stop(&server);
}
END_TEST

static void add_groups(TCase *tcase)
{
        tcase_add_loop_test(tcase, datagram_to_a_group_is_not_answered, 0, GROUPS);
        tcase_add_loop_test(tcase, datagram_to_a_group_of_ip6_is_not_answered, 0, 2);
}

static void set_up(void)
{
        network_add_ip4(ADDRESSES);
        if (place_has_ip6())
                network_add_ip6(ADDRESSES);
        wire_fd = network_open_wire();
}

int main(void)
{
        TCase *tcase = tcase_create("datagram network");

        if (!network_enter()) {
                printf("skipped: no network of its own without the right to one\n");
                return SUITE_SKIPPED;
        }
        tcase_add_unchecked_fixture(tcase, set_up, NULL);
        tcase_add_loop_test(tcase, datagram_of_a_forged_source_is_judged, 0, FORGERIES);
        tcase_add_loop_test(tcase, datagram_of_a_forged_source_is_judged_on_one_address_too, 0,
                            FORGERIES);
        tcase_add_loop_test(tcase, listeners_of_one_server_do_not_talk_to_each_other, 0, 2);
        tcase_add_loop_test(tcase, low_port_is_not_answered, 0, 2);
        tcase_add_loop_test(tcase, low_port_is_answered_if_that_is_wanted, 0, 2);
        add_groups(tcase);
        tcase_add_loop_test(tcase, answer_leaves_from_each_of_many_addresses, 0, WILDCARDS);
        tcase_add_test(tcase, streams_and_datagrams_are_served_by_default);
        tcase_add_test(tcase, port_7_is_served_by_both_transports_and_both_families);
        return suite_run(tcase);
}
