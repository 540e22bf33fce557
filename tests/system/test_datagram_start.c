/* SPDX-License-Identifier: MIT */
/* Ports of datagrams: whose they are, which one is told, and who else may have the same number. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "datagram.h"
#include "limit.h"
#include "port.h"
#include "server.h"
#include "suite.h"

static struct process process;
static struct server server;
static struct server other;

/* A socket of the test itself, with whatever would let others share its port. */
static uint16_t occupy(const char *host, const int *options, int *ret_fd)
{
        struct place place = place_at(host, 0);
        socklen_t size = place.size;
        int one = 1;

        *ret_fd = socket(place.address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        ck_assert_int_ge(*ret_fd, 0);
        for (; *options != 0; options++)
                ck_assert(setsockopt(*ret_fd, SOL_SOCKET, *options, &one, sizeof(one)) == 0);
        ck_assert(bind(*ret_fd, (struct sockaddr *)&place.address, size) == 0);
        ck_assert(getsockname(*ret_fd, (struct sockaddr *)&place.address, &size) == 0);
        return ntohs(((const struct sockaddr_in *)&place.address)->sin_port);
}

/* Exits 69, and says which port; two workers, so that it could share one. */
static void expect_refusal(const char *listener)
{
        const char *const arguments[] = { process_echod(), "tcp:127.0.0.1:0", listener,
                                          "--workers=2", NULL };

        int code = process_run(&process, &(struct process_setup){ .arguments = arguments });
        ck_assert_msg(code == 69, "%s: exit code %d:\n%s", listener, code, process.output);
        ck_assert_msg(strstr(process.output, listener + strlen("udp:")) != NULL, "%s",
                      process.output);
        ck_assert_msg(strstr(process.output, "in use") != NULL, "%s", process.output);
        ck_assert_ptr_null(strstr(process.output, "event=ready"));
}

static const struct {
        const char *host;
        const char *listener; /* without its port */
        int options[3];
} conflicts[] = {
        { "127.0.0.1", "udp:127.0.0.1", { 0 } },
        { "127.0.0.1", "udp:127.0.0.1", { SO_REUSEPORT } },
        { "127.0.0.1", "udp:127.0.0.1", { SO_REUSEADDR } },
        { "127.0.0.1", "udp:127.0.0.1", { SO_REUSEADDR, SO_REUSEPORT } },
        { "0.0.0.0", "udp:127.0.0.1", { SO_REUSEADDR, SO_REUSEPORT } },
        { "127.0.0.1", "udp:*", { SO_REUSEADDR, SO_REUSEPORT } },
        { "127.0.0.1", "udp:0.0.0.0", { SO_REUSEADDR, SO_REUSEPORT } },
        { "::1", "udp:[::1]", { SO_REUSEADDR, SO_REUSEPORT } },
        { "::1", "udp:*", { SO_REUSEADDR, SO_REUSEPORT } },
};

enum { CONFLICTS = sizeof(conflicts) / sizeof(conflicts[0]) };

START_TEST(port_of_another_socket_is_named)
{
        char listener[64];
        int occupied_fd;

        if (strchr(conflicts[_i].host, ':') != NULL && !place_has_ip6())
                return;
        uint16_t port = occupy(conflicts[_i].host, conflicts[_i].options, &occupied_fd);
        snprintf(listener, sizeof(listener), "%s:%u", conflicts[_i].listener, port);
        expect_refusal(listener);
        close(occupied_fd);
}
END_TEST

/* Its workers share the port with each other, and with nobody else. */
START_TEST(port_of_another_echod_is_named)
{
        static const char *const hosts[] = { "udp:127.0.0.1", "udp:*", "udp:0.0.0.0" };
        const char *const arguments[] = { "--workers=2", NULL };
        struct datagram_client client;
        char listener[64];

        snprintf(listener, sizeof(listener), "%s:0", hosts[_i]);
        server_start_at(&server, listener, arguments);
        snprintf(listener, sizeof(listener), "%s:%u", hosts[_i], server.port);
        expect_refusal(listener);
        struct place place = place_ip4(server.port);
        datagram_open(&client, &place, 1);
        datagram_exchange(&client, 0, 1000);
        datagram_close(&client);
        server_stop(&server);
}
END_TEST

START_TEST(port_0_gives_each_listener_of_datagrams_one_port)
{
        const char *const arguments[] = { "udp:127.0.0.1:0", "udp:*:0", "--workers=4", NULL };
        struct datagram_client client;

        server_start_at(&server, "udp:127.0.0.1:0", arguments);
        ck_assert_uint_eq(server_count_lines(&server, "event=listening transport=udp "), 3);
        for (unsigned i = 0; i < 3; i++) {
                ck_assert_uint_ne(server_port(&server, i), server_port(&server, (i + 1) % 3));
                struct place place = place_ip4(server_port(&server, i));
                datagram_open(&client, &place, i);
                datagram_exchange(&client, 0, 1000);
                datagram_close(&client);
        }
        server_stop(&server);
}
END_TEST

START_TEST(streams_and_datagrams_have_ports_of_the_same_number)
{
        char tcp[64];
        char udp[64];
        const char *const arguments[] = { udp, NULL };
        struct datagram_client datagrams;
        struct client stream;
        int reserved_fd;

        uint16_t port = port_reserve(&reserved_fd);
        snprintf(tcp, sizeof(tcp), "tcp:127.0.0.1:%u", port);
        snprintf(udp, sizeof(udp), "udp:127.0.0.1:%u", port);
        server_start_at(&server, tcp, arguments);
        ck_assert_uint_eq(server_port(&server, 1), port);
        struct place place = place_ip4(port);
        client_connect(&stream, port, 1);
        datagram_open(&datagrams, &place, 2);
        client_exchange(&stream, 1, 1000);
        datagram_exchange(&datagrams, 0, 1000);
        client_exchange(&stream, 1, 1000);
        datagram_close(&datagrams);
        client_close(&stream);
        close(reserved_fd);
        server_stop(&server);
}
END_TEST

/* Each on an address of its own. */
START_TEST(two_servers_share_a_port_number_on_different_addresses)
{
        char listener[64];
        struct server *both[] = { &server, &other };
        static const char *const hosts[] = { "127.0.0.1", "127.0.0.2" };
        struct datagram_client client;

        server_start_at(&server, "udp:127.0.0.1:0", NULL);
        snprintf(listener, sizeof(listener), "udp:127.0.0.2:%u", server.port);
        server_start_at(&other, listener, NULL);
        for (unsigned i = 0; i < 2; i++) {
                struct place place = place_at(hosts[i], server.port);
                datagram_open(&client, &place, i);
                datagram_exchange(&client, 0, 1000);
                datagram_close(&client);
                server_await_datagrams(both[i], 1);
        }
        server_stop(&other);
        server_stop(&server);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("datagram start");

        tcase_add_loop_test(tcase, port_of_another_socket_is_named, 0, CONFLICTS);
        tcase_add_loop_test(tcase, port_of_another_echod_is_named, 0, 3);
        tcase_add_test(tcase, port_0_gives_each_listener_of_datagrams_one_port);
        tcase_add_test(tcase, streams_and_datagrams_have_ports_of_the_same_number);
        tcase_add_test(tcase, two_servers_share_a_port_number_on_different_addresses);
        return suite_run(tcase);
}
