/* SPDX-License-Identifier: MIT */
/* What the log tells of single connections, how much of it, and that telling harms nobody. */
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "doors.h"
#include "limit.h"
#include "suite.h"

/* As report.c has it: so many lines of a name at once, and then so many a second. */
enum { BURST = 200, PER_SECOND = 100 };

static const char *const debug[] = { "--log-level=debug", NULL };

static struct doors doors;
static struct server *const server = &doors.server;

/* Sends what is no pattern, and gets it back. */
static void exchange_text(const struct client *client, const char *text, size_t size)
{
        char answer[256];

        ck_assert_int_eq(send(client->fd, text, size, MSG_NOSIGNAL), (ssize_t)size);
        ck_assert_int_eq(recv(client->fd, answer, size, MSG_WAITALL), (ssize_t)size);
        ck_assert_mem_eq(answer, text, size);
}

static void expect_logged(const char *text)
{
        server_await_log(server, text, 0);
}

static const char forged[] = "a\"b\\\r\nlevel=error event=forged\x1b[2J\xff\xc3";

START_TEST(connection_is_told_from_open_to_close)
{
        struct client client;

        server_start(server, debug);
        client_connect(&client, server->port, 1);
        exchange_text(&client, "hello", 5);
        exchange_text(&client, forged, sizeof(forged) - 1);
        client_finish(&client);
        client_expect_end(&client);
        client_close(&client);
        expect_logged("event=connection_close ");
        expect_logged(" peer=127.0.0.1:");
        expect_logged(" size=5 text=hello\n");
        expect_logged(" text=\"a\\\"b\\\\\\x0d\\x0alevel=error event=forged\\x1b[2J\\xff\\xc3\"\n");
        expect_logged(" received=41 sent=41 duration_ms=");
        expect_logged(" reason=peer_finished\n");
        ck_assert_uint_eq(server_count_lines(server, "\nlevel=error"), 0);
        server_stop(server);
}
END_TEST

START_TEST(peer_of_each_transport_is_told)
{
        static const char *const peers[DOOR_COUNT] = { "peer=127.0.0.1:", "peer=127.0.0.1:",
                                                       "peer=unix\n",     "peer=unix\n",
                                                       "peer=[::1]:",     "peer=[::1]:" };
        struct client client;

        doors_open(&doors, debug);
        for (enum door door = 0; door < DOOR_COUNT; door++) {
                size_t from = server->process.output_size;
                if (!doors_has(door))
                        continue;
                doors_enter(&doors, door, &client, door);
                server_await_log(server, peers[door], from);
                client_close(&client);
        }
        doors_close(&doors);
}
END_TEST

START_TEST(messages_beyond_the_rate_are_counted_not_told)
{
        enum { MESSAGES = 3000 };
        struct client client;

        uint64_t begin_ms = limit_now_ms();
        server_start(server, debug);
        client_connect(&client, server->port, 1);
        for (unsigned i = 0; i < MESSAGES; i++)
                client_exchange(&client, 1, 1);
        /* One more in a while, when there is room for it again. */
        do {
                limit_watch(20);
                client_exchange(&client, 1, 1);
                (void)server_figure(server, "open");
        } while (server_count_lines(server, " suppressed=") == 0);
        client_close(&client);
        server_stop(server);
        uint64_t seconds = (limit_now_ms() - begin_ms) / 1000 + 1;
        ck_assert_uint_le(server_count_lines(server, "event=data "), BURST + PER_SECOND * seconds);
        ck_assert_uint_ge(server_count_lines(server, "event=data "), BURST);
}
END_TEST

/* Debug lines fill the queue faster than it is written, one line a turn. */
START_TEST(status_and_end_are_told_amid_debug_lines)
{
        enum { CROWD = 180 };
        struct client clients[CROWD];

        doors_open(&doors, debug);
        doors_enter_mixed(&doors, clients, CROWD);
        for (unsigned i = 0; i < CROWD; i++)
                client_send(&clients[i], 10);
        (void)server_figure(server, "open");
        for (unsigned i = 0; i < CROWD; i++)
                client_receive(&clients[i]);
        process_signal(&server->process, SIGTERM);
        for (unsigned i = 0; i < CROWD; i++)
                client_expect_end(&clients[i]);
        client_close_all(clients, CROWD);
        ck_assert_int_eq(process_wait(&server->process), 0);
        ck_assert_uint_eq(server_logged(server, "drain_begin", "open"), CROWD);
        ck_assert_uint_eq(server_logged(server, "drain_end", "left"), 0);
        ck_assert_uint_eq(server_logged(server, "stopped", "accepted"), CROWD);
        ck_assert_uint_eq(server_logged(server, "stopped", "log_dropped"), 0);
        ck_assert_uint_eq(server_count_lines(server, "event=connection_close "), CROWD);
        doors_expect_gone(&doors);
}
END_TEST

/* Nobody reads the log: what cannot wait for a reader is lost, and told when there is one. */
START_TEST(full_log_at_debug_level_stops_neither_echo_nor_signals)
{
        enum { CROWD = 60, ROUNDS = 60 };
        struct client clients[CROWD];

        doors_open(&doors, debug);
        process_fill_output(&server->process);
        doors_enter_mixed(&doors, clients, CROWD);
        for (unsigned i = 0; i < ROUNDS; i++)
                client_exchange(clients, CROWD, 1 + i * 100);
        client_exchange(clients, CROWD, 100000);
        ck_assert_uint_gt(server_figure(server, "log_dropped"), 0);
        client_close_all(clients, CROWD);
        server_await_all_closed(server, CROWD);
        doors_close(&doors);
}
END_TEST

START_TEST(full_log_at_debug_level_does_not_stop_the_drain)
{
        enum { CROWD = 60 };
        struct client clients[CROWD];

        doors_open(&doors, debug);
        process_fill_output(&server->process);
        doors_enter_mixed(&doors, clients, CROWD);
        client_exchange(clients, CROWD, 1000);
        process_signal(&server->process, SIGTERM);
        for (unsigned i = 0; i < CROWD; i++)
                client_expect_end(&clients[i]);
        client_close_all(clients, CROWD);
        ck_assert_int_eq(process_wait_unread(&server->process), 0);
        doors_expect_gone(&doors);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("log debug");

        tcase_add_test(tcase, connection_is_told_from_open_to_close);
        tcase_add_test(tcase, peer_of_each_transport_is_told);
        tcase_add_test(tcase, messages_beyond_the_rate_are_counted_not_told);
        tcase_add_test(tcase, status_and_end_are_told_amid_debug_lines);
        tcase_add_test(tcase, full_log_at_debug_level_stops_neither_echo_nor_signals);
        tcase_add_test(tcase, full_log_at_debug_level_does_not_stop_the_drain);
        return suite_run(tcase);
}
