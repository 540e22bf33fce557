/* SPDX-License-Identifier: MIT */
/* One of twenty packets is lost, each way, also those that open a connection and those that end it.
 */
#include "balance.h"
#include "cable.h"
#include "live.h"
#include "probe.h"
#include "suite.h"

enum { LOST_PERCENT = 5, PROBES = 4 };

static struct server server;
static struct probe probes[PROBES];

static struct balance start(void)
{
        const char *const arguments[] = { "udp:*:0", "--udp-rate=0", "--workers=2", NULL };

        cable_serve(&server, arguments);
        return balance_of(&server);
}

static void stop(const struct balance *balance, unsigned connections)
{
        balance_expect(balance, &server, connections);
        server_stop(&server);
}

START_TEST(every_byte_of_every_connection_arrives)
{
        static const struct {
                const char *host;
                const char *options;
        } runs[PROBES] = {
                { CABLE_IP4, "--mode stream -c 8 -d 10s --half-close --timeout 60s" },
                { "[" CABLE_IP6 "]", "--mode stream -c 8 -d 10s --half-close --timeout 60s" },
                { CABLE_IP4, "--mode churn -c 16 -d 10s -s 3000 --half-close --timeout 60s" },
                { "[" CABLE_IP6 "]", "--mode ping -c 32 -d 10s -s 1000 --timeout 60s" },
        };
        char target[PROBE_TARGET_SIZE];
        uint64_t bytes = 0;
        uint64_t opened = 0;

        struct balance balance = start();
        cable_lose(LOST_PERCENT);
        for (unsigned i = 0; i < PROBES; i++) {
                snprintf(target, sizeof(target), "tcp:%s:%u", runs[i].host, server.port);
                probe_start(&probes[i], target, runs[i].options);
        }
        for (unsigned i = 0; i < PROBES; i++) {
                live_finish(&probes[i]);
                probe_expect_ok(&probes[i]);
                bytes += probe_count(&probes[i], "received_bytes");
                opened += probe_count(&probes[i], "opened");
        }
        uint64_t lost = cable_lost(CABLE_SERVER) + cable_lost(CABLE_CLIENTS);
        ck_assert_uint_gt(lost, 0);
        cable_lose(0);
        live_tell("loss: %llu packets lost; %llu bytes of %llu connections came back, each one",
                  (unsigned long long)lost, (unsigned long long)bytes, (unsigned long long)opened);
        server_await_all_closed(&server, opened);
        stop(&balance, 8 + 8 + 16 + 32);
}
END_TEST

/* What is lost is lost on the way: the server answers each that it gets, once. */
START_TEST(every_datagram_that_arrives_is_answered_once)
{
        struct probe *probe = &probes[0];
        char target[PROBE_TARGET_SIZE];

        struct balance balance = start();
        snprintf(target, sizeof(target), "udp:" CABLE_IP4 ":%u", server_port(&server, 1));
        cable_lose(LOST_PERCENT);
        probe_run(probe, target, "-c 20 --rate 4000 -n 40000 -s 500 --timeout 2s");
        uint64_t lost_there = cable_lost_datagrams(CABLE_SERVER);
        uint64_t lost_back = cable_lost_datagrams(CABLE_CLIENTS);
        cable_lose(0);
        probe_expect(probe, "lossy", "");
        ck_assert_uint_eq(probe_count(probe, "corrupt"), 0);
        ck_assert_uint_eq(probe_count(probe, "duplicated"), 0);
        ck_assert_uint_gt(lost_there, 0);
        ck_assert_uint_gt(lost_back, 0);
        uint64_t asked = probe_count(probe, "messages") + probe_count(probe, "lost");
        server_await_datagrams(&server, asked - lost_there);
        ck_assert_uint_eq(server_dropped(&server), 0);
        ck_assert_uint_eq(server_figure(&server, "datagrams_overflowed"), 0);
        ck_assert_uint_eq(probe_count(probe, "messages"), asked - lost_there - lost_back);
        live_tell("loss: of %llu datagrams %llu were lost going and %llu coming, and no other",
                  (unsigned long long)asked, (unsigned long long)lost_there,
                  (unsigned long long)lost_back);
        stop(&balance, 0);
}
END_TEST

int main(void)
{
        static const char *const programs[] = { "ip", "nft", NULL };
        TCase *tcase = tcase_create("loss");

        if (!live_is_possible(programs) || !cable_lay())
                return SUITE_SKIPPED;
        tcase_add_test(tcase, every_byte_of_every_connection_arrives);
        tcase_add_test(tcase, every_datagram_that_arrives_is_answered_once);
        return suite_run(tcase);
}
