/* SPDX-License-Identifier: MIT */
/* Datagrams: a good server, and what a bad one does to them, to the last count. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bad_server.h"
#include "place.h"
#include "suite.h"

enum { SIZE_MOST = 65536 };

/* A datagram, who sent it, and which one it is. */
struct datagram {
        unsigned char data[SIZE_MOST];
        uint32_t size;
        uint64_t index;
        struct sockaddr_storage from;
        socklen_t from_size;
};

static struct probe probe;
static char target[PROBE_TARGET_SIZE];

static void take(int fd, struct datagram *datagram)
{
        static uint64_t count;

        datagram->from_size = sizeof(datagram->from);
        ssize_t got = recvfrom(fd, datagram->data, SIZE_MOST, 0, (struct sockaddr *)&datagram->from,
                               &datagram->from_size);
        if (got < 0)
                _exit(1);
        datagram->size = (uint32_t)got;
        datagram->index = count++;
}

static void give(int fd, const struct datagram *datagram)
{
        (void)sendto(fd, datagram->data, datagram->size, 0,
                     (const struct sockaddr *)&datagram->from, datagram->from_size);
}

static void echo(int fd)
{
        static struct datagram datagram;

        for (;;) {
                take(fd, &datagram);
                give(fd, &datagram);
        }
}

static void lose_a_tenth(int fd)
{
        static struct datagram datagram;

        for (;;) {
                take(fd, &datagram);
                if (datagram.index % 10 != 3)
                        give(fd, &datagram);
        }
}

static void lose_all(int fd)
{
        static struct datagram datagram;

        for (;;)
                take(fd, &datagram);
}

static void double_a_fifth(int fd)
{
        static struct datagram datagram;

        for (;;) {
                take(fd, &datagram);
                if (datagram.index % 5 == 0)
                        give(fd, &datagram);
                give(fd, &datagram);
        }
}

/* Each pair comes back in the other order; a depth of two sends both. */
static void exchange_pairs(int fd)
{
        static struct datagram first;
        static struct datagram second;

        for (;;) {
                take(fd, &first);
                take(fd, &second);
                give(fd, &second);
                give(fd, &first);
        }
}

static void flip_a_bit(int fd)
{
        static struct datagram datagram;

        for (;;) {
                take(fd, &datagram);
                if (datagram.index == 7)
                        datagram.data[datagram.size / 2] ^= 1;
                give(fd, &datagram);
        }
}

static void cut_one(int fd)
{
        static struct datagram datagram;

        for (;;) {
                take(fd, &datagram);
                if (datagram.index == 7)
                        datagram.size -= 10;
                give(fd, &datagram);
        }
}

static void lengthen_one(int fd)
{
        static struct datagram datagram;

        for (;;) {
                take(fd, &datagram);
                if (datagram.index == 7)
                        datagram.size += 10;
                give(fd, &datagram);
        }
}

/* What is lost is not awaited for long. */
static void run_impatiently(bad_serve *serve, const char *options)
{
        char words[256];

        snprintf(words, sizeof(words), "--timeout 500ms %s", options);
        bad_server_start_udp(serve, target);
        probe_run(&probe, target, words);
}

static void run(bad_serve *serve, const char *options)
{
        bad_server_start_udp(serve, target);
        probe_run(&probe, target, options);
}

static void expect_counts(uint64_t messages, uint64_t lost, uint64_t duplicated, uint64_t reordered)
{
        ck_assert_uint_eq(probe_count(&probe, "messages"), messages);
        ck_assert_uint_eq(probe_count(&probe, "lost"), lost);
        ck_assert_uint_eq(probe_count(&probe, "duplicated"), duplicated);
        ck_assert_uint_eq(probe_count(&probe, "reordered"), reordered);
}

static void run_well(uint64_t count, const char *options, uint64_t size)
{
        run(echo, options);
        probe_expect_ok(&probe);
        expect_counts(count, 0, 0, 0);
        ck_assert_uint_eq(probe_count(&probe, "received_bytes"), count * size);
}

