/* SPDX-License-Identifier: MIT */
/* Sockets that a service manager opened and hands over. */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "datagram.h"
#include "figures.h"
#include "folder.h"
#include "limit.h"
#include "manager.h"
#include "suite.h"
#include "tables.h"

static struct manager manager;
static struct server server;
static const char *const two_workers[] = { "--workers=2", NULL };

static struct place listen_ip4(int type)
{
        struct place any = place_ip4(0);

        return manager_listen(&manager, &any, type);
}

static uint16_t port_of(const struct place *place)
{
        return ntohs(((const struct sockaddr_in *)&place->address)->sin_port);
}

static void serve_stream(const struct place *place)
{
        enum { CROWD = 50 };
        static struct client clients[CROWD];

        for (unsigned i = 0; i < CROWD; i++)
                client_connect_to(&clients[i], place, i);
        client_exchange(clients, CROWD, 10000);
        client_close_all(clients, CROWD);
}

static void serve_datagrams(const struct place *place)
{
        struct datagram_client client;

        datagram_open(&client, place, 1);
        for (unsigned i = 0; i < 100; i++)
                datagram_exchange(&client, i, 20 + i);
        datagram_close(&client);
}

static void expect_no_log(const char *text)
{
        ck_assert_msg(strstr(server.process.output, text) == NULL, "%s", server.process.output);
}

START_TEST(sockets_of_all_kinds_are_the_listeners)
{
        struct folder folder;
        char path[FOLDER_PATH_SIZE];

        manager_open(&manager);
        folder_make(&folder);
        folder_join(&folder, "s", path);
        struct place at = place_path(path);
        struct place datagrams = listen_ip4(SOCK_DGRAM);
        struct place streams = listen_ip4(SOCK_STREAM);
        struct place unix_streams = manager_listen(&manager, &at, SOCK_STREAM);
        manager.names = "by udp:by-tcp:";
        manager_start_ready(&manager, &server, two_workers);
        serve_stream(&streams);
        serve_stream(&unix_streams);
        serve_datagrams(&datagrams);
        ck_assert_uint_eq(server_count_lines(&server, "event=listening"), 3);
        server_await_log(&server, " inherited=\"by udp\"\n", 0);
        server_await_log(&server, " inherited=by-tcp\n", 0);
        server_await_log(&server, " inherited=\"\"\n", 0);
        server_stop(&server);
        /* The path is the manager's. */
        ck_assert_uint_eq(folder_file_count(&folder), 1);
        manager_close(&manager);
        folder_remove(&folder);
}
END_TEST

START_TEST(sockets_of_another_process_are_left_alone)
{
        static const char *const pids[] = { "1", "x", "" };

        manager_open(&manager);
        (void)listen_ip4(SOCK_STREAM);
        manager.listen_pid = pids[_i];
        manager_start_ready(&manager, &server, (const char *const[]){ "tcp:127.0.0.1:0", NULL });
        struct place own = place_ip4(server_port(&server, 0));
        serve_stream(&own);
        ck_assert_uint_eq(server_count_lines(&server, "event=listening"), 1);
        expect_no_log("inherited=");
        expect_no_log("socket_closed");
        server_stop(&server);
        manager_close(&manager);
}
END_TEST

