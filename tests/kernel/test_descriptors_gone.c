/* SPDX-License-Identifier: MIT */
/* A minute without a free descriptor: those who are in are served, those who wait get in. */
#include "balance.h"
#include "client.h"
#include "datagram.h"
#include "figures.h"
#include "limit.h"
#include "live.h"
#include "suite.h"

enum {
        MINUTE_MS = 60000,
        ROUND_MS = 500,
        IN = 8,
        CROWD = 400,
        PIECE = 5000,
        /* Of CPU time in the minute, of 6000: it serves, and asks again 20 times a second. */
        TICKS_MOST = 200,
};

static struct server server;
static struct client in[IN];
static struct client crowd[CROWD];

/* Those who are in leave, and others come, who have to wait for longest. */
static void replace_all(void)
{
        for (unsigned i = 0; i < IN; i++) {
                client_finish(&in[i]);
                client_expect_end(&in[i]);
                client_close(&in[i]);
                client_connect(&in[i], server.port, IN + CROWD + i);
        }
}

START_TEST(minute_without_descriptors_is_survived)
{
        const char *const arguments[] = { "udp:127.0.0.1:0", "--workers=2", NULL };
        struct datagram_client datagrams;
        unsigned round = 0;

        server_start(&server, arguments);
        struct balance balance = balance_of(&server);
        struct place place = place_ip4(server_port(&server, 1));
        datagram_open(&datagrams, &place, 1);
        client_connect_all(in, IN, server.port);
        client_exchange(in, IN, PIECE);
        unsigned room = figures_leave_descriptors(&server.process, 2);
        for (unsigned i = 0; i < CROWD; i++) {
                client_connect(&crowd[i], server.port, IN + i);
                client_send(&crowd[i], 100);
        }
        server_await_figure(&server, "accepted", IN + room);
        struct figures before = figures_read(&server.process);
        uint64_t end_ms = limit_now_ms() + MINUTE_MS;
        for (; limit_now_ms() < end_ms; round++) {
                client_exchange(in, IN, PIECE);
                datagram_exchange(&datagrams, round, 100);
                limit_watch(ROUND_MS);
        }
        struct figures after = figures_read(&server.process);
        uint64_t pauses = server_figure(&server, "accept_pauses");
        ck_assert_uint_eq(server_figure(&server, "accepted"), IN + room);
        ck_assert_uint_gt(pauses, 0);
        ck_assert_uint_le(after.ticks - before.ticks, TICKS_MOST);
        /* A number over the limit is not free when it is closed: not all of them make room. */
        replace_all();
        server_await_figure_least(&server, "accepted", IN + room + 1);
        figures_limit_descriptors(&server.process, 2 * (IN + CROWD) + balance.descriptors);
        client_exchange(in, IN, PIECE);
        for (unsigned i = 0; i < CROWD; i++)
                client_receive(&crowd[i]);
        live_tell(
            "descriptors gone: for a minute, %llu pauses, %llu ticks of CPU; %d who were in "
            "had %u rounds, %d who waited were served",
            (unsigned long long)pauses, (unsigned long long)(after.ticks - before.ticks), IN, round,
            CROWD);
        client_close_all(in, IN);
        client_close_all(crowd, CROWD);
        datagram_close(&datagrams);
        server_await_all_closed(&server, IN + CROWD + IN);
        balance_expect(&balance, &server, IN + CROWD + IN);
        server_stop(&server);
}
END_TEST

int main(void)
{
        static const char *const programs[] = { NULL };
        TCase *tcase = tcase_create("descriptors gone");

        if (!live_is_possible(programs))
                return SUITE_SKIPPED;
        tcase_add_test(tcase, minute_without_descriptors_is_survived);
        return suite_run(tcase);
}
