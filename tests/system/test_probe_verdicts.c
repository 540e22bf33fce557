/* SPDX-License-Identifier: MIT */
/*
 * Servers that do wrong: each has its verdict, its exit code and words that name the connection,
 * and none keeps echoprobe from its end.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bad_server.h"
#include "folder.h"
#include "limit.h"
#include "suite.h"

/* Where most go wrong: that many bytes have been echoed well. */
enum { GOOD_SIZE = 10000, LARGE_SIZE = 32 << 20 };

#define ALL UINT64_MAX

static struct probe probe;
static char target[PROBE_TARGET_SIZE];
static struct folder folder;

/* What never comes is not awaited for long. */
static void run(const char *options)
{
        char words[256];

        snprintf(words, sizeof(words), "--timeout 500ms %s", options);
        probe_run(&probe, target, words);
}

/* Until the peer is gone, or for ever. */
static void linger(int fd)
{
        unsigned char data[65536];

        while (bad_server_read(fd, data, sizeof(data)) > 0)
                continue;
}

static void greet_first(int fd)
{
        (void)bad_server_write(fd, "220 ready\r\n", 11);
        (void)bad_server_echo(fd, ALL);
}

static void flip_a_bit(int fd)
{
        unsigned char byte = 0;

        (void)bad_server_echo(fd, GOOD_SIZE);
        (void)bad_server_read(fd, &byte, 1);
        byte ^= 0x20;
        (void)bad_server_write(fd, &byte, 1);
        (void)bad_server_echo(fd, ALL);
}

static void drop_a_byte(int fd)
{
        unsigned char byte = 0;

        (void)bad_server_echo(fd, GOOD_SIZE);
        (void)bad_server_read(fd, &byte, 1);
        (void)bad_server_echo(fd, ALL);
}

/* The kernel gives less than asked for only if there is no more yet. */
static void repeat_a_block(int fd)
{
        unsigned char block[1000];

        (void)bad_server_echo(fd, GOOD_SIZE - sizeof(block));
        (void)recv(fd, block, sizeof(block), MSG_WAITALL);
        (void)bad_server_write(fd, block, sizeof(block));
        (void)bad_server_write(fd, block, sizeof(block));
        (void)bad_server_echo(fd, ALL);
}

static void add_a_byte_at_the_end(int fd)
{
        (void)bad_server_echo(fd, ALL);
        (void)bad_server_write(fd, "", 1);
}

static void finish_with_bytes_missing(int fd)
{
        (void)bad_server_echo(fd, GOOD_SIZE);
        bad_server_await_bytes(fd);
        shutdown(fd, SHUT_WR);
        linger(fd);
}

static void finish_between_messages(int fd)
{
        (void)bad_server_echo(fd, GOOD_SIZE);
        shutdown(fd, SHUT_WR);
        linger(fd);
}

static void finish_at_once(int fd)
{
        shutdown(fd, SHUT_WR);
        linger(fd);
}

/* What is unread then makes it a reset (RFC 1122, 4.2.2.13). */
static void close_in_mid_run(int fd)
{
        (void)bad_server_echo(fd, GOOD_SIZE);
        bad_server_await_bytes(fd);
        close(fd);
}

static void reset(int fd)
{
        const struct linger at_once = { .l_onoff = 1 };

        (void)bad_server_echo(fd, GOOD_SIZE);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
        close(fd);
}

static void die_in_mid_run(int fd)
{
        (void)bad_server_echo(fd, GOOD_SIZE);
        bad_server_await_bytes(fd);
        raise(SIGKILL);
}

static void never_answer(int fd)
{
        linger(fd);
        pause();
}

static void never_read(int fd)
{
        (void)fd;
        pause();
}

static void answer_half(int fd)
{
        (void)bad_server_echo(fd, GOOD_SIZE);
        never_answer(fd);
}

static void ignore_half_close(int fd)
{
        (void)bad_server_echo(fd, ALL);
        pause();
}

/* Reads all of a message, which is more than the kernel's buffers hold, before it answers. */
static void answer_when_complete(int fd)
{
        static unsigned char message[LARGE_SIZE];

        if (recv(fd, message, LARGE_SIZE, MSG_WAITALL) == LARGE_SIZE)
                (void)bad_server_write(fd, message, LARGE_SIZE);
        linger(fd);
}

