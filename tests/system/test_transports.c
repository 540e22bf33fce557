/* SPDX-License-Identifier: MIT */
/* What is sent comes back by every transport and address family, whichever worker has it. */
#include <stdio.h>
#include <string.h>

#include "doors.h"
#include "suite.h"

static struct doors doors;

/* Around the sizes of a chunk and a block; some MB are more than a Unix socket buffers. */
static const uint64_t sizes[] = { 1, 1000, (64 << 10) - 1, (256 << 10) + 1, 5 << 20 };

enum { SIZE_COUNT = sizeof(sizes) / sizeof(sizes[0]) };

static void finish_well(struct client *client)
{
        client_finish(client);
        client_expect_end(client);
        client_close(client);
}

START_TEST(stream_of_any_size_comes_back)
{
        enum door door = (enum door)_i;
        struct client client;
        uint64_t sum = 0;

        if (!doors_has(door))
                return;
        doors_open(&doors, NULL);
        for (unsigned i = 0; i < SIZE_COUNT; i++) {
                doors_enter(&doors, door, &client, i);
                client_exchange(&client, 1, sizes[i]);
                finish_well(&client);
                sum += sizes[i];
        }
        server_await_all_closed(&doors.server, SIZE_COUNT);
        ck_assert_uint_eq(server_figure(&doors.server, "received_bytes"), sum);
        ck_assert_uint_eq(server_figure(&doors.server, "sent_bytes"), sum);
        ck_assert_uint_eq(server_figure(&doors.server, "closed_peer_finished"), SIZE_COUNT);
        doors_close(&doors);
}
END_TEST

START_TEST(late_reader_gets_every_byte_after_its_half_close)
{
        enum door door = (enum door)_i;
        struct client client;

        if (!doors_has(door))
                return;
        doors_open(&doors, NULL);
        doors_enter(&doors, door, &client, 1);
        client_send_until_blocked(&client, 1);
        server_await_figure(&doors.server, "parked", 1);
        client_finish(&client);
        client_receive(&client);
        client_expect_end(&client);
        client_close(&client);
        server_await_all_closed(&doors.server, 1);
        doors_close(&doors);
}
END_TEST

START_TEST(crowd_is_served)
{
        enum door door = (enum door)_i;
        enum { CROWD = 200 };
        struct client clients[CROWD];

        if (!doors_has(door))
                return;
        doors_open(&doors, NULL);
        doors_enter_all(&doors, door, clients, CROWD);
        client_exchange(clients, CROWD, 1);
        client_exchange(clients, CROWD, 50000);
        for (unsigned i = 0; i < CROWD; i++)
                finish_well(&clients[i]);
        server_await_all_closed(&doors.server, CROWD);
        doors_close(&doors);
}
END_TEST

START_TEST(all_transports_are_served_at_the_same_time)
{
        enum { CROWD = 120 };
        struct client clients[CROWD];

        doors_open(&doors, NULL);
        doors_enter_mixed(&doors, clients, CROWD);
        client_exchange(clients, CROWD, 100000);
        client_exchange(clients, CROWD, 1);
        for (unsigned i = 0; i < CROWD; i++)
                finish_well(&clients[i]);
        server_await_all_closed(&doors.server, CROWD);
        doors_close(&doors);
}
END_TEST

/* One event a listener, with a port of its own, although each worker has a socket. */
START_TEST(port_0_gives_each_listener_one_port)
{
        const char *const arguments[] = { "tcp:127.0.0.1:0", "--workers=4", NULL };
        struct server *server = &doors.server;
        struct client clients[2];

        server_start(server, arguments);
        ck_assert_uint_eq(server_count_lines(server, "event=listening "), 2);
        ck_assert_uint_ne(server_port(server, 0), server_port(server, 1));
        for (unsigned i = 0; i < 2; i++)
                client_connect(&clients[i], server_port(server, i), i);
        client_exchange(clients, 2, 1000);
        client_close_all(clients, 2);
        server_stop(server);
}
END_TEST

/* The kernel draws one for each connection: that one worker gets none of 64 will not happen. */
START_TEST(connections_of_one_port_reach_every_worker)
{
        enum { CROWD = 64 };
        const char *const arguments[] = { "--workers=2", "--log-level=debug", NULL };
        struct server *server = &doors.server;
        struct client clients[CROWD];

        server_start(server, arguments);
        ck_assert_uint_eq(server_count_lines(server, "event=listening "), 1);
        client_connect_all(clients, CROWD, server->port);
        client_exchange(clients, CROWD, 1);
        server_await_lines(server, "event=connection_open ", CROWD);
        unsigned first = server_count_lines(server, "event=connection_open worker=0 ");
        unsigned second = server_count_lines(server, "event=connection_open worker=1 ");
        ck_assert_uint_eq(first + second, CROWD);
        ck_assert_uint_gt(first, 0);
        ck_assert_uint_gt(second, 0);
        client_close_all(clients, CROWD);
        server_stop(server);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("transports");

        tcase_add_loop_test(tcase, stream_of_any_size_comes_back, 0, DOOR_COUNT);
        tcase_add_loop_test(tcase, late_reader_gets_every_byte_after_its_half_close, 0, DOOR_COUNT);
        tcase_add_loop_test(tcase, crowd_is_served, 0, DOOR_COUNT);
        tcase_add_test(tcase, all_transports_are_served_at_the_same_time);
        tcase_add_test(tcase, port_0_gives_each_listener_one_port);
        tcase_add_test(tcase, connections_of_one_port_reach_every_worker);
        return suite_run(tcase);
}
