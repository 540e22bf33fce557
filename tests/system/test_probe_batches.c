/* SPDX-License-Identifier: MIT */
/* Batches of datagrams, by UDP_SEGMENT: each datagram is one of its own in all counts. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bad_server.h"
#include "suite.h"

enum { DATA_SIZE = 65536, BATCHES = 100, MTU = 1500 };

/* What came by one call, and in datagrams of which size. */
struct batch {
        unsigned char data[DATA_SIZE];
        uint32_t size;
        uint16_t segment_size;
        struct sockaddr_in from;
};

union control {
        struct cmsghdr header;
        unsigned char room[CMSG_SPACE(sizeof(int))];
};

static struct probe probe;
static char target[PROBE_TARGET_SIZE];
static int net_fd = -1; /* the name space to return to */

static void take(int fd, struct batch *batch)
{
        union control control;
        struct iovec part = { .iov_base = batch->data, .iov_len = DATA_SIZE };
        struct msghdr message = {
                .msg_name = &batch->from,
                .msg_namelen = sizeof(batch->from),
                .msg_iov = &part,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof(control),
        };
        ssize_t got = recvmsg(fd, &message, 0);
        int segment_size = (int)got;

        if (got < 0)
                _exit(1);
        if (CMSG_FIRSTHDR(&message) != NULL)
                memcpy(&segment_size, CMSG_DATA(&control.header), sizeof(segment_size));
        batch->size = (uint32_t)got;
        batch->segment_size = (uint16_t)segment_size;
}

static void give(int fd, struct batch *batch)
{
        union control control = { .header = {
                                      .cmsg_level = IPPROTO_UDP,
                                      .cmsg_type = UDP_SEGMENT,
                                      .cmsg_len = CMSG_LEN(sizeof(uint16_t)),
                                  } };
        struct iovec part = { .iov_base = batch->data, .iov_len = batch->size };
        struct msghdr message = {
                .msg_name = &batch->from,
                .msg_namelen = sizeof(batch->from),
                .msg_iov = &part,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = CMSG_SPACE(sizeof(uint16_t)),
        };

        memcpy(CMSG_DATA(&control.header), &batch->segment_size, sizeof(uint16_t));
        (void)sendmsg(fd, &message, 0);
}

/* Knows nothing of batches. */
static void echo_singly(int fd)
{
        static struct batch datagram;

        for (;;) {
                take(fd, &datagram);
                (void)sendto(fd, datagram.data, datagram.size, 0,
                             (const struct sockaddr *)&datagram.from, sizeof(datagram.from));
        }
}

static void echo_whole(int fd)
{
        static struct batch batch;

        for (;;) {
                take(fd, &batch);
                give(fd, &batch);
        }
}

/* Answers nothing but whole batches of 64. */
static void echo_only_64(int fd)
{
        static struct batch batch;

        for (;;) {
                take(fd, &batch);
                if (batch.size == 64U * batch.segment_size)
                        give(fd, &batch);
        }
}

static void lose_each_tail(int fd)
{
        static struct batch batch;

        for (;;) {
                take(fd, &batch);
                batch.size -= batch.segment_size;
                give(fd, &batch);
        }
}

static void double_each(int fd)
{
        static struct batch batch;

        for (;;) {
                take(fd, &batch);
                give(fd, &batch);
                give(fd, &batch);
        }
}

/* Within a batch the last comes back first. */
static void turn_round(int fd)
{
        static struct batch batch;
        static struct batch turned;

        for (;;) {
                take(fd, &batch);
                turned = batch;
                for (uint32_t at = 0; at < batch.size; at += batch.segment_size)
                        memcpy(turned.data + batch.size - batch.segment_size - at, batch.data + at,
                               batch.segment_size);
                give(fd, &turned);
        }
}

static void flip_a_bit_of_the_tenth(int fd)
{
        static struct batch batch;

        for (;;) {
                take(fd, &batch);
                batch.data[9 * batch.segment_size + 20] ^= 1;
                give(fd, &batch);
        }
}

