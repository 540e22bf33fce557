/* SPDX-License-Identifier: MIT */
/* What a source may ask for, and what becomes of datagrams that nobody has time for. */
#include <signal.h>
#include <stdio.h>

#include "figures.h"
#include "limit.h"
#include "suite.h"
#include "ways.h"

static struct ways ways;
static struct server server;

/* Tokens that time has added at most since then, of a rate for each second. */
static uint64_t tokens_since(uint64_t start_us, uint64_t rate)
{
        return (limit_now_us() - start_us) * rate / 1000000 + 1;
}

/* All were answered that had a token, and no more than that; returns how many. */
static uint64_t expect_rate(struct server *asked, uint64_t sent, uint64_t rate, uint64_t start_us)
{
        server_await_datagrams(asked, sent);
        uint64_t answered = server_figure(asked, "datagrams_sent");
        ck_assert_uint_eq(server_figure(asked, "dropped_rate"), sent - answered);
        ck_assert_uint_ge(answered, 2 * rate);
        ck_assert_uint_le(answered, 2 * rate + tokens_since(start_us, rate));
        return answered;
}

START_TEST(burst_is_cut_at_twice_the_rate)
{
        enum { BURST = 100, RATE = 10 };
        const char *const arguments[] = { "--udp-rate=10", NULL };
        enum way way = (enum way)_i;
        struct datagram_client client;

        if (!ways_has(way))
                return;
        ways_open(&ways, arguments);
        datagram_open(&client, &ways.places[way], 1);
        uint64_t start_us = limit_now_us();
        for (unsigned i = 0; i < BURST; i++)
                datagram_send(&client, i, 100);
        uint64_t answered = expect_rate(&ways.server, BURST, RATE, start_us);
        ck_assert_uint_eq(datagram_discard(&client), answered);
        datagram_close(&client);
        server_stop(&ways.server);
}
END_TEST

/* Both workers, and both ways of an address, take from one and the same bucket. */
START_TEST(rate_is_that_of_a_source_in_all_workers_together)
{
        enum { CROWD = 64, RATE = 5 };
        const char *const arguments[] = { "--udp-rate=5", NULL };
        static const enum way ways_of_ip4[] = { WAY_IP4, WAY_ANY_IP4, WAY_ALL_IP4 };
        struct datagram_client clients[CROWD];

        ways_open(&ways, arguments);
        uint64_t start_us = limit_now_us();
        for (unsigned i = 0; i < CROWD; i++) {
                datagram_open(&clients[i], &ways.places[ways_of_ip4[i % 3]], i);
                datagram_send(&clients[i], 0, 100);
        }
        uint64_t answered = expect_rate(&ways.server, CROWD, RATE, start_us);
        for (unsigned i = 0; i < CROWD; i++) {
                answered -= datagram_discard(&clients[i]);
                datagram_close(&clients[i]);
        }
        ck_assert_uint_eq(answered, 0);
        server_stop(&ways.server);
}
END_TEST

START_TEST(source_over_its_rate_does_not_use_up_that_of_another)
{
        enum { BURST = 50, RATE = 5 };
        const char *const arguments[] = { "--udp-rate=5", NULL };
        struct datagram_client greedy;
        struct datagram_client modest;
        struct place greedy_place = place_at("127.0.0.2", 0);
        struct place modest_place = place_at("127.0.0.3", 0);

        ways_open(&ways, arguments);
        datagram_open_from(&greedy, &greedy_place, &ways.places[_i], 1);
        datagram_open_from(&modest, &modest_place, &ways.places[_i], 2);
        for (unsigned i = 0; i < BURST; i++)
                datagram_send(&greedy, i, 100);
        server_await_datagrams(&ways.server, BURST);
        ck_assert_uint_gt(server_figure(&ways.server, "dropped_rate"), 0);
        for (unsigned i = 0; i < 2 * RATE; i++)
                datagram_exchange(&modest, i, 100);
        datagram_close(&greedy);
        datagram_close(&modest);
        server_stop(&ways.server);
}
END_TEST

