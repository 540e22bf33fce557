/* SPDX-License-Identifier: MIT */
/*
 * What only a network of its own can give: groups that datagrams are sent to, many addresses, the
 * port of RFC 862.
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

enum { ADDRESSES = 50 };

static struct server server;
static int wire_fd = -1;

/* One worker: of what is sent to a group, each socket gets a copy. */
static void start(const char *listener, const char *option)
{
        const char *const arguments[] = { "--workers=1", "--udp-rate=0", "--udp-loop-guard=off",
                                          option, NULL };

        server_start_at(&server, listener, arguments);
}

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
        server_expect_dropped(&server, groups[_i].reason);
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
        server_expect_dropped(&server, "multicast");
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
        tcase_add_loop_test(tcase, datagram_to_a_group_is_not_answered, 0, GROUPS);
        tcase_add_loop_test(tcase, datagram_to_a_group_of_ip6_is_not_answered, 0, 2);
        tcase_add_loop_test(tcase, answer_leaves_from_each_of_many_addresses, 0, WILDCARDS);
        tcase_add_test(tcase, streams_and_datagrams_are_served_by_default);
        tcase_add_test(tcase, port_7_is_served_by_both_transports_and_both_families);
        return suite_run(tcase);
}
