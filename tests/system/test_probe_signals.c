/* SPDX-License-Identifier: MIT */
/* Signals and the terminal: a run can be ended at any time, and is told of while it lasts. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bad_server.h"
#include "figures.h"
#include "folder.h"
#include "limit.h"
#include "place.h"
#include "server.h"
#include "suite.h"

enum { COLUMNS = 60, SHOWN_SIZE = 16384 };

static struct server server;
static struct probe probe;
static char target[PROBE_TARGET_SIZE];

static const int ends[] = { SIGINT, SIGTERM };

enum { ENDS = sizeof(ends) / sizeof(ends[0]) };

/*
 * A run of an hour that has begun: one connection may send while others still connect, which a
 * signal would end as a timeout, so it must have come further than its first messages.
 */
static void start_long_run(const char *options)
{
        char words[128];

        server_start(&server, NULL);
        probe_target_tcp(target, server.port);
        snprintf(words, sizeof(words), "-d 1h %s", options);
        probe_start(&probe, target, words);
        server_await_figure_least(&server, "received_bytes", 2000);
}

START_TEST(signal_in_mid_run_ends_it_with_its_report)
{
        static const char *const modes[] = {
                "-c 4",        "--mode stream -c 2", "--mode churn -c 3", "--rate 1000 -c 3",
                "--mode slow",
        };

        start_long_run(modes[_i % 5]);
        process_signal(&probe.process, ends[_i / 5]);
        probe_finish(&probe);
        probe_expect_ok(&probe);
        ck_assert_uint_gt(probe_count(&probe, "messages"), 0);
        server_await_figure(&server, "open", 0);
        ck_assert_uint_eq(server_figure(&server, "received_bytes"),
                          probe_count(&probe, "sent_bytes"));
        server_stop(&server);
}
END_TEST

START_TEST(signal_ends_the_waiting_of_idle_connections)
{
        server_start(&server, NULL);
        probe_target_tcp(target, server.port);
        probe_start(&probe, target, "--mode idle -c 100 -d 1h");
        server_await_figure(&server, "open", 100);
        process_signal(&probe.process, ends[_i]);
        probe_finish(&probe);
        probe_expect_ok(&probe);
        server_stop(&server);
}
END_TEST

/* Stopped while it connects, it finds all at once: what came of its calls, and the signal. */
START_TEST(connection_that_a_signal_finds_made_is_one)
{
        server_start(&server, NULL);
        probe_target_tcp(target, server.port);
        for (unsigned i = 0; i < 20; i++) {
                uint64_t before = server_figure(&server, "accepted");
                probe_start(&probe, target, "--mode idle -c 250 -d 1h");
                server_await_figure_least(&server, "accepted", before + 1);
                process_stop(&probe.process);
                limit_watch(10);
                process_signal(&probe.process, SIGINT);
                process_signal(&probe.process, SIGCONT);
                probe_finish(&probe);
                probe_expect_ok(&probe);
        }
        server_stop(&server);
}
END_TEST

static void swallow_all(int fd)
{
        unsigned char data[65536];

        while (recv(fd, data, sizeof(data), 0) >= 0)
                continue;
}

START_TEST(signal_in_a_bad_run_ends_it_by_its_verdict)
{
        bad_server_start_udp(swallow_all, target);
        probe_start(&probe, target, "-d 1h --timeout 1s --depth 3");
        limit_watch(300);
        process_signal(&probe.process, SIGINT);
        probe_finish(&probe);
        probe_expect(&probe, "timeout", "no datagram came back");
}
END_TEST

/* The server is stopped: what is awaited does not come, so the first signal does not end it. */
START_TEST(second_signal_ends_it_at_once)
{
        start_long_run("-c 2 --timeout 1h");
        process_stop(&server.process);
        /* Answers that were on their way would end the run: it must have asked anew. */
        limit_watch(300);
        process_signal(&probe.process, ends[_i]);
        figures_await_signals_taken(&probe.process);
        limit_watch(300);
        ck_assert(process_is_alive(&probe.process));
        process_signal(&probe.process, ends[_i]);
        ck_assert_int_eq(process_wait(&probe.process), 128 + ends[_i]);
        ck_assert_str_eq(probe.process.output, "");
        process_signal(&server.process, SIGCONT);
        server_await_figure(&server, "open", 0);
        server_stop(&server);
}
END_TEST