/*
 * Batches that wait in its kernel when it continues: it takes them so fast that nothing but a
 * limit, or what it takes for a loop, keeps it from answering them all.
 */
static uint64_t send_alike(const struct place *place)
{
        enum { BATCHES = 100 };
        struct datagram_client client;

        datagram_open(&client, place, 1);
        process_stop(&server.process);
        for (unsigned i = 0; i < BATCHES; i++)
                datagram_send_batch(&client, 0, DATAGRAM_BATCH_MOST, 4, 4);
        process_signal(&server.process, SIGCONT);
        datagram_close(&client);
        return (uint64_t)BATCHES * DATAGRAM_BATCH_MOST;
}

static void start_with_place(const char *listener, const char *const *arguments,
                             struct place *ret_place)
{
        server_start_at(&server, listener, arguments);
        *ret_place = place_ip4(server.port);
}

START_TEST(loopback_listener_has_no_limit_unless_it_is_given_one)
{
        struct place place;

        start_with_place("udp:127.0.0.1:0", NULL, &place);
        uint64_t sent = send_alike(&place);
        server_await_datagrams(&server, sent);
        ck_assert_uint_eq(server_figure(&server, "datagrams_sent"), sent);
        server_stop(&server);
}
END_TEST

static const char *const reachable_listeners[] = { "udp:*:0", "udp:0.0.0.0:0" };

START_TEST(listener_that_others_reach_has_a_limit_unless_it_is_given_none)
{
        enum { RATE = 1000 };
        const char *const no_guard[] = { "--udp-loop-guard=off", NULL };
        const char *const no_limit[] = { "--udp-loop-guard=off", "--udp-rate=0", NULL };
        struct place place;

        start_with_place(reachable_listeners[_i], no_guard, &place);
        uint64_t start_us = limit_now_us();
        uint64_t sent = send_alike(&place);
        (void)expect_rate(&server, sent, RATE, start_us);
        server_stop(&server);
        start_with_place(reachable_listeners[_i], no_limit, &place);
        sent = send_alike(&place);
        server_await_datagrams(&server, sent);
        ck_assert_uint_eq(server_figure(&server, "datagrams_sent"), sent);
        server_stop(&server);
}
END_TEST

/* Each repeats what came before, with hardly any time between. */
START_TEST(listener_that_others_reach_looks_for_loops_unless_it_must_not)
{
        const char *const on[] = { "--udp-rate=0", NULL };
        const char *const on_here[] = { "--udp-loop-guard=on", NULL };
        struct place place;

        start_with_place(reachable_listeners[_i], on, &place);
        server_await_datagrams(&server, send_alike(&place));
        ck_assert_uint_gt(server_figure(&server, "dropped_loop"), 0);
        ck_assert_uint_eq(server_figure(&server, "dropped_loop"), server_dropped(&server));
        server_stop(&server);
        start_with_place("udp:127.0.0.1:0", on_here, &place);
        server_await_datagrams(&server, send_alike(&place));
        ck_assert_uint_gt(server_figure(&server, "dropped_loop"), 0);
        server_stop(&server);
}
END_TEST

/* The kernel tells what it threw away with the next datagram that it does not throw away. */
static uint64_t send_until_all_are_told(const struct datagram_client *client, unsigned sent)
{
        struct limit limit = limit_start();
        uint64_t told;

        do {
                ck_assert_msg(limit_left_ms(&limit) > 0, "of %u: %s", sent, ways.server.status);
                datagram_send(client, sent++, 0);
                limit_pause();
                told = server_figure(&ways.server, "datagrams_overflowed");
                told += server_figure(&ways.server, "datagrams_received");
        } while (told < sent);
        ck_assert_uint_eq(told, sent);
        return sent;
}

