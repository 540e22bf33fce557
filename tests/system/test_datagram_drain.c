/* SPDX-License-Identifier: MIT */
/* SIGTERM and datagrams: what waits is answered, then nobody has the port any more. */
#include <signal.h>

#include "limit.h"
#include "suite.h"
#include "ways.h"

static struct ways ways;
static struct server server;

static const int signals[] = { SIGTERM, SIGINT };

static void expect_end(struct server *ended, uint64_t answered)
{
        int code = process_wait(&ended->process);

        ck_assert_msg(code == 0, "exit code %d:\n%s", code, process_tail(&ended->process));
        ck_assert_uint_eq(server_logged(ended, "drain_end", "forced"), 0);
        ck_assert_uint_eq(server_logged(ended, "drain_end", "left"), 0);
        ck_assert_uint_eq(server_logged(ended, "stopped", "datagrams_received"), answered);
        ck_assert_uint_eq(server_logged(ended, "stopped", "datagrams_sent"), answered);
}

/* More than one turn takes, so that some still wait when the signal is answered. */
START_TEST(datagrams_waiting_at_the_signal_are_answered)
{
        enum { CROWD = 60, EACH = 6, BATCH = 5, SIZE = 50 };
        struct datagram_client clients[CROWD];
        enum way most = place_has_ip6() ? WAY_COUNT : 1;

        ways_open(&ways, NULL);
        process_stop(&ways.server.process);
        for (unsigned i = 0; i < CROWD; i++) {
                datagram_open(&clients[i], &ways.places[i % most], i);
                for (unsigned n = 0; n < EACH; n++)
                        datagram_send(&clients[i], n, SIZE + n);
                datagram_send_batch(&clients[i], EACH, BATCH, SIZE, 1);
        }
        process_signal(&ways.server.process, SIGTERM);
        process_signal(&ways.server.process, SIGCONT);
        expect_end(&ways.server, CROWD * (EACH + BATCH));
        for (unsigned i = 0; i < CROWD; i++) {
                for (unsigned n = 0; n < EACH; n++)
                        datagram_expect(&clients[i], n, SIZE + n);
                for (unsigned n = 0; n < BATCH; n++)
                        datagram_expect(&clients[i], EACH + n, n + 1 < BATCH ? SIZE : 1);
                datagram_expect_nothing(&clients[i]);
                datagram_await_refusal(&clients[i]);
                datagram_close(&clients[i]);
        }
}
END_TEST

/*
 * Nearly as many as a receive buffer of default size holds, at each socket of one worker: it is far
 * from their end when it learns of the signal.
 */
START_TEST(full_queues_at_the_signal_are_answered)
{
        enum { EACH = 200 };
        const char *const arguments[] = { "--workers=1", NULL };
        static const enum way ways_in[] = { WAY_IP4, WAY_ANY_IP4, WAY_ALL_IP4, WAY_IP6,
                                            WAY_ALL_IP6 };
        struct datagram_client clients[5];
        unsigned count = place_has_ip6() ? 5 : 3;

        ways_open(&ways, arguments);
        process_stop(&ways.server.process);
        for (unsigned i = 0; i < count; i++) {
                datagram_open(&clients[i], &ways.places[ways_in[i]], i);
                for (unsigned n = 0; n < EACH; n++)
                        datagram_send(&clients[i], n, 8);
        }
        process_signal(&ways.server.process, signals[_i]);
        process_signal(&ways.server.process, SIGCONT);
        expect_end(&ways.server, (uint64_t)EACH * count);
        for (unsigned i = 0; i < count; i++) {
                for (unsigned n = 0; n < EACH; n++)
                        datagram_expect(&clients[i], n, 8);
                datagram_close(&clients[i]);
        }
}
END_TEST

START_TEST(server_of_datagrams_only_ends_at_once)
{
        const char *const arguments[] = { "--drain-timeout=1h", NULL };
        struct datagram_client client;

        server_start_at(&server, "udp:127.0.0.1:0", arguments);
        struct place place = place_ip4(server.port);
        datagram_open(&client, &place, 1);
        datagram_exchange(&client, 0, 1000);
        process_signal(&server.process, signals[_i]);
        expect_end(&server, 1);
        datagram_await_refusal(&client);
        datagram_close(&client);
}
END_TEST

/* A connection keeps the server, but not the port of its datagrams. */
START_TEST(port_of_datagrams_is_closed_while_a_connection_is_drained)
{
        const char *const arguments[] = { "udp:127.0.0.1:0", "--drain-timeout=1h", NULL };
        struct datagram_client client;
        struct client stays;

        server_start(&server, arguments);
        struct place place = place_ip4(server_port(&server, 1));
        client_connect(&stays, server.port, 1);
        client_exchange(&stays, 1, 1000);
        datagram_open(&client, &place, 1);
        datagram_exchange(&client, 0, 1000);
        process_signal(&server.process, signals[_i]);
        client_expect_end(&stays);
        datagram_await_refusal(&client);
        ck_assert(process_is_alive(&server.process));
        client_close(&stays);
        ck_assert_int_eq(process_wait(&server.process), 0);
        datagram_close(&client);
}
END_TEST

START_TEST(datagrams_are_answered_while_draining_is_delayed)
{
        const char *const arguments[] = { "--drain-delay=1h", NULL };
        struct datagram_client client;

        server_start_at(&server, "udp:127.0.0.1:0", arguments);
        struct place place = place_ip4(server.port);
        datagram_open(&client, &place, 1);
        process_signal(&server.process, SIGTERM);
        server_await_log(&server, "event=drain_begin", 0);
        for (unsigned i = 0; i < 10; i++)
                datagram_exchange(&client, i, 1000);
        server_await_datagrams(&server, 10);
        process_signal(&server.process, signals[_i]);
        ck_assert_int_eq(process_wait(&server.process), 0);
        ck_assert_uint_eq(server_logged(&server, "stopped", "datagrams_sent"), 10);
        datagram_await_refusal(&client);
        datagram_close(&client);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("datagram drain");

        tcase_add_test(tcase, datagrams_waiting_at_the_signal_are_answered);
        tcase_add_loop_test(tcase, full_queues_at_the_signal_are_answered, 0, 2);
        tcase_add_loop_test(tcase, server_of_datagrams_only_ends_at_once, 0, 2);
        tcase_add_loop_test(tcase, port_of_datagrams_is_closed_while_a_connection_is_drained, 0, 2);
        tcase_add_loop_test(tcase, datagrams_are_answered_while_draining_is_delayed, 0, 2);
        return suite_run(tcase);
}
