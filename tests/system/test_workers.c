/* SPDX-License-Identifier: MIT */
/* Several workers keep to limits of the process, leak nothing, and count what they do. */
#include <errno.h>

#include "doors.h"
#include "figures.h"
#include "limit.h"
#include "suite.h"

static struct doors doors;

static void await_descriptors(unsigned count)
{
        struct limit limit = limit_start();

        while (figures_descriptors(&doors.server.process) != count && limit_left_ms(&limit) > 0)
                limit_pause();
        ck_assert_uint_eq(figures_descriptors(&doors.server.process), count);
}

START_TEST(reset_storm_leaks_no_descriptor)
{
        enum door door = (enum door)_i;
        enum { STORM = 2000 };
        struct client client;

        doors_open(&doors, NULL);
        unsigned before = figures_descriptors(&doors.server.process);
        for (unsigned i = 0; i < STORM; i++) {
                doors_enter(&doors, door, &client, i);
                client_send(&client, 1 + i % 7 * 1000);
                client_reset(&client);
        }
        server_await_figure(&doors.server, "accepted", STORM);
        server_await_all_closed(&doors.server, STORM);
        await_descriptors(before);
        doors_close(&doors);
}
END_TEST

/* Not a question of speed: one worker that spins would use nearly all of the 100 ticks. */
START_TEST(clients_wait_without_a_spin_while_there_are_no_descriptors)
{
        enum door door = (enum door)_i;
        enum { CROWD = 20 };
        struct client clients[CROWD];

        doors_open(&doors, NULL);
        unsigned before = figures_descriptors(&doors.server.process);
        unsigned room = figures_leave_descriptors(&doors.server.process, 2);
        ck_assert_uint_lt(room, CROWD);
        doors_enter_all(&doors, door, clients, CROWD);
        for (unsigned i = 0; i < CROWD; i++)
                client_send(&clients[i], 1000);
        server_await_figure_least(&doors.server, "accept_pauses", 1);
        struct figures begin = figures_read(&doors.server.process);
        limit_watch(1000);
        struct figures end = figures_read(&doors.server.process);
        ck_assert_uint_lt(end.ticks - begin.ticks, 20);
        ck_assert_uint_ge(server_figure(&doors.server, "accepted"), 1);
        ck_assert_uint_le(server_figure(&doors.server, "accepted"), room);
        server_await_log(&doors.server, "level=warn event=accept_paused ", 0);
        server_await_log(&doors.server, "reason=no_descriptors", 0);
        figures_limit_descriptors(&doors.server.process, before + 100);
        for (unsigned i = 0; i < CROWD; i++)
                client_receive(&clients[i]);
        client_exchange(clients, CROWD, 1000);
        client_close_all(clients, CROWD);
        server_await_all_closed(&doors.server, CROWD);
        await_descriptors(before);
        doors_close(&doors);
}
END_TEST

/* Of a connection more than the limit allows. */
static void expect_refusal(enum door door, unsigned number)
{
        struct client client;

        doors_enter(&doors, door, &client, number);
        if (doors_is_unix(door))
                client_expect_end(&client);
        else
                ck_assert_int_eq(client_await_reset(&client), ECONNRESET);
        client_close(&client);
}

START_TEST(connection_limit_is_that_of_the_process)
{
        enum { MOST = 10, MORE = 24 };
        const char *const arguments[] = { "--max-connections=10", NULL };
        struct client clients[MOST];

        doors_open(&doors, arguments);
        doors_enter_mixed(&doors, clients, MOST);
        client_exchange(clients, MOST, 1000);
        for (unsigned i = 0; i < MORE; i++)
                if (doors_has(i % DOOR_COUNT))
                        expect_refusal(i % DOOR_COUNT, MOST + i);
                else
                        expect_refusal(DOOR_IP4, MOST + i);
        ck_assert_uint_eq(server_figure(&doors.server, "refused_limit"), MORE);
        ck_assert_uint_eq(server_figure(&doors.server, "accepted"), MOST);
        ck_assert_uint_eq(server_figure(&doors.server, "open"), MOST);
        server_await_log(&doors.server, "level=warn event=limit_reached ", 0);
        client_exchange(clients, MOST, 1000);
        /* Who leaves makes room for one, whoever had it. */
        for (unsigned i = 0; i < MOST; i++) {
                client_close(&clients[i]);
                server_await_figure(&doors.server, "open", MOST - 1);
                doors_enter(&doors, i % 2 == 0 ? DOOR_PATH : DOOR_IP4, &clients[i], 100 + i);
                client_exchange(clients, MOST, 100);
                expect_refusal(DOOR_PATH, 200 + i);
        }
        client_close_all(clients, MOST);
        doors_close(&doors);
        ck_assert_uint_eq(server_logged(&doors.server, "stopped", "accepted"), 2 * MOST);
}
END_TEST

/* Ends the connection in one of five ways, some of them in mid-stream. */
static void leave(struct client *client, unsigned way)
{
        switch (way) {
        case 0:
                client_receive(client);
                client_finish(client);
                client_expect_end(client);
                client_close(client);
                break;
        case 1:
                client_reset(client);
                break;
        case 2:
                client_finish(client);
                client_close(client);
                break;
        case 3:
                client_receive(client);
                client_close(client);
                break;
        default:
                client_close(client);
                break;
        }
}

START_TEST(waves_of_connections_leave_nothing_behind)
{
        enum { WAVES = 12, CROWD = 250 };
        struct client clients[CROWD];

        doors_open(&doors, NULL);
        unsigned descriptors = figures_descriptors(&doors.server.process);
        uint64_t memory = figures_memory(&doors.server.process);
        for (unsigned wave = 0; wave < WAVES; wave++) {
                doors_enter_mixed(&doors, clients, CROWD);
                client_exchange(clients, CROWD, 1000);
                for (unsigned i = 0; i < CROWD; i++)
                        client_send(&clients[i], 1 + (wave + i) % 30 * 1000);
                for (unsigned i = 0; i < CROWD; i++)
                        leave(&clients[i], (wave + i) % 5);
                if (wave % 4 == 3)
                        server_await_all_closed(&doors.server, (wave + 1) * CROWD);
        }
        await_descriptors(descriptors);
        figures_await_memory(&doors.server.process, memory + (512 << 10));
        doors_close(&doors);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("workers");

        tcase_add_loop_test(tcase, reset_storm_leaks_no_descriptor, DOOR_IP4, DOOR_IP4 + 1);
        tcase_add_loop_test(tcase, reset_storm_leaks_no_descriptor, DOOR_PATH, DOOR_PATH + 1);
        tcase_add_loop_test(tcase, clients_wait_without_a_spin_while_there_are_no_descriptors,
                            DOOR_IP4, DOOR_IP4 + 1);
        tcase_add_loop_test(tcase, clients_wait_without_a_spin_while_there_are_no_descriptors,
                            DOOR_PATH, DOOR_PATH + 1);
        tcase_add_test(tcase, connection_limit_is_that_of_the_process);
        tcase_add_test(tcase, waves_of_connections_leave_nothing_behind);
        process_look_into();
        return suite_run(tcase);
}
