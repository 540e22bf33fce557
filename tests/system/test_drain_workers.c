/* SPDX-License-Identifier: MIT */
/* The end of a server of several workers, by every transport. */
#include <errno.h>
#include <signal.h>

#include "doors.h"
#include "suite.h"

enum { CROWD = 150 };

static struct doors doors;
static struct server *const server = &doors.server;

static void expect_end_of_server(uint64_t forced, uint64_t left)
{
        int code = process_wait(&server->process);

        ck_assert_msg(code == 0, "exit code %d:\n%s", code, process_tail(&server->process));
        ck_assert_uint_eq(server_logged(server, "drain_end", "forced"), forced);
        ck_assert_uint_eq(server_logged(server, "drain_end", "left"), left);
        (void)server_logged(server, "stopped", "accepted");
        doors_expect_gone(&doors);
}

static void begin_drain(void)
{
        process_signal(&server->process, SIGTERM);
        server_await_log(server, "event=drain_begin", 0);
}

START_TEST(late_readers_get_every_byte_before_the_end)
{
        enum { LATE = 12 };
        struct client clients[LATE];

        doors_open(&doors, NULL);
        for (unsigned i = 0; i < LATE; i++)
                client_connect_small_to(&clients[i], &doors.places[i % DOOR_IP6], i);
        client_send_until_blocked(clients, LATE);
        server_await_figure(server, "parked", LATE);
        begin_drain();
        ck_assert_uint_eq(server_logged(server, "drain_begin", "open"), LATE);
        for (unsigned i = 0; i < LATE; i++) {
                client_receive(&clients[i]);
                client_expect_end(&clients[i]);
        }
        client_close_all(clients, LATE);
        expect_end_of_server(0, 0);
        ck_assert_uint_eq(server_logged(server, "stopped", "closed_drained"), LATE);
}
END_TEST

START_TEST(idle_clients_are_finished)
{
        struct client clients[CROWD];

        doors_open(&doors, NULL);
        doors_enter_mixed(&doors, clients, CROWD);
        client_exchange(clients, CROWD, 1000);
        begin_drain();
        for (unsigned i = 0; i < CROWD; i++)
                client_expect_end(&clients[i]);
        client_close_all(clients, CROWD);
        expect_end_of_server(0, 0);
        ck_assert_uint_eq(server_logged(server, "stopped", "closed_drained"), CROWD);
}
END_TEST

/* They have connected and sent, and nobody has looked yet. */
START_TEST(clients_waiting_at_the_signal_are_served)
{
        struct client clients[CROWD];

        doors_open(&doors, NULL);
        process_stop(&server->process);
        doors_enter_mixed(&doors, clients, CROWD);
        for (unsigned i = 0; i < CROWD; i++)
                client_send(&clients[i], 1000);
        process_signal(&server->process, SIGTERM);
        process_signal(&server->process, SIGCONT);
        for (unsigned i = 0; i < CROWD; i++) {
                client_receive(&clients[i]);
                client_expect_end(&clients[i]);
        }
        client_close_all(clients, CROWD);
        expect_end_of_server(0, 0);
        ck_assert_uint_eq(server_logged(server, "stopped", "accepted"), CROWD);
}
END_TEST

START_TEST(clients_are_accepted_and_served_during_the_delay)
{
        const char *const arguments[] = { "--drain-delay=1500ms", NULL };
        struct client clients[2 * DOOR_COUNT];

        doors_open(&doors, arguments);
        doors_enter_mixed(&doors, clients, DOOR_COUNT);
        begin_drain();
        ck_assert_uint_eq(server_logged(server, "drain_begin", "delay_ms"), 1500);
        doors_enter_mixed(&doors, clients + DOOR_COUNT, DOOR_COUNT);
        client_exchange(clients, 2 * DOOR_COUNT, 10000);
        for (unsigned i = 0; i < 2 * DOOR_COUNT; i++)
                client_expect_end(&clients[i]);
        client_close_all(clients, 2 * DOOR_COUNT);
        expect_end_of_server(0, 0);
        ck_assert_uint_eq(server_logged(server, "stopped", "accepted"), 2 * DOOR_COUNT);
}
END_TEST

START_TEST(second_signal_during_the_delay_ends_at_once)
{
        const char *const arguments[] = { "--drain-delay=1h", "--drain-timeout=1h", NULL };
        struct client clients[DOOR_COUNT];

        doors_open(&doors, arguments);
        doors_enter_mixed(&doors, clients, DOOR_COUNT);
        client_exchange(clients, DOOR_COUNT, 1000);
        begin_drain();
        process_signal(&server->process, SIGTERM);
        expect_end_of_server(1, DOOR_COUNT);
        client_close_all(clients, DOOR_COUNT);
}
END_TEST

/* Half of them never close, the others never read. */
START_TEST(clients_that_do_not_finish_are_left)
{
        enum { LATE = 8 };
        const char *const arguments[] = { "--drain-timeout=300ms", NULL };
        struct client clients[LATE];

        doors_open(&doors, arguments);
        for (unsigned i = 0; i < LATE; i++)
                client_connect_small_to(&clients[i], &doors.places[i % DOOR_IP6], i);
        client_send_until_blocked(clients, LATE / 2);
        server_await_figure(server, "parked", LATE / 2);
        client_exchange(clients + LATE / 2, LATE / 2, 1000);
        begin_drain();
        expect_end_of_server(1, LATE);
        ck_assert_uint_eq(server_logged(server, "stopped", "closed_drain_timeout"), LATE);
        for (unsigned i = 0; i < LATE / 2; i++)
                client_expect_cut(&clients[i]);
        client_close_all(clients, LATE);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("drain workers");

        tcase_add_test(tcase, late_readers_get_every_byte_before_the_end);
        tcase_add_test(tcase, idle_clients_are_finished);
        tcase_add_test(tcase, clients_waiting_at_the_signal_are_served);
        tcase_add_test(tcase, clients_are_accepted_and_served_during_the_delay);
        tcase_add_test(tcase, second_signal_during_the_delay_ends_at_once);
        tcase_add_test(tcase, clients_that_do_not_finish_are_left);
        return suite_run(tcase);
}