START_TEST(datagrams_that_find_a_full_queue_are_counted)
{
        enum { FLOOD = 3000, SIZE = 1000 };
        enum way way = (enum way)_i;
        struct datagram_client client;

        if (!ways_has(way))
                return;
        ways_open(&ways, NULL);
        datagram_open(&client, &ways.places[way], 1);
        process_stop(&ways.server.process);
        for (unsigned i = 0; i < FLOOD; i++)
                datagram_send(&client, i, SIZE);
        process_signal(&ways.server.process, SIGCONT);
        uint64_t sent = send_until_all_are_told(&client, FLOOD);
        uint64_t lost = server_figure(&ways.server, "datagrams_overflowed");
        ck_assert_uint_gt(lost, 0);
        server_await_datagrams(&ways.server, sent - lost);
        ck_assert_uint_eq(server_dropped(&ways.server), 0);
        ck_assert_uint_eq(datagram_discard(&client), sent - lost);
        /* From now on each datagram tells it again. */
        for (unsigned i = 0; i < 40; i++)
                datagram_exchange(&client, i, SIZE);
        ck_assert_uint_eq(server_figure(&ways.server, "datagrams_overflowed"), lost);
        datagram_close(&client);
        server_stop(&ways.server);
}
END_TEST

/* A turn's scratch memory for each worker, and small change. */
START_TEST(flood_leaves_memory_bounded_and_a_server_that_sleeps)
{
        enum { WORKERS = 2, SCRATCH = WORKERS << 20, SMALL = 256 << 10, CROWD = 20, ROUNDS = 100 };
        struct datagram_client clients[CROWD];

        ways_open(&ways, NULL);
        uint64_t before = figures_memory(&ways.server.process);
        for (unsigned i = 0; i < CROWD; i++)
                datagram_open(&clients[i], &ways.places[i % 2 != 0 ? WAY_IP4 : WAY_ANY_IP4], i);
        for (unsigned round = 0; round < ROUNDS; round++)
                for (unsigned i = 0; i < CROWD; i++) {
                        datagram_send(&clients[i], round, DATAGRAM_MOST_IP4);
                        datagram_send_batch(&clients[i], round, DATAGRAM_BATCH_MOST, 1000, 1000);
                        (void)datagram_discard(&clients[i]);
                }
        for (unsigned i = 0; i < CROWD; i++)
                datagram_close(&clients[i]);
        figures_expect_sleep(&ways.server.process);
        figures_await_memory(&ways.server.process, before + SCRATCH + SMALL);
        datagram_open(&clients[0], &ways.places[WAY_IP4], 0);
        datagram_exchange(&clients[0], ROUNDS, 100);
        datagram_close(&clients[0]);
        server_stop(&ways.server);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("datagram limits");

        tcase_add_loop_test(tcase, burst_is_cut_at_twice_the_rate, 0, WAY_COUNT);
        tcase_add_test(tcase, rate_is_that_of_a_source_in_all_workers_together);
        tcase_add_loop_test(tcase, source_over_its_rate_does_not_use_up_that_of_another, WAY_IP4,
                            WAY_IP4 + 1);
        tcase_add_loop_test(tcase, source_over_its_rate_does_not_use_up_that_of_another,
                            WAY_ANY_IP4, WAY_ANY_IP4 + 1);
        tcase_add_test(tcase, loopback_listener_has_no_limit_unless_it_is_given_one);
        tcase_add_loop_test(tcase, listener_that_others_reach_has_a_limit_unless_it_is_given_none,
                            0, 2);
        tcase_add_loop_test(tcase, listener_that_others_reach_looks_for_loops_unless_it_must_not, 0,
                            2);
        tcase_add_loop_test(tcase, datagrams_that_find_a_full_queue_are_counted, 0, WAY_COUNT);
        tcase_add_test(tcase, flood_leaves_memory_bounded_and_a_server_that_sleeps);
        return suite_run(tcase);
}
