/* SPDX-License-Identifier: MIT */
/* What becomes a line, how many wait, and how the loss of others is told. */
#include "service/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "suite.h"
#include "support/log_reader.h"

enum { CLOSED_FD = 862 };

static struct log the_log;
static struct log_reader reader;

static void start(enum log_level level)
{
        log_open(&the_log, -1, level, LOG_LOGFMT, NULL);
}

static bool add(enum log_level level, const char *event)
{
        log_begin(&the_log, level, event);
        log_text(&the_log, "text", "a b");
        log_bytes(&the_log, "bytes", "\0", 1);
        log_number(&the_log, "number", 862);
        return log_end(&the_log);
}

static void fill(void)
{
        for (unsigned i = 0; i < LOG_QUEUE_LINES; i++)
                ck_assert(add(LOG_INFO, "test"));
}

/* The line in the queue, the oldest being 0. */
static const struct log_reader *read_line(uint32_t index)
{
        const struct log_line *line = &the_log.lines[(the_log.first + index) % LOG_QUEUE_LINES];

        ck_assert_uint_lt(index, the_log.count);
        ck_assert(log_reader_read(&reader, line->text, line->size, &the_log.style));
        return &reader;
}

START_TEST(levels_above_the_most_are_not_wanted)
{
        for (unsigned most = 0; most < LOG_LEVEL_COUNT; most++) {
                start(most);
                for (unsigned level = 0; level < LOG_LEVEL_COUNT; level++) {
                        ck_assert_int_eq(log_is_wanted(&the_log, level), level <= most);
                        ck_assert_int_eq(add(level, "test"), level <= most);
                }
                ck_assert_uint_eq(the_log.count, most + 1);
                ck_assert_uint_eq(log_lost(&the_log), 0);
        }
}
END_TEST

START_TEST(level_can_be_changed)
{
        start(LOG_WARN);
        ck_assert(!add(LOG_INFO, "test"));
        log_set_level(&the_log, LOG_INFO);
        ck_assert(add(LOG_INFO, "test"));
        log_set_level(&the_log, LOG_ERROR);
        ck_assert(!add(LOG_WARN, "test"));
}
END_TEST

START_TEST(line_holds_what_was_given)
{
        start(LOG_INFO);
        ck_assert(add(LOG_INFO, "some_event"));
        ck_assert(log_reader_has_text(read_line(0), "event", "some_event"));
        ck_assert(log_reader_has_text(&reader, "level", "info"));
        ck_assert(log_reader_has_text(&reader, "text", "a b"));
        ck_assert(log_reader_has(&reader, "bytes", "\0", 1));
        ck_assert(log_reader_has_text(&reader, "number", "862"));
        ck_assert_ptr_null(log_reader_find(&reader, "lost"));
}
END_TEST

START_TEST(json_is_written_where_it_is_asked_for)
{
        log_open(&the_log, -1, LOG_INFO, LOG_JSON, NULL);
        ck_assert(add(LOG_INFO, "test"));
        ck_assert(log_reader_find(read_line(0), "number")->is_number);
}
END_TEST