static void join_pairs(int fd)
{
        static struct batch batch;

        for (;;) {
                take(fd, &batch);
                batch.segment_size *= 2;
                give(fd, &batch);
        }
}

/* None is answered before all have come, 100 batches of 64. */
static void collect_all(int fd)
{
        static struct batch batches[BATCHES];

        for (unsigned i = 0; i < BATCHES; i++)
                take(fd, &batches[i]);
        for (unsigned i = 0; i < BATCHES; i++)
                give(fd, &batches[i]);
        pause();
}

static void run(bad_serve *serve, const char *options)
{
        if (serve == echo_singly)
                bad_server_start_udp(serve, target);
        else
                bad_server_start_batches(serve, target);
        probe_run(&probe, target, options);
}

static void expect_counts(uint64_t messages, uint64_t lost, uint64_t duplicated, uint64_t reordered)
{
        ck_assert_uint_eq(probe_count(&probe, "messages"), messages);
        ck_assert_uint_eq(probe_count(&probe, "lost"), lost);
        ck_assert_uint_eq(probe_count(&probe, "duplicated"), duplicated);
        ck_assert_uint_eq(probe_count(&probe, "reordered"), reordered);
}

static void run_well(bad_serve *serve, const char *options, uint64_t count)
{
        run(serve, options);
        probe_expect_ok(&probe);
        expect_counts(count, 0, 0, 0);
        bad_server_stop_all();
}

START_TEST(good_server_is_ok_with_batches_of_any_size)
{
        static const char *const options[] = {
                "-n 1000 --batch 64 -s 1",       "-n 1000 --batch 64 -s 7",
                "-n 1000 --batch 64 -s 8",       "-n 1000 --batch 64 -s 64",
                "-n 1000 --batch 44 -s 1472",    "-n 1000 --batch 64 -s 1023",
                "-n 1000 --batch 2 -s 32753",    "-n 1000 --batch 1 -s 65507",
                "-n 1000 --batch 17 --depth 50",
        };

        for (unsigned i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
                run_well(echo_singly, options[i], 1000);
                run_well(echo_whole, options[i], 1000);
        }
}
END_TEST

START_TEST(batch_is_sent_by_one_call)
{
        run_well(echo_only_64, "-n 640 --batch 64", 640);
        run_well(echo_only_64, "-n 640 --batch 64 --depth 200", 640);
        ck_assert_uint_eq(probe_count(&probe, "batch"), 64);
}
END_TEST

START_TEST(every_socket_sends_batches_and_a_smaller_last_one)
{
        run_well(echo_whole, "-n 100 -c 3 --batch 5", 100);
        run_well(echo_singly, "-n 100 -c 3 --batch 5 --mode stream", 100);
}
END_TEST

START_TEST(open_loop_sends_together_what_is_due)
{
        run_well(echo_whole, "--rate 20000 -n 2000 --batch 16 -c 2", 2000);
}
END_TEST

START_TEST(batches_are_sent_for_a_time)
{
        run(echo_whole, "-d 300ms --batch 32 --depth 100");
        probe_expect_ok(&probe);
        ck_assert_uint_eq(probe_count(&probe, "lost"), 0);
}
END_TEST

START_TEST(lost_tail_of_each_batch_is_counted)
{
        run(lose_each_tail, "--timeout 2s -n 640 --batch 64 --depth 640");
        probe_expect(&probe, "lossy", "10 datagrams were lost");
        expect_counts(630, 10, 0, 0);
}
END_TEST

START_TEST(batch_that_comes_twice_is_counted)
{
        run(double_each, "-n 64 --batch 16");
        probe_expect_ok(&probe);
        /* The second answer to the last one may come after the end. */
        ck_assert_uint_ge(probe_count(&probe, "duplicated"), 48);
        ck_assert_uint_eq(probe_count(&probe, "messages"), 64);
}
END_TEST

START_TEST(order_within_a_batch_is_counted)
{
        run(turn_round, "-n 64 --batch 16");
        probe_expect_ok(&probe);
        expect_counts(64, 0, 0, 4 * 15);
}
END_TEST

