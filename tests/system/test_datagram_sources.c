/* SPDX-License-Identifier: MIT */
/*
 * Datagrams from where no client sends: forged sources, which only root can make, in a network of
 * its own, and low ports.
 */
#include <stdio.h>
#include <string.h>

#include "datagram.h"
#include "forge.h"
#include "network.h"
#include "server.h"
#include "suite.h"

enum { ADDRESSES = 50, OWN_PORT = 1 << 16 };

static struct server server;
static int wire_fd = -1;

static void start(const char *listener, const char *option)
{
        const char *const arguments[] = { "--workers=1", "--udp-rate=0", "--udp-loop-guard=off",
                                          option, NULL };

        server_start_at(&server, listener, arguments);
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
        server_expect_dropped(&server, forgeries[_i].reason);
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
        server_expect_dropped(&server, forgeries[_i].reason);
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
        server_expect_dropped(&server, "self");
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

/* The last test: the wire does not get it back. */
START_TEST(address_without_a_broadcast_is_served_and_so_is_its_peer)
{
        static const char *const from[] = { "10.9.0.1", "10.8.0.1", "10.8.0.2" };

        if (wire_fd < 0)
                return;
        network_forget_broadcast();
        for (unsigned i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
                start("udp:*:0", NULL);
                struct place to = place_at("10.8.0.1", server.port);
                forge_send(as_seen(from[i], 40000), &to, "hello", 5);
                server_expect_dropped(&server, NULL);
                server_stop(&server);
        }
}
END_TEST

static void set_up(void)
{
        network_add_ip4(ADDRESSES);
        if (place_has_ip6())
                network_add_ip6(ADDRESSES);
        wire_fd = network_open_wire();
}

int main(void)
{
        TCase *tcase = tcase_create("datagram sources");

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
        tcase_add_test(tcase, address_without_a_broadcast_is_served_and_so_is_its_peer);
        return suite_run(tcase);
}
