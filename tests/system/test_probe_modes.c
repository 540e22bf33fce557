/* SPDX-License-Identifier: MIT */
/* echoprobe finds no fault with echod, in every mode and by every way in; and counts right. */
#include <signal.h>
#include <stdio.h>

#include "doors.h"
#include "limit.h"
#include "probe.h"
#include "suite.h"

static struct doors doors;
static struct probe probe;
static char targets[DOOR_COUNT][PROBE_TARGET_SIZE];

static void open_server(void)
{
        const struct sockaddr_un *path = NULL;
        const struct sockaddr_un *name = NULL;

        doors_open(&doors, NULL);
        path = (const struct sockaddr_un *)&doors.places[DOOR_PATH].address;
        name = (const struct sockaddr_un *)&doors.places[DOOR_NAME].address;
        probe_target_tcp(targets[DOOR_IP4], doors.server.port);
        probe_target_tcp(targets[DOOR_ANY_IP4], server_port(&doors.server, 1));
        snprintf(targets[DOOR_PATH], PROBE_TARGET_SIZE, "unix:%s", path->sun_path);
        snprintf(targets[DOOR_NAME], PROBE_TARGET_SIZE, "unix:@%s", name->sun_path + 1);
        if (!place_has_ip6())
                return;
        probe_target_tcp6(targets[DOOR_IP6], server_port(&doors.server, 4));
        probe_target_tcp6(targets[DOOR_ANY_IP6], server_port(&doors.server, 1));
}

static void close_server(void)
{
        server_await_figure(&doors.server, "open", 0);
        doors_close(&doors);
}

/* A run by each way in; the report must agree with itself and with the server. */
static void run_everywhere(const char *options)
{
        uint64_t received = 0;
        uint64_t opened = 0;

        open_server();
        for (enum door door = 0; door < DOOR_COUNT; door++) {
                if (!doors_has(door))
                        continue;
                probe_run(&probe, targets[door], options);
                probe_expect_ok(&probe);
                received += probe_count(&probe, "received_bytes");
                opened += probe_count(&probe, "opened");
        }
        server_await_figure(&doors.server, "open", 0);
        ck_assert_uint_eq(server_figure(&doors.server, "received_bytes"), received);
        ck_assert_uint_eq(server_figure(&doors.server, "accepted"), opened);
        close_server();
}

START_TEST(ping_is_ok_by_every_way_in)
{
        run_everywhere("-c 5 -d 200ms");
}
END_TEST

START_TEST(stream_is_ok_by_every_way_in)
{
        run_everywhere("--mode stream -c 2 -d 200ms");
}
END_TEST

START_TEST(churn_is_ok_by_every_way_in)
{
        run_everywhere("--mode churn -c 4 -d 200ms");
}
END_TEST

START_TEST(idle_is_ok_by_every_way_in)
{
        run_everywhere("--mode idle -c 100 -d 50ms");
}
END_TEST

START_TEST(slow_is_ok_by_every_way_in)
{
        run_everywhere("--mode slow -c 2 -d 300ms -s 1K");
}
END_TEST

START_TEST(half_close_is_ok_by_every_way_in)
{
        run_everywhere("-c 3 -n 300 -s 10000 --half-close");
}
END_TEST

START_TEST(half_close_with_megabytes_owed_is_ok_by_every_way_in)
{
        run_everywhere("--mode stream -n 3 -s 4M --depth 3 --half-close");
}
END_TEST

START_TEST(open_loop_is_ok_by_every_way_in)
{
        run_everywhere("-c 3 --rate 2000 -d 200ms");
}
END_TEST

static void run_once(const char *options)
{
        open_server();
        probe_run(&probe, targets[DOOR_IP4], options);
        probe_expect_ok(&probe);
        close_server();
}

START_TEST(count_of_messages_is_exact)
{
        run_once("-c 7 -n 1000 -s 100");
        ck_assert_uint_eq(probe_count(&probe, "messages"), 1000);
        ck_assert_uint_eq(probe_count(&probe, "sent_bytes"), 100000);
        ck_assert_uint_eq(probe_count(&probe, "opened"), 7);
}
END_TEST

