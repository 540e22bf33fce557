/* SPDX-License-Identifier: MIT */
/* How lines leave: whole, one by one, and without waiting for their reader. */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "service/log.h"
#include "suite.h"

static struct log the_log;
static int fds[2]; /* 0: the reader's end */

static void open_pipe(void)
{
        ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
        log_open(&the_log, fds[1], LOG_INFO, LOG_LOGFMT, NULL);
}

static void open_socket(int type)
{
        ck_assert_int_eq(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds), 0);
        log_open(&the_log, fds[1], LOG_INFO, LOG_LOGFMT, NULL);
}

static void close_both(void)
{
        close(fds[0]);
        close(fds[1]);
}

/* A line of about half the size of the largest one. */
static void add(void)
{
        static char value[LOG_LINE_SIZE / 2];

        memset(value, 'x', sizeof(value) - 1);
        log_begin(&the_log, LOG_INFO, "test");
        log_text(&the_log, "k", value);
        (void)log_end(&the_log);
}

/* All that has left, up to `size`; what is there already. */
static size_t take(char *data, size_t size)
{
        ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
        ssize_t taken = read(fds[0], data, size);
        return taken > 0 ? (size_t)taken : 0;
}

START_TEST(one_line_is_written_at_a_time)
{
        static char written[4 * LOG_LINE_SIZE];

        open_pipe();
        add();
        add();
        size_t line_size = the_log.lines[0].size;
        log_write(&the_log);
        ck_assert_uint_eq(take(written, sizeof(written)), line_size);
        ck_assert_mem_eq(written, the_log.lines[0].text, line_size);
        ck_assert_ptr_eq(memchr(written, '\n', line_size), written + line_size - 1);
        ck_assert(log_is_pending(&the_log));
        log_write(&the_log);
        ck_assert(!log_is_pending(&the_log));
        ck_assert_uint_eq(log_lost(&the_log), 0);
        close_both();
}
END_TEST

START_TEST(fullest_line_is_written_whole_and_within_pipe_buf)
{
        static char written[2 * LOG_LINE_SIZE];

        open_pipe();
        log_begin(&the_log, LOG_INFO, "test");
        for (unsigned i = 0; i < LOG_LINE_SIZE; i++)
                log_text(&the_log, "k", "");
        ck_assert(log_end(&the_log));
        log_write(&the_log);
        ck_assert_uint_le(the_log.lines[0].size, PIPE_BUF);
        ck_assert_uint_eq(take(written, sizeof(written)), the_log.lines[0].size);
        close_both();
}
END_TEST

/* Writes until the descriptor takes no more: the rest waits, is not lost, and nothing blocked. */
static void write_until_full(void)
{
        unsigned lines = 0;

        do {
                ck_assert_uint_lt(lines++, 1000);
                add();
                log_write(&the_log);
        } while (log_has_room(&the_log));
        ck_assert_uint_gt(lines, LOG_QUEUE_LINES);
        ck_assert_uint_eq(log_lost(&the_log), 0);
        ck_assert_int_eq(fcntl(the_log.fd, F_GETFL) & O_NONBLOCK, 0);
}

/* Reads, and lets the log write, until nothing is pending; the bytes must be whole lines. */
static void expect_whole_lines(void)
{
        static char data[2 * LOG_LINE_SIZE];
        size_t column = 0;
        size_t size;
        unsigned turns = 0;

        while ((size = take(data, sizeof(data))) > 0 || log_is_pending(&the_log)) {
                ck_assert_uint_lt(turns++, 10000);
                for (size_t i = 0; i < size; i++, column++) {
                        if (data[i] != '\n')
                                ck_assert(column >= 5 || data[i] == "time="[column]);
                        else
                                column = SIZE_MAX;
                }
                log_write(&the_log);
        }
        ck_assert_uint_eq(column, 0);
        ck_assert_uint_eq(log_lost(&the_log), 0);
}

START_TEST(full_pipe_keeps_lines_until_it_is_read)
{
        open_pipe();
        write_until_full();
        expect_whole_lines();
        close_both();
}
END_TEST

START_TEST(full_socket_keeps_lines_until_it_is_read)
{
        open_socket(SOCK_STREAM);
        write_until_full();
        expect_whole_lines();
        close_both();
}
END_TEST

/* A socket may take a part of a line. */
START_TEST(line_that_left_in_part_goes_on_where_it_stopped)
{
        open_socket(SOCK_STREAM);
        add();
        /* As after a send that took only a part. */
        ck_assert_int_eq(write(fds[1], the_log.lines[0].text, 7), 7);
        the_log.written = 7;
        expect_whole_lines();
        close_both();
}
END_TEST

