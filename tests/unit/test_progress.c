/* SPDX-License-Identifier: MIT */
#include "probe/progress.h"

#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "suite.h"

#include "probe_run.h"

#define SECOND_NS UINT64_C(1000000000)
#define START_NS (1000 * SECOND_NS)

static struct progress progress;

static void set_up(int fd)
{
        probe_run_set_up();
        result.messages = 0;
        progress_begin(&progress, &options, fd, START_NS);
}

static const char *line(uint64_t now_ns, size_t columns)
{
        static char text[256];

        progress_format(&progress, &result, now_ns, columns, text, sizeof(text));
        return text;
}

/* A terminal of so many columns; what is written to *ret_fd can be read from the result. */
static int open_terminal(unsigned short columns, int *ret_fd)
{
        struct winsize window = { .ws_row = 24, .ws_col = columns };
        int reader = -1;

        ck_assert_int_eq(openpty(&reader, ret_fd, NULL, NULL, &window), 0);
        ck_assert_int_eq(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
        return reader;
}

/* What has been written to the terminal since the last call; "" if nothing has. */
static const char *take_written(int reader)
{
        static char text[512];
        ssize_t size = read(reader, text, sizeof(text) - 1);

        text[size > 0 ? size : 0] = '\0';
        return text;
}

START_TEST(line_tells_how_the_run_is_getting_on)
{
        set_up(-1);
        probe_run_add_latencies();
        result.messages = 12345;
        ck_assert_str_eq(line(START_NS + SECOND_NS / 2, 200),
                         "0.5 of 5.0 s  64 open  24690 messages/s  p50 59.9 µs  p99 109 µs");
}
END_TEST

START_TEST(what_is_not_there_is_not_told)
{
        set_up(-1);
        options.mode = PROBE_CHURN;
        ck_assert_str_eq(line(START_NS, 200), "0.0 of 5.0 s  64 open  0 connections/s");
}
END_TEST

START_TEST(end_by_a_count_is_told_by_it)
{
        set_up(-1);
        options.count = 1000;
        options.mode = PROBE_CHURN;
        result.messages = 123;
        ck_assert_str_eq(line(START_NS + SECOND_NS, 200),
                         "1.0 s  123 of 1000  64 open  123 connections/s");
}
END_TEST

START_TEST(faults_are_counted_together)
{
        set_up(-1);
        result.faults[VERDICT_RESET] = 1;
        ck_assert_str_eq(line(START_NS, 200), "0.0 of 5.0 s  1 fault  64 open  0 messages/s");
        result.faults[VERDICT_CORRUPT] = 2;
        ck_assert_str_eq(line(START_NS, 200), "0.0 of 5.0 s  3 faults  64 open  0 messages/s");
}
END_TEST

START_TEST(what_does_not_fit_is_left_out)
{
        set_up(-1);
        probe_run_add_latencies();
        const char *whole = "0.0 of 5.0 s  64 open  0 messages/s  p50 59.9 µs  p99 109 µs";
        ck_assert_str_eq(line(START_NS, 60), whole);
        ck_assert_str_eq(line(START_NS, 59), "0.0 of 5.0 s  64 open  0 messages/s  p50 59.9 µs");
        ck_assert_str_eq(line(START_NS, 48), "0.0 of 5.0 s  64 open  0 messages/s  p50 59.9 µs");
        ck_assert_str_eq(line(START_NS, 34), "0.0 of 5.0 s  64 open");
        ck_assert_str_eq(line(START_NS, 11), "");
        ck_assert_str_eq(line(START_NS, 0), "");
}
END_TEST

START_TEST(line_is_renewed_five_times_a_second)
{
        int fd = -1;
        int reader = open_terminal(100, &fd);

        set_up(fd);
        progress_update(&progress, &result, START_NS + SECOND_NS / 5 - 1);
        ck_assert_str_eq(take_written(reader), "");
        result.messages = 100;
        progress_update(&progress, &result, START_NS + SECOND_NS / 5);
        ck_assert_str_eq(take_written(reader), "\r0.2 of 5.0 s  64 open  500 messages/s\x1b[K");
        progress_update(&progress, &result, START_NS + 2 * SECOND_NS / 5 - 1);
        ck_assert_str_eq(take_written(reader), "");
        /* The rate is that since the last line. */
        result.messages = 110;
        progress_update(&progress, &result, START_NS + 2 * SECOND_NS / 5);
        ck_assert_str_eq(take_written(reader), "\r0.4 of 5.0 s  64 open  50 messages/s\x1b[K");
        progress_end(&progress);
        ck_assert_str_eq(take_written(reader), "\r\x1b[K");
        close(fd);
        close(reader);
}
END_TEST

START_TEST(last_column_of_a_terminal_stays_free)
{
        int fd = -1;
        int reader = open_terminal(12, &fd);

        set_up(fd);
        progress_update(&progress, &result, START_NS + SECOND_NS);
        ck_assert_str_eq(take_written(reader), "\r\x1b[K");
        close(fd);
        close(reader);
}
END_TEST

START_TEST(nothing_shown_is_not_cleared)
{
        int fd = -1;
        int reader = open_terminal(100, &fd);

        set_up(fd);
        progress_end(&progress);
        ck_assert_str_eq(take_written(reader), "");
        close(fd);
        close(reader);
}
END_TEST

START_TEST(pipe_is_told_nothing)
{
        int fds[2];

        ck_assert_int_eq(pipe2(fds, O_NONBLOCK), 0);
        set_up(fds[1]);
        progress_update(&progress, &result, START_NS + SECOND_NS);
        progress_end(&progress);
        ck_assert_str_eq(take_written(fds[0]), "");
        close(fds[0]);
        close(fds[1]);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                line_tells_how_the_run_is_getting_on,
                what_is_not_there_is_not_told,
                end_by_a_count_is_told_by_it,
                faults_are_counted_together,
                what_does_not_fit_is_left_out,
                line_is_renewed_five_times_a_second,
                last_column_of_a_terminal_stays_free,
                nothing_shown_is_not_cleared,
                pipe_is_told_nothing,
        };

        return SUITE_RUN("progress", tests);
}
