/* SPDX-License-Identifier: MIT */
/* A network that hardly carries anything: what is sent waits in line for long, or finds no room. */
#include "balance.h"
#include "cable.h"
#include "live.h"
#include "probe.h"
#include "suite.h"

enum { PROBES = 3, CONNECTIONS = 8 + 16 + 2 };

static struct server server;
static struct probe probes[PROBES];

/*
 * 32 KB/s each way for all of them. The stall timeout is less than it all takes, and no peer
 * stalls: each takes something within that time. The buffers are small, so that not all is in the
 * cable, and what has been sent by the end of the time comes back within minutes.
 */
START_TEST(every_byte_crosses_a_narrow_cable)
{
        static const char *const options[PROBES] = {
                "--mode stream -c 8 -d 20s -s 4K --depth 4 --half-close --timeout 100s",
                "--mode ping -c 16 -d 20s -s 200 --timeout 100s",
                "--mode slow -c 2 -d 20s -s 100 --timeout 100s",
        };
        const char *const arguments[] = { "--workers=2", NULL };
        char target[PROBE_TARGET_SIZE];
        uint64_t bytes = 0;
        uint64_t worst_ns = 0;

        cable_set("net/ipv4/tcp_wmem", "4096 16384 32768");
        cable_set("net/ipv4/tcp_rmem", "4096 16384 32768");
        cable_serve(&server, arguments);
        struct balance balance = balance_of(&server);
        cable_slow("256kbit");
        snprintf(target, sizeof(target), "tcp:" CABLE_IP4 ":%u", server.port);
        for (unsigned i = 0; i < PROBES; i++)
                probe_start(&probes[i], target, options[i]);
        for (unsigned i = 0; i < PROBES; i++) {
                live_finish(&probes[i]);
                probe_expect_ok(&probes[i]);
                bytes += probe_count(&probes[i], "received_bytes");
        }
        worst_ns = probe_count(&probes[1], "latency_ns.max");
        cable_hurry();
        live_tell(
            "rate: %llu bytes of %d connections came back by 256 kbit/s, each one; a ping "
            "within %llu ms",
            (unsigned long long)bytes, CONNECTIONS, (unsigned long long)worst_ns / 1000000);
        server_await_all_closed(&server, CONNECTIONS);
        ck_assert_uint_eq(server_figure(&server, "closed_stall"), 0);
        balance_expect(&balance, &server, CONNECTIONS);
        server_stop(&server);
}
END_TEST

int main(void)
{
        static const char *const programs[] = { "ip", "tc", NULL };
        TCase *tcase = tcase_create("rate");

        if (!live_is_possible(programs) || !cable_lay())
                return SUITE_SKIPPED;
        tcase_add_test(tcase, every_byte_crosses_a_narrow_cable);
        return suite_run(tcase);
}