START_TEST(count_of_fewer_messages_than_connections_is_exact)
{
        run_once("-c 10 -n 3");
        ck_assert_uint_eq(probe_count(&probe, "messages"), 3);
        ck_assert_uint_eq(probe_count(&probe, "opened"), 10);
}
END_TEST

START_TEST(count_of_messages_in_flight_is_exact)
{
        run_once("-c 3 -n 1001 -s 3000 --depth 64");
        ck_assert_uint_eq(probe_count(&probe, "messages"), 1001);
}
END_TEST

START_TEST(count_of_an_open_loop_is_exact)
{
        run_once("-c 4 -n 203 --rate 2000");
        ck_assert_uint_eq(probe_count(&probe, "messages"), 203);
        ck_assert_uint_eq(probe_count(&probe, "rate"), 2000);
}
END_TEST

START_TEST(count_of_churn_is_of_connections)
{
        run_once("--mode churn -c 10 -n 503 -s 1");
        ck_assert_uint_eq(probe_count(&probe, "messages"), 503);
        ck_assert_uint_eq(probe_count(&probe, "opened"), 503);
}
END_TEST

START_TEST(idle_connections_have_one_message_each)
{
        run_once("--mode idle -c 300 -d 10ms -s 5");
        ck_assert_uint_eq(probe_count(&probe, "messages"), 300);
        ck_assert_uint_eq(probe_count(&probe, "opened"), 300);
        ck_assert_uint_eq(probe_count(&probe, "open"), 300);
}
END_TEST

/* More than the buffer that all connections read into. */
START_TEST(slow_peer_may_ask_for_large_bites)
{
        run_once("--mode slow -d 300ms -s 8M");
}
END_TEST

/* More than all kernel buffers: what it reads, it reads late, and the server must hold back. */
START_TEST(slow_peer_has_much_in_flight)
{
        run_once("--mode slow -d 300ms -s 100");
        ck_assert_uint_gt(probe_count(&probe, "in_flight_most_bytes"), 65536);
}
END_TEST

/* All the server could send in a second is what buffers hold. */
START_TEST(slow_peer_lets_the_server_wait)
{
        open_server();
        probe_start(&probe, targets[DOOR_IP4], "--mode slow -d 1h -s 100");
        server_await_figure(&doors.server, "parked", 1);
        limit_watch(1000);
        ck_assert_uint_lt(server_figure(&doors.server, "sent_bytes"), 32 << 20);
        process_signal(&probe.process, SIGINT);
        probe_finish(&probe);
        probe_expect_ok(&probe);
        close_server();
}
END_TEST

START_TEST(message_of_many_megabytes_is_ok)
{
        run_once("-n 2 -s 20M");
        ck_assert_uint_eq(probe_count(&probe, "received_bytes"), 40 << 20);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("probe modes");

        tcase_add_test(tcase, ping_is_ok_by_every_way_in);
        tcase_add_test(tcase, stream_is_ok_by_every_way_in);
        tcase_add_test(tcase, churn_is_ok_by_every_way_in);
        tcase_add_test(tcase, idle_is_ok_by_every_way_in);
        tcase_add_test(tcase, slow_is_ok_by_every_way_in);
        tcase_add_test(tcase, half_close_is_ok_by_every_way_in);
        tcase_add_test(tcase, half_close_with_megabytes_owed_is_ok_by_every_way_in);
        tcase_add_test(tcase, open_loop_is_ok_by_every_way_in);
        tcase_add_test(tcase, count_of_messages_is_exact);
        tcase_add_test(tcase, count_of_fewer_messages_than_connections_is_exact);
        tcase_add_test(tcase, count_of_messages_in_flight_is_exact);
        tcase_add_test(tcase, count_of_an_open_loop_is_exact);
        tcase_add_test(tcase, count_of_churn_is_of_connections);
        tcase_add_test(tcase, idle_connections_have_one_message_each);
        tcase_add_test(tcase, slow_peer_may_ask_for_large_bites);
        tcase_add_test(tcase, slow_peer_has_much_in_flight);
        tcase_add_test(tcase, slow_peer_lets_the_server_wait);
        tcase_add_test(tcase, message_of_many_megabytes_is_ok);
        return suite_run(tcase);
}