static void finish_late(int fd)
{
        (void)bad_server_echo(fd, ALL);
        limit_watch(500);
}

struct bad_case {
        const char *name;
        bad_serve *serve;
        const char *options;
        const char *verdict;
        const char *reason;
};

static const struct bad_case cases[] = {
        { "greets first", greet_first, "-d 5s", "corrupt", "connection 0: byte 0 is 0x32" },
        { "greets first, to an idle one", greet_first, "--mode idle -c 3 -d 5s", "corrupt",
          "byte 0 is 0x32, and was never sent" },
        { "flips a bit", flip_a_bit, "-d 5s", "corrupt", "connection 0: byte 10000 is 0x" },
        { "flips a bit of a stream", flip_a_bit, "--mode stream -d 5s", "corrupt",
          "connection 0: byte 10000 is 0x" },
        { "flips a bit of an open loop", flip_a_bit, "--rate 10000 -d 5s", "corrupt",
          "connection 0: byte 10000 is 0x" },
        { "flips a bit for a slow peer", flip_a_bit, "--mode slow -s 20000 -d 1h", "corrupt",
          "connection 0: byte 10000 is 0x" },
        { "drops a byte", drop_a_byte, "-s 1000 --depth 2 -d 5s", "corrupt",
          "connection 0: byte 10000 is 0x" },
        { "repeats a block", repeat_a_block, "-s 5000 --depth 3 -d 5s", "corrupt",
          "connection 0: byte 10000 is 0x" },
        { "repeats a block at the end", repeat_a_block, "-s 1000 -n 10 --half-close", "corrupt",
          "connection 0: byte 10000 is 0x" },
        { "adds a byte at the end", add_a_byte_at_the_end, "-s 1000 -n 10 --half-close", "corrupt",
          "connection 0: byte 10000 is 0x00, and was never sent" },
        { "finishes, bytes missing", finish_with_bytes_missing, "-s 1000 -d 5s", "lossy",
          "connection 0: the server finished, 1000 bytes are missing from byte 10000 on" },
        { "finishes, half a message missing", finish_with_bytes_missing, "-s 15000 -d 5s", "lossy",
          "connection 0: the server finished, 5000 bytes are missing from byte 10000 on" },
        { "finishes, bytes missing after half-close", finish_with_bytes_missing,
          "-s 11000 -n 1 --half-close", "lossy",
          "connection 0: the server finished, 1000 bytes are missing from byte 10000 on" },
        { "finishes between messages", finish_between_messages, "-s 10000 --rate 1 -d 5s", "lossy",
          "connection 0: the server finished first, after 10000 bytes" },
        { "finishes at once", finish_at_once, "-d 5s", "lossy", "connection 0: the server " },
        { "finishes an idle connection", finish_at_once, "--mode idle -c 5 -d 5s", "lossy",
          "the server finished first, after 0 bytes" },
        { "finishes a slow peer's connection", finish_with_bytes_missing,
          "--mode slow -s 20000 -d 5s", "lossy", "connection 0: the server finished, " },
        { "finishes in churn", finish_at_once, "--mode churn -d 5s", "lossy",
          "connection 0: the server " },
        { "closes in mid-run", close_in_mid_run, "-s 1000 -d 5s", "reset",
          "connection 0: receive: Connection reset" },
        { "closes in mid-stream", close_in_mid_run, "--mode stream -d 5s", "reset",
          "connection 0: " },
        { "resets", reset, "-s 1000 -d 5s", "reset", "connection 0: " },
        { "resets in churn", reset, "--mode churn -s 20000 -c 3 -d 5s", "reset", "connection " },
        { "dies in mid-run", die_in_mid_run, "-s 1000 -d 5s", "reset", "connection 0: " },
        { "never answers", never_answer, "-d 20s", "timeout", "connection 0: no byte for " },
        { "never answers a stream", never_answer, "--mode stream -d 20s", "timeout",
          "connection 0: no byte for " },
        { "never answers churn", never_answer, "--mode churn -c 2 -d 20s", "timeout",
          "no byte for " },
        { "never answers idle ones", never_answer, "--mode idle -c 100 -d 10ms", "timeout",
          "no byte for " },
        { "never answers a slow peer", never_answer, "--mode slow -d 200ms", "timeout",
          "connection 0: no byte for " },
        { "never answers an open loop", never_answer, "--rate 1000 -d 20s", "timeout",
          "connection 0: no byte for " },
        { "never reads", never_read, "--mode stream -s 1M -d 20s", "timeout",
          "connection 0: no byte for " },
        { "never reads what a slow peer sends", never_read, "--mode slow -d 200ms", "timeout",
          "connection 0: no byte for " },
        { "answers half", answer_half, "-s 15000 -d 20s", "timeout", "connection 0: no byte for " },
        { "ignores half-close", ignore_half_close, "-n 10 --half-close", "timeout",
          "connection 0: no end of the stream after half-close for " },
};

