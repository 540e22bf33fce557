/* SPDX-License-Identifier: MIT */
/* haproxy before echod, by each header that it can send; skipped where it is not installed. */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "limit.h"
#include "port.h"
#include "suite.h"

#define HAPROXY "/usr/sbin/haproxy"

enum { CROWD = 8, FRONTS = 3 };

/* How it hands its clients on. */
struct route {
        const char *options; /* of its "server" */
        enum door to;
};

#define CHECKED "proxy-v2-options crc32c,unique-id"

static const struct route routes[] = {
        { "send-proxy", DOOR_IP4 },
        { "send-proxy", DOOR_PATH },
        { "send-proxy-v2", DOOR_ANY_IP4 },
        { "send-proxy-v2", DOOR_PATH },
        { "send-proxy-v2 " CHECKED, DOOR_IP4 },
        { "send-proxy-v2 " CHECKED, DOOR_PATH },
};

enum { ROUTE_COUNT = sizeof(routes) / sizeof(routes[0]) };

static struct doors doors;
static struct server *const server = &doors.server;
static struct process haproxy;
static struct folder folder;
static int reserved_fds[2];
static uint16_t port;

/* "127.0.0.1:PORT", or "unix@PATH" */
static void write_target(FILE *file, const struct route *route)
{
        if (route->to == DOOR_PATH)
                fprintf(file, "unix@%s/s", doors.folder.path);
        else
                fprintf(file, "127.0.0.1:%u", server_port(server, route->to == DOOR_ANY_IP4));
}

static void write_configuration(const char *path, const struct route *route, const char *options)
{
        FILE *file = fopen(path, "w");

        ck_assert_ptr_nonnull(file);
        fputs(
            "global\n nbthread 1\n maxconn 200\n log stderr format raw local0\n"
            "defaults\n mode tcp\n log global\n option log-health-checks\n"
            " retries 0\n unique-id-format %ci-%cp-%fi-%fp-%Ts\n"
            " timeout connect 30s\n timeout client 30s\n timeout server 30s\n timeout check 30s\n"
            "listen echo\n",
            file);
        fprintf(file, " bind 127.0.0.1:%u\n", port);
        if (place_has_ip6())
                fprintf(file, " bind [::1]:%u\n", port);
        fprintf(file, " bind unix@%s/front\n server echod ", folder.path);
        write_target(file, route);
        fprintf(file, " %s %s\n", route->options, options);
        fclose(file);
}

/* Its listeners: a Unix socket, IPv6, where there is any, and IPv4. */
static struct place front(unsigned which)
{
        char path[FOLDER_PATH_SIZE];

        folder_join(&folder, "front", path);
        if (which % FRONTS == 0)
                return place_path(path);
        return which % FRONTS == 1 && place_has_ip6() ? place_ip6(port) : place_ip4(port);
}

/* It opens them one after the other. */
static void await_fronts(void)
{
        struct limit limit = limit_start();

        for (unsigned i = 0; i < FRONTS; i++) {
                struct place place = front(i);
                while (place_is_refused(&place)) {
                        ck_assert_msg(limit_left_ms(&limit) > 0, "haproxy does not listen:\n%s",
                                      process_tail(&haproxy));
                        limit_pause();
                }
        }
}

/* The same port of ::1, or -1 when somebody has it. */
static int reserve_ip6(void)
{
        struct place place = place_ip6(port);
        int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int one = 1;

        ck_assert_int_ge(fd, 0);
        ck_assert(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0);
        if (bind(fd, (const struct sockaddr *)&place.address, place.size) == 0)
                return fd;
        close(fd);
        return -1;
}

/*
 * Its port is its own in both families: haproxy and echod set SO_REUSEPORT, so an echod of another
 * test that had taken it would get a part of the clients.
 */
static void reserve_port(void)
{
        struct limit limit = limit_start();

        port = port_reserve(&reserved_fds[0]);
        reserved_fds[1] = -1;
        if (!place_has_ip6())
                return;
        while ((reserved_fds[1] = reserve_ip6()) < 0) {
                ck_assert_int_gt(limit_left_ms(&limit), 0);
                close(reserved_fds[0]);
                port = port_reserve(&reserved_fds[0]);
        }
}

/* Between the clients and echod; more options of its "server", and those of echod. */
static void start(const struct route *route, const char *options, const char *const *arguments)
{
        char path[FOLDER_PATH_SIZE];
        const char *const words[] = { HAPROXY, "-db", "-f", path, NULL };

        doors_open_proxied(&doors, arguments);
        folder_make(&folder);
        folder_join(&folder, "haproxy.cfg", path);
        reserve_port();
        write_configuration(path, route, options);
        process_start(&haproxy, &(struct process_setup){ .arguments = words });
        await_fronts();
}

static void stop(void)
{
        process_signal(&haproxy, SIGTERM);
        (void)process_wait(&haproxy);
        folder_remove(&folder);
        close(reserved_fds[0]);
        if (reserved_fds[1] >= 0)
                close(reserved_fds[1]);
        server_await_figure(server, "open", 0);
        doors_close(&doors);
}

