/* SPDX-License-Identifier: MIT */
#include "service/log.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "suite.h"

static struct log_line line;

static const char *finished(void)
{
        ck_assert_uint_lt(line.size, sizeof(line.text));
        line.text[line.size] = '\0';
        return line.text;
}

/* What ` k=` and this value add to a line. */
static const char *with_value(const char *value)
{
        log_begin(&line, LOG_INFO, LOG_INFO, "test");
        size_t before = line.size;
        log_text(&line, "k", value);
        return finished() + before;
}

START_TEST(levels_have_stable_names)
{
        ck_assert_str_eq(log_level_name(LOG_ERROR), "error");
        ck_assert_str_eq(log_level_name(LOG_WARN), "warn");
        ck_assert_str_eq(log_level_name(LOG_INFO), "info");
        ck_assert_str_eq(log_level_name(LOG_DEBUG), "debug");
}
END_TEST

START_TEST(no_level_has_no_name)
{
        ck_assert_ptr_null(log_level_name(LOG_LEVEL_COUNT));
        ck_assert_ptr_null(log_level_name((enum log_level)1000));
}
END_TEST

START_TEST(line_begins_with_time_level_and_event)
{
        regex_t form;

        log_begin(&line, LOG_DEBUG, LOG_WARN, "some_event");
        ck_assert_int_eq(regcomp(&form,
                                 "^time=[0-9]{4}-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:"
                                 "[0-6][0-9]\\.[0-9]{3}Z level=warn event=some_event$",
                                 REG_EXTENDED | REG_NOSUB),
                         0);
        ck_assert_msg(regexec(&form, finished(), 0, NULL, 0) == 0, "%s", line.text);
        regfree(&form);
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
        int64_t before_ms = ms_now();
        int ms = 0;

        log_begin(&line, LOG_INFO, LOG_INFO, "test");
        int64_t after_ms = ms_now();
        const char *rest = strptime(finished(), "time=%Y-%m-%dT%H:%M:%S", &written);
        ck_assert_ptr_nonnull(rest);
        ck_assert_int_eq(sscanf(rest, ".%3dZ", &ms), 1);
        ck_assert_int_ge(timegm(&written) * 1000 + ms, before_ms);
        ck_assert_int_le(timegm(&written) * 1000 + ms, after_ms);
}
END_TEST

START_TEST(every_level_is_named_in_its_line)
{
        char expected[32];

        for (unsigned level = 0; level < LOG_LEVEL_COUNT; level++) {
                snprintf(expected, sizeof(expected), " level=%s ", log_level_name(level));
                log_begin(&line, LOG_DEBUG, level, "test");
                ck_assert_ptr_nonnull(strstr(finished(), expected));
        }
}
END_TEST

START_TEST(plain_value_stands_as_it_is)
{
        ck_assert_str_eq(with_value("127.0.0.1:7007"), " k=127.0.0.1:7007");
        ck_assert_str_eq(with_value("/run/echod_1-2@x,+%"), " k=/run/echod_1-2@x,+%");
        ck_assert_str_eq(with_value("[::1]"), " k=[::1]");
}
END_TEST

START_TEST(empty_value_is_quoted)
{
        ck_assert_str_eq(with_value(""), " k=\"\"");
}
END_TEST

START_TEST(space_and_equals_sign_are_quoted)
{
        ck_assert_str_eq(with_value("a b"), " k=\"a b\"");
        ck_assert_str_eq(with_value("a=b"), " k=\"a=b\"");
        ck_assert_str_eq(with_value("~"), " k=\"~\"");
}
END_TEST

START_TEST(quote_and_backslash_are_escaped)
{
        ck_assert_str_eq(with_value("\""), " k=\"\\\"\"");
        ck_assert_str_eq(with_value("a\\b"), " k=\"a\\\\b\"");
}
END_TEST

START_TEST(newline_cannot_forge_a_line)
{
        ck_assert_str_eq(with_value("x\ntime=0 event=stopped"),
                         " k=\"x\\x0atime=0 event=stopped\"");
}
END_TEST

START_TEST(control_bytes_are_escaped)
{
        ck_assert_str_eq(with_value("\x01\t\r\x1b[2J\x1f\x7f"),
                         " k=\"\\x01\\x09\\x0d\\x1b[2J\\x1f\\x7f\"");
}
END_TEST

START_TEST(bytes_beyond_ascii_are_escaped)
{
        ck_assert_str_eq(with_value("\x80\xff"), " k=\"\\x80\\xff\"");
}
END_TEST

START_TEST(number_is_decimal)
{
        log_begin(&line, LOG_INFO, LOG_INFO, "test");
        log_number(&line, "least", 0);
        log_number(&line, "most", UINT64_MAX);
        ck_assert_ptr_nonnull(strstr(finished(), " event=test least=0 most=18446744073709551615"));
}
END_TEST

