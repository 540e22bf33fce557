/* SPDX-License-Identifier: MIT */
/* echoprobe against echod, by datagrams. */
#include <stdio.h>

#include "place.h"
#include "probe.h"
#include "server.h"
#include "suite.h"

static struct server server;
static struct probe probe;

static const char *const hosts[] = { "127.0.0.1", "[::1]" };

static void run(unsigned host, const char *options, const char *const *arguments)
{
        char target[PROBE_TARGET_SIZE];

        server_start_at(&server, "udp:*:0", arguments);
        snprintf(target, sizeof(target), "udp:%s:%u", hosts[host], server.port);
        probe_run(&probe, target, options);
}

static const struct {
        const char *options;
        uint64_t messages;
} runs[] = {
        { "-n 1000", 1000 },
        { "-n 1000 -s 0", 1000 },
        { "-n 300 -s 65507", 300 },
        { "-n 2000 -s 500 --depth 16", 2000 },
        { "-n 2000 -s 100 -c 20 --depth 4", 2000 },
        { "-n 2000 -s 200 --mode stream", 2000 },
        { "-n 400 -s 200 -c 3 --rate 2000", 400 },
};

enum { RUNS = sizeof(runs) / sizeof(runs[0]) };

static void expect_every_answer(unsigned host, const char *options, uint64_t messages)
{
        const char *const arguments[] = { "--udp-rate=0", "--workers=2", NULL };

        run(host, options, arguments);
        probe_expect(&probe, "ok", "");
        ck_assert_uint_eq(probe_count(&probe, "messages"), messages);
        ck_assert_uint_eq(probe_count(&probe, "duplicated"), 0);
        ck_assert_uint_eq(probe_count(&probe, "reordered"), 0);
        server_await_datagrams(&server, messages);
        ck_assert_uint_eq(server_figure(&server, "datagrams_sent"), messages);
        ck_assert_uint_eq(server_figure(&server, "datagram_sent_bytes"),
                          probe_count(&probe, "received_bytes"));
        server_stop(&server);
}

START_TEST(probe_finds_every_answer_by_ip4)
{
        expect_every_answer(0, runs[_i].options, runs[_i].messages);
}
END_TEST

START_TEST(probe_finds_every_answer_by_ip6)
{
        if (place_has_ip6())
                expect_every_answer(1, runs[_i].options, runs[_i].messages);
}
END_TEST

/* The last of its messages are over the rate. */
START_TEST(probe_finds_what_the_rate_leaves_unanswered)
{
        const char *const arguments[] = { "--udp-rate=1", NULL };

        run(0, "-n 20 --depth 20 --timeout 1s -d 20s", arguments);
        probe_expect(&probe, "lossy", "were lost");
        server_await_datagrams(&server, 20);
        ck_assert_uint_eq(probe_count(&probe, "lost"), server_figure(&server, "dropped_rate"));
        ck_assert_uint_eq(probe_count(&probe, "messages"),
                          server_figure(&server, "datagrams_sent"));
        server_stop(&server);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("probe of datagrams");

        tcase_add_loop_test(tcase, probe_finds_every_answer_by_ip4, 0, RUNS);
        tcase_add_loop_test(tcase, probe_finds_every_answer_by_ip6, 0, RUNS);
        tcase_add_test(tcase, probe_finds_what_the_rate_leaves_unanswered);
        return suite_run(tcase);
}