START_TEST(socket_that_no_listener_is_for_is_closed)
{
        char listener[64];

        manager_open(&manager);
        struct place wanted = listen_ip4(SOCK_STREAM);
        struct place unwanted = listen_ip4(SOCK_STREAM);
        struct place datagrams = listen_ip4(SOCK_DGRAM);
        /* One that no listener could be for. */
        manager_add(&manager, socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        snprintf(listener, sizeof(listener), "tcp:127.0.0.1:%u", port_of(&wanted));
        manager_start_ready(&manager, &server,
                            (const char *const[]){ listener, "tcp:127.0.0.1:0", NULL });
        ck_assert_uint_eq(server_count_lines(&server, "level=warn event=socket_closed"), 3);
        ck_assert_uint_eq(server_count_lines(&server, "inherited="), 1);
        ck_assert_uint_eq(server_count_lines(&server, "event=listening"), 2);
        struct place own = place_ip4(server_port(&server, 1));
        serve_stream(&own);
        manager_close(&manager);
        ck_assert(place_is_refused(&unwanted));
        (void)datagrams;
        serve_stream(&wanted);
        server_stop(&server);
        ck_assert(place_is_refused(&wanted));
}
END_TEST

START_TEST(any_address_of_the_command_line_covers_what_is_bound_to_any)
{
        char listeners[2][32];
        struct place any = place_at(place_has_ip6() ? "::" : "0.0.0.0", 0);

        manager_open(&manager);
        struct place streams = manager_listen(&manager, &any, SOCK_STREAM);
        struct place datagrams = manager_listen(&manager, &any, SOCK_DGRAM);
        /* Both families have their ports in the same place. */
        snprintf(listeners[0], sizeof(listeners[0]), "tcp:*:%u", port_of(&streams));
        snprintf(listeners[1], sizeof(listeners[1]), "udp:*:%u", port_of(&datagrams));
        manager_start_ready(&manager, &server,
                            (const char *const[]){ listeners[0], listeners[1], NULL });
        ck_assert_uint_eq(server_count_lines(&server, "inherited="), 2);
        expect_no_log("socket_closed");
        struct place streams4 = place_ip4(port_of(&streams));
        struct place datagrams4 = place_ip4(port_of(&datagrams));
        serve_stream(&streams4);
        serve_datagrams(&datagrams4);
        if (place_has_ip6()) {
                struct place streams6 = place_ip6(port_of(&streams));
                serve_stream(&streams6);
        }
        server_stop(&server);
        manager_close(&manager);
}
END_TEST

START_TEST(socket_has_the_flags_of_the_listener_that_covers_it)
{
        static const char header[] = "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n";
        char listener[64];
        char back[8] = "";

        manager_open(&manager);
        struct place place = listen_ip4(SOCK_STREAM);
        snprintf(listener, sizeof(listener), "tcp:127.0.0.1:%u,proxy", port_of(&place));
        manager_start_ready(&manager, &server, (const char *const[]){ listener, NULL });
        server_await_log(&server, " proxy=1 inherited=\"\"\n", 0);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ck_assert_int_eq(connect(fd, (const struct sockaddr *)&place.address, place.size), 0);
        ck_assert_int_eq(send(fd, header, strlen(header), 0), (int)strlen(header));
        ck_assert_int_eq(send(fd, "862", 3, 0), 3);
        ck_assert_int_eq(recv(fd, back, 3, MSG_WAITALL), 3);
        ck_assert_str_eq(back, "862");
        close(fd);
        server_stop(&server);
        manager_close(&manager);
}
END_TEST

/* Who waits when the server is told to end, and who comes while none runs. */
START_TEST(restart_turns_nobody_away)
{
        enum { CROWD = 40 };
        static struct client clients[CROWD];
        struct datagram_client datagrams;

        manager_open(&manager);
        struct place streams = listen_ip4(SOCK_STREAM);
        struct place datagram_place = listen_ip4(SOCK_DGRAM);
        manager_start_ready(&manager, &server, two_workers);
        process_stop(&server.process);
        for (unsigned i = 0; i < CROWD / 2; i++) {
                client_connect_to(&clients[i], &streams, i);
                client_send(&clients[i], 1000);
                client_finish(&clients[i]);
        }
        process_signal(&server.process, SIGTERM);
        process_signal(&server.process, SIGCONT);
        ck_assert_int_eq(process_wait(&server.process), 0);
        uint64_t before = server_logged(&server, "stopped", "accepted");
        for (unsigned i = CROWD / 2; i < CROWD; i++) {
                client_connect_to(&clients[i], &streams, i);
                client_send(&clients[i], 1000);
                client_finish(&clients[i]);
        }
        datagram_open(&datagrams, &datagram_place, 1);
        datagram_send(&datagrams, 0, 100);
        manager_start_ready(&manager, &server, two_workers);
        datagram_expect(&datagrams, 0, 100);
        datagram_close(&datagrams);
        for (unsigned i = 0; i < CROWD; i++) {
                client_receive(&clients[i]);
                client_expect_end(&clients[i]);
        }
        client_close_all(clients, CROWD);
        server_await_all_closed(&server, CROWD - before);
        server_stop(&server);
        manager_close(&manager);
}
END_TEST

/* It waits there since before the server; only the manager can have asked where it was sent. */
START_TEST(datagram_that_came_first_is_answered_if_its_destination_is_known)
{
        bool is_asked_for = _i == 1;
        const int on = 1;
        struct place any = place_at("0.0.0.0", 0);
        struct datagram_client client;

        manager_open(&manager);
        struct place place = manager_listen(&manager, &any, SOCK_DGRAM);
        if (is_asked_for)
                ck_assert_int_eq(
                    setsockopt(manager.fds[0], IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)), 0);
        place = place_ip4(port_of(&place));
        datagram_open(&client, &place, 1);
        datagram_send(&client, 0, 100);
        manager_start_ready(&manager, &server, two_workers);
        if (is_asked_for)
                datagram_expect(&client, 0, 100);
        else
                server_await_figure(&server, "dropped_broadcast", 1);
        datagram_exchange(&client, 1, 100);
        datagram_close(&client);
        server_stop(&server);
        manager_close(&manager);
}
END_TEST