/* It waits for room in the backlog of a Unix socket, which no event would tell of. */
START_TEST(signal_ends_connecting)
{
        struct folder folder;
        int fds[2];

        folder_make(&folder);
        int listener = folder_bind(&folder, "s", SOCK_STREAM);
        struct sockaddr_un address = folder_address(&folder, "s");
        struct place place = place_path(address.sun_path);
        ck_assert_int_eq(listen(listener, 0), 0);
        for (unsigned i = 0; i < 2; i++) {
                fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
                (void)connect(fds[i], (const struct sockaddr *)&place.address, place.size);
        }
        snprintf(target, sizeof(target), "unix:%s", address.sun_path);
        probe_start(&probe, target, "-c 20 -d 1h --timeout 1h");
        limit_watch(500);
        process_signal(&probe.process, SIGINT);
        probe_finish(&probe);
        probe_expect(&probe, "timeout", "connection 0: no connection for ");
        for (unsigned i = 0; i < 2; i++)
                close(fds[i]);
        close(listener);
        folder_remove(&folder);
}
END_TEST

struct terminal {
        int master;
        int slave;
        char shown[SHOWN_SIZE];
};

static struct terminal terminal;

static void open_terminal(void)
{
        const struct winsize window = { .ws_col = COLUMNS, .ws_row = 24 };

        terminal.master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        ck_assert_int_ge(terminal.master, 0);
        ck_assert_int_eq(grantpt(terminal.master), 0);
        ck_assert_int_eq(unlockpt(terminal.master), 0);
        terminal.slave = open(ptsname(terminal.master), O_RDWR | O_NOCTTY | O_CLOEXEC);
        ck_assert_int_ge(terminal.slave, 0);
        ck_assert_int_eq(ioctl(terminal.slave, TIOCSWINSZ, &window), 0);
}

/*
 * What is written to a terminal reaches the other end a while later, in order: all of it is there
 * once the mark is that the test writes last.
 */
static void read_terminal(void)
{
        struct limit limit = limit_start();
        size_t size = 0;

        ck_assert_int_eq(write(terminal.slave, "#", 1), 1);
        while (size == 0 || terminal.shown[size - 1] != '#') {
                ck_assert_msg(limit_left_ms(&limit) > 0, "no mark on the terminal");
                ssize_t got =
                    read(terminal.master, terminal.shown + size, sizeof(terminal.shown) - size);
                if (got > 0)
                        size += (size_t)got;
                else
                        limit_pause();
        }
        terminal.shown[size - 1] = '\0';
}

static void close_terminal(void)
{
        read_terminal();
        close(terminal.slave);
        close(terminal.master);
}

static int run_on_terminal(const char *duration)
{
        const char *const arguments[] = { probe_program(), target, "-d", duration, NULL };

        open_terminal();
        int code =
            process_run(&probe.process, &(struct process_setup){ .arguments = arguments,
                                                                 .error_fd = terminal.slave });
        close_terminal();
        return code;
}

/* Each line is written over the one before it, and is shorter than the window. */
START_TEST(progress_is_shown_on_a_terminal_and_cleared)
{
        const char *line = terminal.shown;
        unsigned count = 0;

        server_start(&server, NULL);
        probe_target_tcp(target, server.port);
        ck_assert_int_eq(run_on_terminal("1s"), 0);
        for (const char *end; (end = strstr(line, "\x1b[K")) != NULL; line = end + 3) {
                ck_assert_int_eq(*line, '\r');
                ck_assert_int_lt(end - line - 1, COLUMNS);
                count++;
        }
        ck_assert_msg(count >= 2, "%s", terminal.shown);
        ck_assert_str_eq(line, "");
        ck_assert_str_eq(line - 4, "\r\x1b[K");
        ck_assert_ptr_nonnull(strstr(terminal.shown, " of 1.0 s"));
        ck_assert_ptr_nonnull(strstr(terminal.shown, "1 open"));
        ck_assert_ptr_nonnull(strstr(terminal.shown, "messages/s"));
        ck_assert_ptr_null(strchr(terminal.shown, '\n'));
        ck_assert_ptr_nonnull(strstr(probe.process.output, "\nverdict: ok\n"));
        server_stop(&server);
}
END_TEST

START_TEST(run_that_is_over_at_once_shows_no_progress)
{
        server_start(&server, NULL);
        probe_target_tcp(target, server.port);
        ck_assert_int_eq(run_on_terminal("10ms"), 0);
        ck_assert_str_eq(terminal.shown, "");
        server_stop(&server);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("probe signals");

        tcase_add_checked_fixture(tcase, NULL, bad_server_stop_all);
        tcase_add_loop_test(tcase, signal_in_mid_run_ends_it_with_its_report, 0, 5 * ENDS);
        tcase_add_loop_test(tcase, signal_ends_the_waiting_of_idle_connections, 0, ENDS);
        tcase_add_test(tcase, connection_that_a_signal_finds_made_is_one);
        tcase_add_test(tcase, signal_in_a_bad_run_ends_it_by_its_verdict);
        tcase_add_loop_test(tcase, second_signal_ends_it_at_once, 0, ENDS);
        tcase_add_test(tcase, signal_ends_connecting);
        tcase_add_test(tcase, progress_is_shown_on_a_terminal_and_cleared);
        tcase_add_test(tcase, run_that_is_over_at_once_shows_no_progress);
        return suite_run(tcase);
}