START_TEST(values_stand_in_order)
{
        log_begin(&line, LOG_INFO, LOG_INFO, "test");
        log_text(&line, "a", "1");
        log_text(&line, "b", "2 3");
        log_text(&line, "c", "4");
        ck_assert_ptr_nonnull(strstr(finished(), " event=test a=1 b=\"2 3\" c=4"));
}
END_TEST

/* A value of that many bytes each of which is escaped as `escaped` bytes, and its quotes. */
static void expect_all_or_nothing(char byte, size_t escaped, size_t quotes)
{
        static char value[LOG_LINE_SIZE + 1];

        for (size_t size = (LOG_LINE_SIZE - 200) / escaped; size <= LOG_LINE_SIZE / escaped;
             size++) {
                memset(value, byte, size);
                value[size] = '\0';
                log_begin(&line, LOG_INFO, LOG_INFO, "test");
                size_t before = line.size;
                size_t full = before + strlen(" k=") + size * escaped + quotes;
                log_text(&line, "k", value);
                ck_assert_uint_eq(line.size, full < LOG_LINE_SIZE ? full : before);
        }
}

START_TEST(value_that_does_not_fit_is_left_out_whole)
{
        expect_all_or_nothing('x', 1, 0);
}
END_TEST

START_TEST(quoted_value_that_does_not_fit_is_left_out_whole)
{
        expect_all_or_nothing(' ', 1, 2);
}
END_TEST

START_TEST(escaped_value_that_does_not_fit_is_left_out_whole)
{
        expect_all_or_nothing('\n', 4, 2);
}
END_TEST

START_TEST(key_that_does_not_fit_is_left_out_whole)
{
        static char key[LOG_LINE_SIZE + 1];

        for (size_t size = LOG_LINE_SIZE - 200; size <= LOG_LINE_SIZE; size++) {
                memset(key, 'k', size);
                log_begin(&line, LOG_INFO, LOG_INFO, "test");
                size_t before = line.size;
                size_t full = before + strlen(" =1") + size;
                log_text(&line, key, "1");
                ck_assert_uint_eq(line.size, full < LOG_LINE_SIZE ? full : before);
        }
}
END_TEST

START_TEST(full_line_takes_nothing)
{
        static char value[LOG_LINE_SIZE];

        log_begin(&line, LOG_INFO, LOG_INFO, "test");
        memset(value, 'x', LOG_LINE_SIZE - 1 - line.size - strlen(" k="));
        log_text(&line, "k", value);
        ck_assert_uint_eq(line.size, LOG_LINE_SIZE - 1);
        log_text(&line, "k", "");
        ck_assert_uint_eq(line.size, LOG_LINE_SIZE - 1);
}
END_TEST

START_TEST(shorter_value_still_fits_after_one_that_did_not)
{
        static char value[2 * LOG_LINE_SIZE];

        memset(value, 'x', sizeof(value) - 1);
        log_begin(&line, LOG_INFO, LOG_INFO, "test");
        log_text(&line, "long", value);
        log_text(&line, "short", "1");
        ck_assert_ptr_nonnull(strstr(finished(), " event=test short=1"));
}
END_TEST

START_TEST(line_of_exactly_the_size_is_whole)
{
        static char value[LOG_LINE_SIZE];

        log_begin(&line, LOG_ERROR, LOG_INFO, "test");
        memset(value, 'x', LOG_LINE_SIZE - line.size - strlen(" k=\n"));
        log_text(&line, "k", value);
        ck_assert(log_end(&line, -1));
        ck_assert_uint_eq(line.size, LOG_LINE_SIZE);
        ck_assert_int_eq(line.text[LOG_LINE_SIZE - 1], '\n');
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                levels_have_stable_names,
                no_level_has_no_name,
                line_begins_with_time_level_and_event,
                time_is_universal_and_now,
                every_level_is_named_in_its_line,
                plain_value_stands_as_it_is,
                empty_value_is_quoted,
                space_and_equals_sign_are_quoted,
                quote_and_backslash_are_escaped,
                newline_cannot_forge_a_line,
                control_bytes_are_escaped,
                bytes_beyond_ascii_are_escaped,
                number_is_decimal,
                values_stand_in_order,
                value_that_does_not_fit_is_left_out_whole,
                quoted_value_that_does_not_fit_is_left_out_whole,
                escaped_value_that_does_not_fit_is_left_out_whole,
                key_that_does_not_fit_is_left_out_whole,
                full_line_takes_nothing,
                shorter_value_still_fits_after_one_that_did_not,
                line_of_exactly_the_size_is_whole,
        };

        return SUITE_RUN("log", tests);
}
