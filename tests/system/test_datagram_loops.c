/* SPDX-License-Identifier: MIT */
/* Two servers set against each other by one datagram fall silent. */
#include <signal.h>
#include <stdio.h>

#include "datagram.h"
#include "limit.h"
#include "port.h"
#include "server.h"
#include "suite.h"

/* Of core/loop_guard.h: what one datagram may repeat in a row before it is left unanswered. */
enum { REPEATS_GRANTED = 1064 };

static struct server first;
static struct server second;

struct totals {
        uint64_t received;
        uint64_t sent;
        uint64_t dropped;
};

static struct totals totals_of(struct server *server)
{
        struct totals totals = { .sent = server_figure(server, "datagrams_sent"),
                                 .dropped = server_dropped(server) };

        totals.received = server_figure(server, "datagrams_received");
        return totals;
}

static void start_second(const char *host, uint16_t port, const char *const *arguments)
{
        char listener[64];

        snprintf(listener, sizeof(listener), "udp:%s:%u", host, port);
        server_start_at(&second, listener, arguments);
}

struct battle {
        const char *first_listener;
        const char *second_host;
        const char *source; /* of the second, as the first sees it */
        const char *target; /* of the first */
};

static const struct battle battles[] = {
        { "udp:127.0.0.1:0", "127.0.0.1", "127.0.0.1", "127.0.0.1" },
        { "udp:*:0", "*", "127.0.0.1", "127.0.0.1" },
        { "udp:*:0", "0.0.0.0", "127.0.0.1", "127.0.0.1" },
        { "udp:[::1]:0", "[::1]", "::1", "::1" },
        { "udp:*:0", "[::]", "::1", "::1" },
};

enum { BATTLES_IP4 = 3, BATTLES = sizeof(battles) / sizeof(battles[0]) };

/*
 * Starts two servers, and lets so many datagrams arrive at the first one as if the second one had
 * sent them: they wait for it while their sender leaves the port to the second one.
 */
static void set_against_each_other(const struct battle *battle, const char *const *arguments,
                                   unsigned count, bool is_alike)
{
        struct datagram_client client;
        uint16_t port = port_find_udp();
        struct place from = place_at(battle->source, port);

        server_start_at(&first, battle->first_listener, arguments);
        struct place to = place_at(battle->target, first.port);
        process_stop(&first.process);
        datagram_open_from(&client, &from, &to, 1);
        for (unsigned i = 0; i < count; i++)
                datagram_send(&client, is_alike ? 0 : i, 100);
        datagram_close(&client);
        start_second(battle->second_host, port, arguments);
        process_signal(&first.process, SIGCONT);
}

/* Waits until each datagram that went around was dropped by one of them, for that reason. */
static void await_silence(const char *reason, uint64_t count)
{
        struct limit limit = limit_start();

        while (server_figure(&first, reason) + server_figure(&second, reason) < count) {
                ck_assert_msg(limit_left_ms(&limit) > 0, "the loop goes on:\n%s%s", first.status,
                              second.status);
                limit_watch(20);
        }
        struct totals one = totals_of(&first);
        struct totals other = totals_of(&second);
        /* Nothing is on its way any more. */
        ck_assert_uint_eq(one.received, other.sent + count);
        ck_assert_uint_eq(other.received, one.sent);
        ck_assert_uint_eq(one.dropped + other.dropped, count);
        limit_watch(200);
        ck_assert_uint_eq(server_figure(&first, "datagrams_received"), one.received);
        ck_assert_uint_eq(server_figure(&second, "datagrams_received"), other.received);
}

static void stop_both(void)
{
        server_stop(&first);
        server_stop(&second);
}

static bool can_fight(int battle)
{
        return battle < BATTLES_IP4 || place_has_ip6();
}

START_TEST(loop_of_two_servers_is_broken_by_the_loop_guard)
{
        const char *const arguments[] = { "--udp-loop-guard=on", "--udp-rate=0", "--workers=2",
                                          NULL };

        if (!can_fight(_i))
                return;
        set_against_each_other(&battles[_i], arguments, 1, true);
        await_silence("dropped_loop", 1);
        /* The first one got it first; not before the repeats that any client may have. */
        ck_assert_uint_ge(server_figure(&first, "datagrams_received"), REPEATS_GRANTED + 1);
        ck_assert_uint_ge(server_figure(&second, "datagrams_received"), REPEATS_GRANTED);
        stop_both();
}
END_TEST

START_TEST(loops_of_many_datagrams_are_broken_one_after_the_other)
{
        enum { LOOPS = 20 };
        const char *const arguments[] = { "--udp-loop-guard=on", "--udp-rate=0", NULL };

        if (!can_fight(_i))
                return;
        set_against_each_other(&battles[_i], arguments, LOOPS, _i % 2 == 0);
        await_silence("dropped_loop", LOOPS);
        stop_both();
}
END_TEST

START_TEST(loop_of_two_servers_ends_by_the_rate)
{
        enum { RATE = 50 };
        const char *const arguments[] = { "--udp-loop-guard=off", "--udp-rate=50", NULL };

        if (!can_fight(_i))
                return;
        set_against_each_other(&battles[_i], arguments, 1, true);
        await_silence("dropped_rate", 1);
        ck_assert_uint_ge(server_figure(&first, "datagrams_sent"), 2ULL * RATE);
        stop_both();
}
END_TEST

/* By default only who listens for others than this machine. */
START_TEST(loop_of_two_servers_ends_by_default)
{
        const char *const arguments[] = { "--udp-rate=0", NULL };

        set_against_each_other(&battles[1], arguments, 1, true);
        await_silence("dropped_loop", 1);
        stop_both();
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("datagram loops");

        tcase_add_loop_test(tcase, loop_of_two_servers_is_broken_by_the_loop_guard, 0, BATTLES);
        tcase_add_loop_test(tcase, loops_of_many_datagrams_are_broken_one_after_the_other, 0,
                            BATTLES);
        tcase_add_loop_test(tcase, loop_of_two_servers_ends_by_the_rate, 0, BATTLES);
        tcase_add_test(tcase, loop_of_two_servers_ends_by_default);
        return suite_run(tcase);
}