/* The clock that the line reads; time(2) may be a tick behind it. */
static int64_t ms_now(void)
{
        struct timespec now;

        clock_gettime(CLOCK_REALTIME, &now);
        return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

START_TEST(time_is_universal_and_now)
{
        struct tm written = { 0 };
        int ms = 0;

        start(LOG_INFO);
        int64_t before_ms = ms_now();
        ck_assert(add(LOG_INFO, "test"));
        int64_t after_ms = ms_now();
        const char *rest = strptime(the_log.lines[0].text, "time=%Y-%m-%dT%H:%M:%S", &written);
        ck_assert_ptr_nonnull(rest);
        ck_assert_int_eq(sscanf(rest, ".%3dZ", &ms), 1);
        ck_assert_int_ge(timegm(&written) * 1000 + ms, before_ms);
        ck_assert_int_le(timegm(&written) * 1000 + ms, after_ms);
}
END_TEST

START_TEST(time_can_be_another)
{
        start(LOG_INFO);
        log_begin_at(&the_log, LOG_INFO, UINT64_C(1000000000), "test");
        ck_assert(log_end(&the_log));
        ck_assert(log_reader_has_text(read_line(0), "time", "1970-01-01T00:00:01.000Z"));
}
END_TEST

START_TEST(nothing_is_pending_at_first)
{
        start(LOG_INFO);
        ck_assert(!log_is_pending(&the_log));
        ck_assert(log_has_room(&the_log));
        ck_assert_int_eq(log_poll_fd(&the_log), -1);
        log_write(&the_log);
        log_flush(&the_log, 1000);
}
END_TEST

START_TEST(descriptor_is_polled_while_a_line_is_pending)
{
        log_open(&the_log, CLOSED_FD, LOG_INFO, LOG_LOGFMT, NULL);
        ck_assert_int_eq(log_poll_fd(&the_log), -1);
        ck_assert(add(LOG_INFO, "test"));
        ck_assert(log_is_pending(&the_log));
        ck_assert_int_eq(log_poll_fd(&the_log), CLOSED_FD);
}
END_TEST

START_TEST(queue_is_full_after_its_lines)
{
        start(LOG_INFO);
        for (unsigned i = 0; i < LOG_QUEUE_LINES; i++) {
                ck_assert(log_has_room(&the_log));
                ck_assert(add(LOG_INFO, "test"));
        }
        ck_assert(!log_has_room(&the_log));
}
END_TEST

START_TEST(last_places_are_for_lines_that_cannot_be_kept_back)
{
        start(LOG_INFO);
        for (unsigned i = 0; i < LOG_QUEUE_LINES - LOG_QUEUE_SPARE; i++) {
                ck_assert(log_has_spare_room(&the_log));
                ck_assert(add(LOG_INFO, "test"));
        }
        ck_assert(!log_has_spare_room(&the_log));
        ck_assert(log_has_room(&the_log));
}
END_TEST

START_TEST(full_queue_loses_the_newest_and_counts_it)
{
        start(LOG_INFO);
        fill();
        ck_assert(!add(LOG_INFO, "newest"));
        ck_assert(!add(LOG_INFO, "newest"));
        ck_assert(!add(LOG_DEBUG, "unwanted"));
        ck_assert_uint_eq(log_lost(&the_log), 2);
        for (unsigned i = 0; i < LOG_QUEUE_LINES; i++)
                ck_assert(log_reader_has_text(read_line(i), "event", "test"));
}
END_TEST

/* Lets one line out of the queue. */
static void write_one(void)
{
        int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

        the_log.fd = fd;
        log_write(&the_log);
        close(fd);
        the_log.fd = -1;
}

START_TEST(next_line_tells_how_many_were_lost_and_only_that_one)
{
        start(LOG_INFO);
        fill();
        ck_assert(!add(LOG_INFO, "lost"));
        ck_assert(!add(LOG_INFO, "lost"));
        write_one();
        write_one();
        ck_assert(add(LOG_INFO, "next"));
        ck_assert(log_reader_has_text(read_line(LOG_QUEUE_LINES - 2), "lost", "2"));
        ck_assert(add(LOG_INFO, "after"));
        ck_assert_ptr_null(log_reader_find(read_line(LOG_QUEUE_LINES - 1), "lost"));
        ck_assert_uint_eq(log_lost(&the_log), 2);
}
END_TEST

START_TEST(loss_that_a_lost_line_told_is_told_again)
{
        start(LOG_INFO);
        fill();
        ck_assert(!add(LOG_INFO, "lost"));
        write_one();
        ck_assert(add(LOG_INFO, "tells"));
        /* The descriptor is closed: all that wait are lost, that one too. */
        the_log.fd = CLOSED_FD;
        log_flush(&the_log, 1000);
        ck_assert(!log_is_pending(&the_log));
        ck_assert_uint_eq(log_lost(&the_log), 1 + LOG_QUEUE_LINES);
        ck_assert(add(LOG_INFO, "next"));
        ck_assert(log_reader_has_text(read_line(0), "lost", "17"));
}
END_TEST

/* A line that was begun and not ended, or is none, leaves no trace. */
START_TEST(line_that_is_not_ended_is_forgotten)
{
        start(LOG_INFO);
        log_begin(&the_log, LOG_INFO, "forgotten");
        ck_assert(add(LOG_INFO, "test"));
        ck_assert(log_reader_has_text(read_line(0), "event", "test"));
        ck_assert(!log_end(&the_log));
        ck_assert_uint_eq(the_log.count, 1);
}
END_TEST

static void journal_name(int fd, uint64_t inode_offset, char *ret_name, size_t size)
{
        struct stat status;

        ck_assert_int_eq(fstat(fd, &status), 0);
        snprintf(ret_name, size, "%ju:%ju", (uintmax_t)status.st_dev,
                 (uintmax_t)(status.st_ino + inode_offset));
}

START_TEST(journal_gets_priorities)
{
        char name[64];
        int fds[2];

        ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
        journal_name(fds[1], 0, name, sizeof(name));
        log_open(&the_log, fds[1], LOG_DEBUG, LOG_LOGFMT, name);
        ck_assert(add(LOG_WARN, "test"));
        ck_assert_int_eq(strncmp(the_log.lines[0].text, "<4>time=", 8), 0);
        close(fds[0]);
        close(fds[1]);
}
END_TEST

/* JOURNAL_STREAM is inherited by programs whose stderr goes elsewhere. */
START_TEST(nobody_else_gets_priorities)
{
        char name[64];
        int fds[2];

        ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
        journal_name(fds[1], 1, name, sizeof(name));
        const char *const streams[] = { NULL, "", ":", "862", name };
        for (unsigned i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
                log_open(&the_log, fds[1], LOG_DEBUG, LOG_LOGFMT, streams[i]);
                ck_assert(add(LOG_WARN, "test"));
                ck_assert_int_eq(strncmp(the_log.lines[0].text, "time=", 5), 0);
        }
        log_open(&the_log, -1, LOG_DEBUG, LOG_LOGFMT, "0:0");
        ck_assert(!the_log.style.has_priorities);
        close(fds[0]);
        close(fds[1]);
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                levels_above_the_most_are_not_wanted,
                level_can_be_changed,
                line_holds_what_was_given,
                json_is_written_where_it_is_asked_for,
                time_is_universal_and_now,
                time_can_be_another,
                nothing_is_pending_at_first,
                descriptor_is_polled_while_a_line_is_pending,
                queue_is_full_after_its_lines,
                last_places_are_for_lines_that_cannot_be_kept_back,
                full_queue_loses_the_newest_and_counts_it,
                next_line_tells_how_many_were_lost_and_only_that_one,
                loss_that_a_lost_line_told_is_told_again,
                line_that_is_not_ended_is_forgotten,
                journal_gets_priorities,
                nobody_else_gets_priorities,
        };

        return SUITE_RUN("log", tests);
}