START_TEST(good_server_is_ok_with_datagrams_of_any_size)
{
        static const uint64_t sizes[] = { 1, 2, 3, 4, 7, 8, 9, 64, 1500, 65507 };

        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
                char options[64];
                snprintf(options, sizeof(options), "-n 1000 -s %u", (unsigned)sizes[i]);
                run_well(1000, options, sizes[i]);
                bad_server_stop_all();
        }
}
END_TEST

START_TEST(good_server_is_ok_with_empty_datagrams)
{
        run(echo, "-n 1000 -s 0");
        probe_expect(&probe, "ok", "");
        expect_counts(1000, 0, 0, 0);
        ck_assert_uint_eq(probe_count(&probe, "sent_bytes"), 0);
}
END_TEST

START_TEST(good_server_is_ok_with_many_sockets)
{
        run_well(1000, "-n 1000 -s 100 -c 13 --depth 4", 100);
        ck_assert_uint_eq(probe_count(&probe, "opened"), 13);
}
END_TEST

START_TEST(good_server_is_ok_with_a_stream_of_datagrams)
{
        run_well(1000, "--mode stream -n 1000 -s 200", 200);
}
END_TEST

START_TEST(good_server_is_ok_with_an_open_loop)
{
        run_well(200, "--rate 2000 -n 200 -s 200 -c 3", 200);
}
END_TEST

START_TEST(good_server_is_ok_for_a_time)
{
        run(echo, "-d 300ms -s 20 -c 2");
        probe_expect_ok(&probe);
        ck_assert_uint_eq(probe_count(&probe, "lost"), 0);
}
END_TEST

START_TEST(every_lost_datagram_is_counted)
{
        run(lose_a_tenth, "--timeout 2s -n 100 --depth 20 -d 20s");
        probe_expect(&probe, "lossy", "10 datagrams were lost");
        expect_counts(90, 10, 0, 0);
        ck_assert_uint_eq(probe_count(&probe, "sent_bytes"), 6400);
        ck_assert_uint_eq(probe_count(&probe, "received_bytes"), 5760);
}
END_TEST

START_TEST(every_lost_datagram_of_an_open_loop_is_counted)
{
        run(lose_a_tenth, "--timeout 2s -n 200 --rate 2000");
        probe_expect(&probe, "lossy", "20 datagrams were lost");
        expect_counts(180, 20, 0, 0);
}
END_TEST

START_TEST(every_second_answer_is_counted)
{
        run(double_a_fifth, "-n 100 -s 100");
        probe_expect_ok(&probe);
        expect_counts(100, 0, 20, 0);
}
END_TEST

START_TEST(every_answer_out_of_order_is_counted)
{
        run(exchange_pairs, "-n 100 -s 100 --depth 2");
        probe_expect_ok(&probe);
        expect_counts(100, 0, 0, 50);
}
END_TEST

START_TEST(datagram_with_a_wrong_byte_is_corrupt)
{
        run(flip_a_bit, "--timeout 2s -n 100 -s 100");
        probe_expect(&probe, "corrupt", "socket 0: a datagram of 100 bytes is none that was sent");
        expect_counts(99, 1, 0, 0);
        ck_assert_uint_eq(probe_count(&probe, "corrupt"), 1);
}
END_TEST

START_TEST(datagram_that_is_cut_is_corrupt)
{
        run(cut_one, "--timeout 2s -n 100 -s 100");
        probe_expect(&probe, "corrupt", "socket 0: a datagram of 90 bytes is none that was sent");
        expect_counts(99, 1, 0, 0);
        ck_assert_uint_eq(probe_count(&probe, "corrupt"), 1);
}
END_TEST

START_TEST(datagram_that_is_too_long_is_corrupt)
{
        run(lengthen_one, "--timeout 2s -n 100 -s 100");
        probe_expect(&probe, "corrupt", "socket 0: a datagram of 110 bytes is none that was sent");
        expect_counts(99, 1, 0, 0);
}
END_TEST