enum { CASE_COUNT = sizeof(cases) / sizeof(cases[0]) };

START_TEST(bad_server_has_its_verdict)
{
        const struct bad_case *bad = &cases[_i];

        printf("%s\n", bad->name);
        fflush(stdout);
        bad_server_start_tcp(bad->serve, target);
        run(bad->options);
        probe_expect(&probe, bad->verdict, bad->reason);
}
END_TEST

/* By a Unix socket nothing tells an end from a reset but what is unread (unix(7)). */
START_TEST(bad_server_on_a_path_has_its_verdict)
{
        const struct bad_case *bad = &cases[_i];
        char path[FOLDER_PATH_SIZE];

        printf("%s\n", bad->name);
        fflush(stdout);
        if (bad->serve == reset)
                return;
        folder_make(&folder);
        folder_join(&folder, "s", path);
        bad_server_start_unix(bad->serve, path, target);
        run(bad->options);
        probe_expect(&probe, bad->verdict, bad->reason);
        folder_remove(&folder);
}
END_TEST

START_TEST(server_that_answers_only_whole_messages_is_ok)
{
        bad_server_start_tcp(answer_when_complete, target);
        probe_run(&probe, target, "-n 1 -s 32M");
        probe_expect_ok(&probe);
}
END_TEST

/* The last byte of the first connection was longer ago than the time-out when its end is awaited.
 */
START_TEST(end_of_the_stream_is_awaited_from_half_close_on)
{
        bad_server_start_tcp(finish_late, target);
        probe_run(&probe, target, "-c 3 --rate 1 -d 2900ms --half-close --timeout 2s");
        probe_expect_ok(&probe);
}
END_TEST

/* For a third of the connections, by their first byte; the others are served well. */
static void flip_for_some(int fd)
{
        unsigned char first = 0;

        if (recv(fd, &first, 1, MSG_PEEK) == 1 && first % 3 == 0)
                flip_a_bit(fd);
        else
                (void)bad_server_echo(fd, ALL);
}

START_TEST(good_connections_of_a_bad_server_go_on)
{
        bad_server_start_tcp(flip_for_some, target);
        run("-c 30 -n 3000 -s 1000");
        probe_expect(&probe, "corrupt", ": byte 10000 is 0x");
        uint64_t corrupt = probe_count(&probe, "faults.corrupt");
        ck_assert_uint_gt(corrupt, 0);
        ck_assert_uint_lt(corrupt, 30);
        ck_assert_uint_eq(probe_count(&probe, "corrupt"), corrupt);
        ck_assert_uint_eq(probe_count(&probe, "messages"), 3000 - corrupt * 90);
        ck_assert_uint_eq(probe_count(&probe, "opened"), 30);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("probe verdicts");

        tcase_add_checked_fixture(tcase, NULL, bad_server_stop_all);
        tcase_add_loop_test(tcase, bad_server_has_its_verdict, 0, CASE_COUNT);
        tcase_add_loop_test(tcase, bad_server_on_a_path_has_its_verdict, 0, CASE_COUNT);
        tcase_add_test(tcase, server_that_answers_only_whole_messages_is_ok);
        tcase_add_test(tcase, end_of_the_stream_is_awaited_from_half_close_on);
        tcase_add_test(tcase, good_connections_of_a_bad_server_go_on);
        return suite_run(tcase);
}