/* All of one status line. */
static void expect_none_refused(void)
{
        static const char *const reasons[] = { " closed_header_", " closed_access=",
                                               " closed_rate=", " closed_source=" };

        (void)server_figure(server, "accepted");
        for (unsigned i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
                for (const char *at = server->status; (at = strstr(at, reasons[i])) != NULL; at++)
                        ck_assert_msg(strtoul(strchr(at, '=') + 1, NULL, 10) == 0, "%s", at);
}

/* By IPv4, IPv6 and a Unix socket, all at once; each ends its own side first. */
START_TEST(every_byte_comes_back)
{
        enum { SIZE = 300000 };
        struct client clients[CROWD];

        start(&routes[_i], "", NULL);
        for (unsigned i = 0; i < CROWD; i++) {
                struct place place = front(i);
                client_connect_to(&clients[i], &place, i);
        }
        client_exchange(clients, CROWD, 1);
        client_exchange(clients, CROWD, SIZE);
        for (unsigned i = 0; i < CROWD; i++) {
                client_send(&clients[i], 1000);
                client_finish(&clients[i]);
                client_receive(&clients[i]);
                client_expect_end(&clients[i]);
        }
        client_close_all(clients, CROWD);
        expect_none_refused();
        ck_assert_uint_eq(server_figure(server, "received_bytes"), CROWD * (SIZE + 1001));
        ck_assert_uint_eq(server_figure(server, "sent_bytes"), CROWD * (SIZE + 1001));
        stop();
}
END_TEST

/* The text of the client's address, as the log has it. */
static void client_address(const struct client *client, bool is_ip6, char *ret_text, size_t size)
{
        struct sockaddr_storage address;
        socklen_t address_size = sizeof(address);

        ck_assert(getsockname(client->fd, (struct sockaddr *)&address, &address_size) == 0);
        /* The port is at the same place in both. */
        snprintf(ret_text, size, "%s:%u", is_ip6 ? "[::1]" : "127.0.0.1",
                 ntohs(((const struct sockaddr_in *)&address)->sin_port));
}

static void expect_told(const struct place *place, bool is_ip6)
{
        size_t from = server->process.output_size;
        struct client client;
        char address[64];
        char text[160];

        client_connect_to(&client, place, 1);
        client_exchange(&client, 1, 100);
        client_address(&client, is_ip6, address, sizeof(address));
        snprintf(text, sizeof(text), " client=%s server=%s:%u\n", address,
                 is_ip6 ? "[::1]" : "127.0.0.1", port);
        server_await_log(server, text, from);
        client_close(&client);
}

START_TEST(client_of_haproxy_is_told)
{
        const char *const arguments[] = { "--log-level=debug", NULL };
        struct place ip4;
        struct place ip6;

        start(&routes[_i], "", arguments);
        ip4 = place_ip4(port);
        ip6 = place_ip6(port);
        expect_told(&ip4, false);
        if (place_has_ip6())
                expect_told(&ip6, true);
        stop();
}
END_TEST

/* They ask by LOCAL, of a length that is not 0 with a checksum, or by a line of their own. */
START_TEST(health_checks_are_answered)
{
        struct client client;

        start(&routes[_i], "check check-send-proxy inter 50ms fall 1", NULL);
        ck_assert_ptr_nonnull(process_await(&haproxy, "succeeded", 0));
        server_await_figure_least(server, "accepted", 10);
        expect_none_refused();
        ck_assert_uint_eq(server_figure(server, "received_bytes"), 0);
        client_connect(&client, port, 1);
        client_exchange(&client, 1, 1000);
        client_finish(&client);
        client_expect_end(&client);
        client_close(&client);
        ck_assert_uint_eq(server_figure(server, "received_bytes"), 1000);
        ck_assert_ptr_null(strstr(haproxy.output, "DOWN"));
        stop();
}
END_TEST

static void enter(struct client *client, const char *from, unsigned number)
{
        struct place source = place_at(from, 0);
        struct place to = place_ip4(port);

        client_connect_from(client, &source, &to, number);
        client_send(client, 100);
}

START_TEST(limits_see_the_clients)
{
        enum { MOST = 3 };
        const char *const arguments[] = { "--max-connections-per-source=3", "--deny=127.0.0.9/32",
                                          NULL };
        struct client clients[2 * MOST];
        struct client other;

        start(&routes[_i], "", arguments);
        for (unsigned i = 0; i < 2 * MOST; i++) {
                enter(&clients[i], i < MOST ? "127.0.0.2" : "127.0.0.3", i);
                client_receive(&clients[i]);
        }
        enter(&other, "127.0.0.2", 10);
        client_expect_cut(&other);
        client_close(&other);
        server_await_figure(server, "closed_source", 1);
        enter(&other, "127.0.0.9", 11);
        client_expect_cut(&other);
        client_close(&other);
        server_await_figure(server, "closed_access", 1);
        client_finish(&clients[0]);
        client_expect_end(&clients[0]);
        client_close(&clients[0]);
        enter(&other, "127.0.0.2", 12);
        client_receive(&other);
        client_close(&other);
        client_close_all(clients + 1, 2 * MOST - 1);
        stop();
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("proxy haproxy");

        if (access(HAPROXY, X_OK) < 0)
                return SUITE_SKIPPED;
        tcase_add_loop_test(tcase, every_byte_comes_back, 0, ROUTE_COUNT);
        tcase_add_loop_test(tcase, client_of_haproxy_is_told, 0, ROUTE_COUNT);
        tcase_add_loop_test(tcase, health_checks_are_answered, 0, ROUTE_COUNT);
        tcase_add_loop_test(tcase, limits_see_the_clients, 0, ROUTE_COUNT);
        return suite_run(tcase);
}