START_TEST(wrong_byte_within_a_batch_is_one_corrupt_datagram)
{
        run(flip_a_bit_of_the_tenth, "--timeout 500ms -n 16 --batch 16");
        probe_expect(&probe, "corrupt", "socket 0: a datagram of 64 bytes is none that was sent");
        expect_counts(15, 1, 0, 0);
        ck_assert_uint_eq(probe_count(&probe, "corrupt"), 1);
}
END_TEST

START_TEST(datagrams_that_are_joined_are_corrupt)
{
        run(join_pairs, "--timeout 500ms -n 16 --batch 16");
        probe_expect(&probe, "corrupt", "socket 0: a datagram of 128 bytes is none that was sent");
        expect_counts(0, 16, 0, 0);
        ck_assert_uint_eq(probe_count(&probe, "corrupt"), 8);
}
END_TEST

START_TEST(depth_is_in_flight_however_many_one_turn_sends)
{
        run_well(collect_all, "--timeout 5s -n 6400 --depth 6400 --batch 64 -s 8", 6400);
}
END_TEST

/* False where that is not allowed. */
static bool enter_small_net(void)
{
        struct ifreq request = { .ifr_name = "lo", .ifr_mtu = MTU };

        net_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
        ck_assert_int_ge(net_fd, 0);
        if (unshare(CLONE_NEWNET) < 0)
                return false;
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(ioctl(fd, SIOCSIFMTU, &request), 0);
        request.ifr_flags = IFF_UP;
        ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &request), 0);
        close(fd);
        return true;
}

static void leave_net(void)
{
        if (net_fd >= 0) {
                ck_assert(setns(net_fd, CLONE_NEWNET) == 0 || errno == EPERM);
                close(net_fd);
        }
        net_fd = -1;
}

static void expect_refused_segments(const char *size)
{
        const char *const arguments[] = { probe_program(), "-s", size, "--batch=2", target, NULL };
        const struct process_setup setup = { .arguments = arguments };

        ck_assert_int_eq(process_run(&probe.process, &setup), 64);
        ck_assert_msg(strstr(probe.process.output,
                             ": a datagram of a batch must fit into one packet, of 1472 bytes at "
                             "most on the path to udp:127.0.0.1:") != NULL,
                      "%s", probe.process.output);
}

START_TEST(datagrams_of_a_batch_fit_into_a_packet_of_the_path)
{
        if (!enter_small_net()) {
                puts("no new name space of networks is allowed: not tested");
                return;
        }
        run_well(echo_singly, "-n 100 -s 1472 --batch 2", 100);
        bad_server_start_udp(echo_singly, target);
        expect_refused_segments("1473");
        expect_refused_segments("32000");
        /* Alone it may come in pieces. */
        probe_run(&probe, target, "-n 100 -s 32000");
        probe_expect_ok(&probe);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("probe batches");

        tcase_add_checked_fixture(tcase, NULL, bad_server_stop_all);
        tcase_add_checked_fixture(tcase, NULL, leave_net);
        tcase_add_test(tcase, good_server_is_ok_with_batches_of_any_size);
        tcase_add_test(tcase, batch_is_sent_by_one_call);
        tcase_add_test(tcase, every_socket_sends_batches_and_a_smaller_last_one);
        tcase_add_test(tcase, open_loop_sends_together_what_is_due);
        tcase_add_test(tcase, batches_are_sent_for_a_time);
        tcase_add_test(tcase, lost_tail_of_each_batch_is_counted);
        tcase_add_test(tcase, batch_that_comes_twice_is_counted);
        tcase_add_test(tcase, order_within_a_batch_is_counted);
        tcase_add_test(tcase, wrong_byte_within_a_batch_is_one_corrupt_datagram);
        tcase_add_test(tcase, datagrams_that_are_joined_are_corrupt);
        tcase_add_test(tcase, depth_is_in_flight_however_many_one_turn_sends);
        tcase_add_test(tcase, datagrams_of_a_batch_fit_into_a_packet_of_the_path);
        return suite_run(tcase);
}