START_TEST(silence_is_a_timeout)
{
        run_impatiently(lose_all, "-c 3 --depth 4 -n 12");
        probe_expect(&probe, "timeout", "no datagram came back");
        expect_counts(0, 12, 0, 0);
        ck_assert(!probe_has(&probe, "latency_ns"));
}
END_TEST

START_TEST(silence_ends_with_the_time)
{
        run_impatiently(lose_all, "-d 200ms");
        probe_expect(&probe, "timeout", "no datagram came back");
        expect_counts(0, 1, 0, 0);
}
END_TEST

START_TEST(silence_to_an_open_loop_is_a_timeout)
{
        run_impatiently(lose_all, "-d 200ms --rate 1000");
        probe_expect(&probe, "timeout", "no datagram came back");
}
END_TEST

/* A socket that is bound to the port and closed again: nobody else gets it at once. */
static void find_closed_port(void)
{
        bad_server_start_udp(echo, target);
        bad_server_stop_all();
}

START_TEST(port_where_nobody_listens_is_refused)
{
        find_closed_port();
        probe_run(&probe, target, "-c 2 -d 20s");
        probe_expect(&probe, "refused", "socket 0: ");
        ck_assert_uint_eq(probe_count(&probe, "faults.refused"), 2);
}
END_TEST

START_TEST(port_where_nobody_listens_is_refused_in_an_open_loop)
{
        find_closed_port();
        probe_run(&probe, target, "--rate 100 -d 20s");
        probe_expect(&probe, "refused", "socket 0: ");
}
END_TEST

START_TEST(address_that_no_way_leads_to_is_refused)
{
        probe_run(&probe, "udp:255.255.255.255:7", "-d 20s");
        probe_expect(&probe, "refused", "socket 0: connect: Permission denied");
}
END_TEST

/* It answers 20 and dies: the 21st finds nobody. */
static void die_in_mid_run(int fd)
{
        static struct datagram datagram;

        do {
                take(fd, &datagram);
                give(fd, &datagram);
        } while (datagram.index < 19);
}

START_TEST(server_that_dies_is_lossy_and_refused_from_then_on)
{
        run_impatiently(die_in_mid_run, "-d 20s");
        probe_expect(&probe, "lossy", "lost");
        ck_assert_uint_eq(probe_count(&probe, "messages"), 20);
        ck_assert_uint_eq(probe_count(&probe, "faults.refused"), 1);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("probe datagrams");

        tcase_add_checked_fixture(tcase, NULL, bad_server_stop_all);
        tcase_add_test(tcase, good_server_is_ok_with_datagrams_of_any_size);
        tcase_add_test(tcase, good_server_is_ok_with_empty_datagrams);
        tcase_add_test(tcase, good_server_is_ok_with_many_sockets);
        tcase_add_test(tcase, good_server_is_ok_with_a_stream_of_datagrams);
        tcase_add_test(tcase, good_server_is_ok_with_an_open_loop);
        tcase_add_test(tcase, good_server_is_ok_for_a_time);
        tcase_add_test(tcase, every_lost_datagram_is_counted);
        tcase_add_test(tcase, every_lost_datagram_of_an_open_loop_is_counted);
        tcase_add_test(tcase, every_second_answer_is_counted);
        tcase_add_test(tcase, every_answer_out_of_order_is_counted);
        tcase_add_test(tcase, datagram_with_a_wrong_byte_is_corrupt);
        tcase_add_test(tcase, datagram_that_is_cut_is_corrupt);
        tcase_add_test(tcase, datagram_that_is_too_long_is_corrupt);
        tcase_add_test(tcase, silence_is_a_timeout);
        tcase_add_test(tcase, silence_ends_with_the_time);
        tcase_add_test(tcase, silence_to_an_open_loop_is_a_timeout);
        tcase_add_test(tcase, port_where_nobody_listens_is_refused);
        tcase_add_test(tcase, port_where_nobody_listens_is_refused_in_an_open_loop);
        tcase_add_test(tcase, address_that_no_way_leads_to_is_refused);
        tcase_add_test(tcase, server_that_dies_is_lossy_and_refused_from_then_on);
        return suite_run(tcase);
}