/* No worker listens any more, and one has a connection. */
static void await_one_socket(void)
{
        static struct tables tables;
        struct limit limit = limit_start();
        unsigned count;

        do {
                ck_assert_msg(limit_left_ms(&limit) > 0, "more than one socket is left");
                limit_pause();
                tables_read(&server.process, &tables);
                count = table_count(&tables.main, "socket:");
                for (unsigned i = 0; i < tables.count; i++)
                        count += table_count(&tables.others[i], "socket:");
        } while (count > 1);
}

/* The manager still has the sockets: their events must not go on. */
START_TEST(draining_server_sleeps_though_somebody_waits)
{
        const char *const arguments[] = { "--workers=2", "--drain-timeout=1h", NULL };
        struct client client;
        struct client waiting;
        struct datagram_client datagrams;

        manager_open(&manager);
        struct place streams = listen_ip4(SOCK_STREAM);
        struct place datagram_place = listen_ip4(SOCK_DGRAM);
        manager_start_ready(&manager, &server, arguments);
        client_connect_to(&client, &streams, 1);
        client_exchange(&client, 1, 1000);
        process_signal(&server.process, SIGTERM);
        client_expect_end(&client);
        await_one_socket();
        client_connect_to(&waiting, &streams, 2);
        client_send(&waiting, 1000);
        datagram_open(&datagrams, &datagram_place, 1);
        datagram_send(&datagrams, 0, 100);
        figures_expect_sleep(&server.process);
        client_close(&client);
        ck_assert_int_eq(process_wait(&server.process), 0);
        manager_start_ready(&manager, &server, two_workers);
        client_receive(&waiting);
        datagram_expect(&datagrams, 0, 100);
        client_close(&waiting);
        datagram_close(&datagrams);
        server_stop(&server);
        manager_close(&manager);
}
END_TEST

START_TEST(killed_server_leaves_its_sockets_to_the_next_one)
{
        struct client client;

        manager_open(&manager);
        struct place streams = listen_ip4(SOCK_STREAM);
        struct place datagrams = listen_ip4(SOCK_DGRAM);
        for (unsigned i = 0; i < 3; i++) {
                manager_start_ready(&manager, &server, two_workers);
                client_connect_to(&client, &streams, 1);
                client_exchange(&client, 1, 1000);
                serve_stream(&streams);
                serve_datagrams(&datagrams);
                process_signal(&server.process, SIGKILL);
                ck_assert_int_eq(process_wait(&server.process), 128 + SIGKILL);
                client_close(&client);
        }
        manager_close(&manager);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("manager sockets");

        tcase_add_test(tcase, sockets_of_all_kinds_are_the_listeners);
        tcase_add_loop_test(tcase, sockets_of_another_process_are_left_alone, 0, 3);
        tcase_add_test(tcase, socket_that_no_listener_is_for_is_closed);
        tcase_add_test(tcase, any_address_of_the_command_line_covers_what_is_bound_to_any);
        tcase_add_test(tcase, socket_has_the_flags_of_the_listener_that_covers_it);
        tcase_add_test(tcase, restart_turns_nobody_away);
        tcase_add_loop_test(tcase, datagram_that_came_first_is_answered_if_its_destination_is_known,
                            0, 2);
        tcase_add_test(tcase, draining_server_sleeps_though_somebody_waits);
        tcase_add_test(tcase, killed_server_leaves_its_sockets_to_the_next_one);
        return suite_run(tcase);
}
