/* SPDX-License-Identifier: MIT */
/* How a line leaves: whole or not at all, and without waiting for its reader. */
#include "service/log.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "suite.h"

static struct log_line line;

static void open_pipe(int fds[2])
{
        ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
}

/* All that is in the pipe or socket; closes both ends. */
static ssize_t take(int fds[2], char *data, size_t size)
{
        ssize_t taken = read(fds[0], data, size);

        close(fds[0]);
        close(fds[1]);
        return taken;
}

START_TEST(fullest_line_is_written_whole_and_within_pipe_buf)
{
        static char written[2 * LOG_LINE_SIZE];
        int fds[2];

        open_pipe(fds);
        log_begin(&line, LOG_INFO, LOG_INFO, "test");
        for (unsigned i = 0; i < LOG_LINE_SIZE; i++)
                log_text(&line, "k", "");
        while (line.size < LOG_LINE_SIZE - strlen(" k=1"))
                log_text(&line, "k", "1");
        ck_assert(log_end(&line, fds[1]));
        ck_assert_uint_le(line.size, PIPE_BUF);
        ck_assert_int_eq(take(fds, written, sizeof(written)), (ssize_t)line.size);
        ck_assert_mem_eq(written, line.text, line.size);
}
END_TEST

START_TEST(line_ends_in_one_newline)
{
        char written[LOG_LINE_SIZE];
        int fds[2];

        open_pipe(fds);
        log_begin(&line, LOG_INFO, LOG_INFO, "test");
        log_text(&line, "k", "v");
        ck_assert(log_end(&line, fds[1]));
        ssize_t size = take(fds, written, sizeof(written));
        ck_assert_int_gt(size, 0);
        ck_assert_ptr_eq(memchr(written, '\n', (size_t)size), written + size - 1);
}
END_TEST

/* How many of the four levels get through. */
static unsigned levels_written(enum log_level most)
{
        unsigned count = 0;

        for (unsigned level = 0; level < LOG_LEVEL_COUNT; level++) {
                char written[LOG_LINE_SIZE];
                int fds[2];
                open_pipe(fds);
                log_begin(&line, most, level, "test");
                ck_assert(log_end(&line, fds[1]));
                count += take(fds, written, sizeof(written)) > 0;
        }
        return count;
}

START_TEST(levels_above_the_most_are_not_written)
{
        ck_assert_uint_eq(levels_written(LOG_ERROR), 1);
        ck_assert_uint_eq(levels_written(LOG_WARN), 2);
        ck_assert_uint_eq(levels_written(LOG_INFO), 3);
        ck_assert_uint_eq(levels_written(LOG_DEBUG), 4);
}
END_TEST

START_TEST(line_to_nobody_is_lost)
{
        int fds[2];

        open_pipe(fds);
        close(fds[0]);
        signal(SIGPIPE, SIG_IGN);
        log_begin(&line, LOG_INFO, LOG_INFO, "test");
        ck_assert(!log_end(&line, fds[1]));
        signal(SIGPIPE, SIG_DFL);
        close(fds[1]);
        log_begin(&line, LOG_INFO, LOG_INFO, "test");
        ck_assert(!log_end(&line, -1));
}
END_TEST

/* Lines go to a descriptor that would block and that nobody reads, until one is lost. */
static void expect_loss(int fd)
{
        static char value[LOG_LINE_SIZE / 2];
        unsigned lines = 0;

        memset(value, 'x', sizeof(value) - 1);
        do {
                log_begin(&line, LOG_INFO, LOG_INFO, "test");
                log_text(&line, "k", value);
                ck_assert_uint_lt(lines++, 1000);
        } while (log_end(&line, fd));
        ck_assert_uint_gt(lines, 1);
        ck_assert_int_eq(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
}

START_TEST(full_pipe_loses_lines_and_does_not_wait)
{
        int fds[2];

        ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
        expect_loss(fds[1]);
        close(fds[0]);
        close(fds[1]);
}
END_TEST

START_TEST(full_socket_loses_lines_and_does_not_wait)
{
        int fds[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        expect_loss(fds[1]);
        close(fds[0]);
        close(fds[1]);
}
END_TEST

START_TEST(socket_takes_a_line)
{
        char written[LOG_LINE_SIZE];
        int fds[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
        log_begin(&line, LOG_INFO, LOG_INFO, "test");
        ck_assert(log_end(&line, fds[1]));
        ck_assert_int_eq(take(fds, written, sizeof(written)), (ssize_t)line.size);
}
END_TEST

/* Without MSG_NOSIGNAL this would end the program. */
START_TEST(closed_socket_is_no_signal)
{
        int fds[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        close(fds[0]);
        log_begin(&line, LOG_INFO, LOG_INFO, "test");
        ck_assert(!log_end(&line, fds[1]));
        close(fds[1]);
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                fullest_line_is_written_whole_and_within_pipe_buf,
                line_ends_in_one_newline,
                levels_above_the_most_are_not_written,
                line_to_nobody_is_lost,
                full_pipe_loses_lines_and_does_not_wait,
                full_socket_loses_lines_and_does_not_wait,
                socket_takes_a_line,
                closed_socket_is_no_signal,
        };

        return SUITE_RUN("log end", tests);
}
