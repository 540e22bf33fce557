/* SPDX-License-Identifier: MIT */
/*
 * A server that does not run for a while (SIGSTOP), as one whose machine is paused: for it, the
 * monotonic clock jumps ahead.
 */
#include <signal.h>

#include "balance.h"
#include "figures.h"
#include "limit.h"
#include "live.h"
#include "probe.h"
#include "suite.h"

enum { STOPS = 40, PROBES = 4 };

static struct server server;
static struct probe probes[PROBES];

static void go_on(void)
{
        process_signal(&server.process, SIGCONT);
}

START_TEST(many_stops_lose_nothing)
{
        static const char *const options[PROBES] = {
                "--mode stream -c 8 -d 15s --half-close",
                "-c 16 -d 15s -s 1000 --half-close",
                "--mode churn -c 8 -d 15s -s 5000",
                /* No more than a receive buffer holds for as long as a stop lasts. */
                "-c 4 --rate 200 -d 15s -s 200",
        };
        const char *const arguments[] = { "udp:127.0.0.1:0", "--workers=2", NULL };
        char target[PROBE_TARGET_SIZE];
        uint64_t bytes = 0;
        uint64_t stopped_ms = 0;

        server_start(&server, arguments);
        struct balance balance = balance_of(&server);
        for (unsigned i = 0; i < PROBES; i++) {
                if (i < PROBES - 1)
                        probe_target_tcp(target, server.port);
                else
                        probe_target_udp(target, server_port(&server, 1));
                probe_start(&probes[i], target, options[i]);
        }
        for (unsigned i = 0; i < STOPS; i++) {
                unsigned length_ms = i * 37 % 400;
                process_stop(&server.process);
                limit_watch(length_ms);
                go_on();
                limit_watch(400 - length_ms % 300);
                stopped_ms += length_ms;
        }
        for (unsigned i = 0; i < PROBES; i++) {
                live_finish(&probes[i]);
                probe_expect_ok(&probes[i]);
                bytes += probe_count(&probes[i], "received_bytes");
        }
        live_tell(
            "stopped: %d times, %llu ms in all; %llu bytes came back, each one, and all of "
            "%llu datagrams",
            STOPS, (unsigned long long)stopped_ms, (unsigned long long)bytes,
            (unsigned long long)probe_count(&probes[PROBES - 1], "messages"));
        balance_expect(&balance, &server, 8 + 16 + 2 * 8);
        server_stop(&server);
}
END_TEST

enum { WAKEFUL = 50, STALLED = 4, NEW = 50, CLIENTS = WAKEFUL + STALLED + NEW + 1 };

/*
 * All timeouts have passed when it goes on. Who has sent something meanwhile, or made room for what
 * it is owed, must not be cut for it; who did nothing is. After twice the stall timeout the kernel
 * itself gives up who makes no room (TCP_USER_TIMEOUT).
 */
START_TEST(stop_that_outlasts_all_timeouts_cuts_nobody_who_did_his_part)
{
        enum { STOP_MS = 5000, PIECE = 3000 };
        const char *const arguments[] = { "--workers=2", "--idle-timeout=4s", "--stall-timeout=4s",
                                          NULL };
        static struct client clients[CLIENTS];
        struct client *wakeful = clients;
        struct client *stalled = wakeful + WAKEFUL;
        struct client *new = stalled + STALLED;
        struct client *idle = new + NEW;

        server_start(&server, arguments);
        struct balance balance = balance_of(&server);
        for (unsigned i = 0; i < STALLED; i++)
                client_connect_small(&stalled[i], server.port, WAKEFUL + i);
        client_connect_all(wakeful, WAKEFUL, server.port);
        client_connect(idle, server.port, CLIENTS);
        client_exchange(idle, 1, PIECE);
        client_exchange(wakeful, WAKEFUL, PIECE);
        client_send_until_blocked(stalled, STALLED);
        process_stop(&server.process);
        limit_watch(STOP_MS);
        for (unsigned i = 0; i < WAKEFUL; i++)
                client_send(&wakeful[i], PIECE);
        for (unsigned i = 0; i < STALLED; i++)
                client_take(&stalled[i]);
        for (unsigned i = 0; i < NEW; i++) {
                client_connect(&new[i], server.port, WAKEFUL + STALLED + i);
                client_send(&new[i], PIECE);
        }
        go_on();
        /* All at the same time: none may wait for so long again. */
        client_exchange(clients, CLIENTS - 1, 0);
        for (unsigned i = 0; i < CLIENTS - 1; i++) {
                client_finish(&clients[i]);
                client_expect_end(&clients[i]);
        }
        client_expect_end(idle);
        client_close_all(clients, CLIENTS);
        server_await_all_closed(&server, CLIENTS);
        ck_assert_uint_eq(server_figure(&server, "closed_idle"), 1);
        ck_assert_uint_eq(server_figure(&server, "closed_peer_finished"), CLIENTS - 1);
        live_tell(
            "stopped: for %d ms, with timeouts of 4 s; one of %d clients was idle and was "
            "finished, all others got their bytes",
            STOP_MS, CLIENTS);
        balance_expect(&balance, &server, CLIENTS);
        server_stop(&server);
}
END_TEST

int main(void)
{
        static const char *const programs[] = { NULL };
        TCase *tcase = tcase_create("stopped");

        if (!live_is_possible(programs))
                return SUITE_SKIPPED;
        tcase_add_test(tcase, many_stops_lose_nothing);
        tcase_add_test(tcase, stop_that_outlasts_all_timeouts_cuts_nobody_who_did_his_part);
        return suite_run(tcase);
}