START_TEST(datagram_socket_takes_a_line)
{
        static char written[2 * LOG_LINE_SIZE];

        open_socket(SOCK_DGRAM);
        add();
        log_write(&the_log);
        ck_assert_uint_eq(take(written, sizeof(written)), the_log.lines[0].size);
        close_both();
}
END_TEST

START_TEST(file_takes_all_at_once)
{
        int fd = memfd_create("log", MFD_CLOEXEC);

        ck_assert_int_ge(fd, 0);
        log_open(&the_log, fd, LOG_INFO, LOG_LOGFMT, NULL);
        for (unsigned i = 0; i < LOG_QUEUE_LINES; i++)
                add();
        off_t size = (off_t)(the_log.lines[0].size * LOG_QUEUE_LINES);
        log_flush(&the_log, 10000);
        ck_assert_int_eq(lseek(fd, 0, SEEK_END), size);
        ck_assert_uint_eq(log_lost(&the_log), 0);
        close(fd);
}
END_TEST

START_TEST(full_disk_loses_lines)
{
        int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

        ck_assert_int_ge(fd, 0);
        log_open(&the_log, fd, LOG_INFO, LOG_LOGFMT, NULL);
        add();
        log_write(&the_log);
        ck_assert(!log_is_pending(&the_log));
        ck_assert_uint_eq(log_lost(&the_log), 1);
        close(fd);
}
END_TEST

/* One call, one line lost: no call can spin. SIGPIPE would end this program. */
static void expect_loss(void)
{
        add();
        add();
        log_write(&the_log);
        ck_assert_uint_eq(log_lost(&the_log), 1);
        ck_assert(log_is_pending(&the_log));
        log_write(&the_log);
        ck_assert_uint_eq(log_lost(&the_log), 2);
        ck_assert(!log_is_pending(&the_log));
}

START_TEST(pipe_without_a_reader_loses_lines_without_a_signal)
{
        open_pipe();
        close(fds[0]);
        expect_loss();
        close(fds[1]);
}
END_TEST

START_TEST(socket_without_a_reader_loses_lines_without_a_signal)
{
        open_socket(SOCK_STREAM);
        close(fds[0]);
        expect_loss();
        close(fds[1]);
}
END_TEST

START_TEST(closed_descriptor_loses_lines)
{
        open_pipe();
        close_both();
        expect_loss();
        open_socket(SOCK_STREAM);
        close_both();
        expect_loss();
}
END_TEST

static uint64_t ms_now(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

START_TEST(flush_gives_up_and_counts)
{
        open_pipe();
        write_until_full();
        uint64_t before_ms = ms_now();
        log_flush(&the_log, 20);
        ck_assert_uint_ge(ms_now() - before_ms, 19);
        ck_assert(!log_is_pending(&the_log));
        ck_assert_uint_eq(log_lost(&the_log), LOG_QUEUE_LINES);
        close_both();
}
END_TEST

START_TEST(flush_does_not_wait_for_a_reader_that_is_gone)
{
        open_pipe();
        write_until_full();
        close(fds[0]);
        uint64_t before_ms = ms_now();
        log_flush(&the_log, 60000);
        ck_assert_uint_lt(ms_now() - before_ms, 60000);
        ck_assert_uint_eq(log_lost(&the_log), LOG_QUEUE_LINES);
        close(fds[1]);
}
END_TEST

START_TEST(flush_writes_all_to_a_reader_that_is_there)
{
        static char written[LOG_QUEUE_LINES * LOG_LINE_SIZE];

        open_pipe();
        for (unsigned i = 0; i < LOG_QUEUE_LINES; i++)
                add();
        log_flush(&the_log, 60000);
        ck_assert_uint_eq(take(written, sizeof(written)), LOG_QUEUE_LINES * the_log.lines[0].size);
        ck_assert_uint_eq(log_lost(&the_log), 0);
        close_both();
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                one_line_is_written_at_a_time,
                fullest_line_is_written_whole_and_within_pipe_buf,
                full_pipe_keeps_lines_until_it_is_read,
                full_socket_keeps_lines_until_it_is_read,
                line_that_left_in_part_goes_on_where_it_stopped,
                datagram_socket_takes_a_line,
                file_takes_all_at_once,
                full_disk_loses_lines,
                pipe_without_a_reader_loses_lines_without_a_signal,
                socket_without_a_reader_loses_lines_without_a_signal,
                closed_descriptor_loses_lines,
                flush_gives_up_and_counts,
                flush_does_not_wait_for_a_reader_that_is_gone,
                flush_writes_all_to_a_reader_that_is_there,
        };

        return SUITE_RUN("log write", tests);
}
