/* SPDX-License-Identifier: MIT */
#include "service/log_line.h"

#include <stdio.h>
#include <string.h>

#include "suite.h"
#include "support/log_reader.h"

/* 2026-11-24T15:49:05.007Z, and some ns that are not shown. */
#define WALL_NS (UINT64_C(1795535345) * 1000000000 + 7999999)

static struct log_line line;
static struct log_reader reader;

static const char *finished(void)
{
        ck_assert_uint_lt(line.size, sizeof(line.text));
        line.text[line.size] = '\0';
        return line.text;
}

static void begin(enum log_format format)
{
        log_line_begin(&line, &(struct log_style){ .format = format }, LOG_INFO, WALL_NS, "test");
}

/* What ` k=` or `,"k":` and these bytes add to a line. */
static const char *with_bytes(enum log_format format, const void *data, size_t size)
{
        begin(format);
        size_t before = line.size;
        log_line_bytes(&line, "k", data, size);
        return finished() + before;
}

static const char *with_value(const char *value)
{
        return with_bytes(LOG_LOGFMT, value, strlen(value));
}

static const char *with_json(const char *value)
{
        return with_bytes(LOG_JSON, value, strlen(value));
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
        begin(LOG_LOGFMT);
        ck_assert_str_eq(finished(), "time=2026-11-24T15:49:05.007Z level=info event=test");
}
END_TEST

START_TEST(json_begins_with_the_same_keys)
{
        begin(LOG_JSON);
        ck_assert_str_eq(finished(),
                         "{\"time\":\"2026-11-24T15:49:05.007Z\",\"level\":\"info\","
                         "\"event\":\"test\"");
}
END_TEST

START_TEST(every_level_is_named_in_its_line)
{
        char expected[32];

        for (unsigned level = 0; level < LOG_LEVEL_COUNT; level++) {
                snprintf(expected, sizeof(expected), " level=%s ", log_level_name(level));
                log_line_begin(&line, &(struct log_style){ 0 }, level, 0, "test");
                ck_assert_ptr_nonnull(strstr(finished(), expected));
        }
}
END_TEST

START_TEST(every_level_has_its_priority)
{
        static const char *const expected[LOG_LEVEL_COUNT] = { "<3>", "<4>", "<6>", "<7>" };

        for (unsigned level = 0; level < LOG_LEVEL_COUNT; level++) {
                struct log_style style = { .format = LOG_LOGFMT, .has_priorities = true };
                log_line_begin(&line, &style, level, 0, "test");
                ck_assert_int_eq(strncmp(finished(), expected[level], 3), 0);
                ck_assert_int_eq(strncmp(finished() + 3, "time=", 5), 0);
                style.format = LOG_JSON;
                log_line_begin(&line, &style, level, 0, "test");
                ck_assert_int_eq(strncmp(finished(), expected[level], 3), 0);
                ck_assert_int_eq(finished()[3], '{');
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
        begin(LOG_LOGFMT);
        log_line_number(&line, "least", 0);
        log_line_number(&line, "most", UINT64_MAX);
        ck_assert_ptr_nonnull(strstr(finished(), " event=test least=0 most=18446744073709551615"));
}
END_TEST

START_TEST(values_stand_in_order)
{
        begin(LOG_LOGFMT);
        log_line_text(&line, "a", "1");
        log_line_text(&line, "b", "2 3");
        log_line_text(&line, "c", "4");
        ck_assert_ptr_nonnull(strstr(finished(), " event=test a=1 b=\"2 3\" c=4"));
}
END_TEST

START_TEST(bytes_may_hold_zeros)
{
        ck_assert_str_eq(with_bytes(LOG_LOGFMT, "a\0b", 3), " k=\"a\\x00b\"");
        ck_assert_str_eq(with_bytes(LOG_JSON, "a\0b", 3), ",\"k\":\"a\\u0000b\"");
}
END_TEST

START_TEST(json_text_is_always_quoted)
{
        ck_assert_str_eq(with_json("plain"), ",\"k\":\"plain\"");
        ck_assert_str_eq(with_json("12"), ",\"k\":\"12\"");
        ck_assert_str_eq(with_json(""), ",\"k\":\"\"");
}
END_TEST

START_TEST(json_escapes_what_rfc_8259_demands)
{
        ck_assert_str_eq(with_json("\"\\/"), ",\"k\":\"\\\"\\\\/\"");
        ck_assert_str_eq(with_json("\n\x1f\x7f"), ",\"k\":\"\\u000a\\u001f\\u007f\"");
}
END_TEST

/* Whatever the network sent, the line is valid UTF-8. */
START_TEST(json_escapes_bytes_beyond_ascii)
{
        ck_assert_str_eq(with_json("\x80\xc3\xa9\xff"), ",\"k\":\"\\u0080\\u00c3\\u00a9\\u00ff\"");
}
END_TEST

START_TEST(json_number_is_a_number)
{
        begin(LOG_JSON);
        log_line_number(&line, "open", 3);
        log_line_number(&line, "most", UINT64_MAX);
        log_line_end(&line, 0);
        ck_assert_ptr_nonnull(
            strstr(finished(), ",\"event\":\"test\",\"open\":3,\"most\":18446744073709551615}\n"));
}
END_TEST

START_TEST(end_tells_what_was_lost)
{
        begin(LOG_LOGFMT);
        log_line_end(&line, 12);
        ck_assert_ptr_nonnull(strstr(finished(), " event=test lost=12\n"));
        begin(LOG_JSON);
        log_line_end(&line, 12);
        ck_assert_ptr_nonnull(strstr(finished(), ",\"event\":\"test\",\"lost\":12}\n"));
}
END_TEST

START_TEST(end_tells_nothing_where_nothing_was_lost)
{
        begin(LOG_LOGFMT);
        log_line_end(&line, 0);
        ck_assert_ptr_nonnull(strstr(finished(), " event=test\n"));
        begin(LOG_JSON);
        log_line_end(&line, 0);
        ck_assert_ptr_nonnull(strstr(finished(), ",\"event\":\"test\"}\n"));
}
END_TEST

START_TEST(every_byte_reads_back_in_both_formats)
{
        unsigned char bytes[256];

        for (unsigned i = 0; i < sizeof(bytes); i++)
                bytes[i] = (unsigned char)i;
        for (unsigned format = 0; format < LOG_FORMAT_COUNT; format++) {
                struct log_style style = { .format = format };
                begin(format);
                log_line_bytes(&line, "all", bytes, sizeof(bytes));
                log_line_number(&line, "n", 862);
                log_line_end(&line, 0);
                ck_assert(log_reader_read(&reader, line.text, line.size, &style));
                ck_assert(log_reader_has(&reader, "all", bytes, sizeof(bytes)));
                ck_assert(log_reader_has_text(&reader, "n", "862"));
                ck_assert_int_eq(log_reader_find(&reader, "n")->is_number, format == LOG_JSON);
        }
}
END_TEST

/*
 * Values of more and more bytes, each escaped as `escaped` bytes: all of a value is there, or
 * nothing, and the end still fits behind the longest one that is.
 */
static void expect_all_or_nothing(enum log_format format, char byte, size_t escaped)
{
        static char value[LOG_LINE_SIZE + 1];
        size_t largest = 0;

        for (size_t size = (LOG_LINE_SIZE - 200) / escaped; size <= LOG_LINE_SIZE / escaped;
             size++) {
                struct log_style style = { .format = format };
                memset(value, byte, size);
                begin(format);
                log_line_bytes(&line, "k", value, size);
                log_line_end(&line, UINT64_MAX);
                ck_assert(log_reader_read(&reader, line.text, line.size, &style));
                ck_assert(log_reader_has_text(&reader, "lost", "18446744073709551615"));
                if (log_reader_find(&reader, "k") == NULL)
                        continue;
                ck_assert(log_reader_has(&reader, "k", value, size));
                ck_assert(largest == 0 || largest == size - 1);
                largest = size;
        }
        ck_assert_uint_gt(largest, 0);
        ck_assert_uint_lt(largest, LOG_LINE_SIZE / escaped);
}

START_TEST(value_that_does_not_fit_is_left_out_whole)
{
        expect_all_or_nothing(LOG_LOGFMT, 'x', 1);
        expect_all_or_nothing(LOG_LOGFMT, ' ', 1);
        expect_all_or_nothing(LOG_LOGFMT, '\n', 4);
        expect_all_or_nothing(LOG_JSON, 'x', 1);
        expect_all_or_nothing(LOG_JSON, '"', 2);
        expect_all_or_nothing(LOG_JSON, '\n', 6);
}
END_TEST

START_TEST(key_that_does_not_fit_is_left_out_whole)
{
        static char key[LOG_LINE_SIZE + 1];

        for (size_t size = LOG_LINE_SIZE - 200; size <= LOG_LINE_SIZE; size++) {
                struct log_style style = { .format = size % LOG_FORMAT_COUNT };
                memset(key, 'k', size);
                begin(style.format);
                log_line_number(&line, key, 1);
                log_line_end(&line, 0);
                ck_assert(log_reader_read(&reader, line.text, line.size, &style));
                ck_assert(reader.field_count == 3 || log_reader_has_text(&reader, key, "1"));
        }
}
END_TEST

START_TEST(fullest_line_is_of_exactly_the_size)
{
        static const char value[LOG_LINE_SIZE];
        struct log_style style = { .format = LOG_JSON, .has_priorities = true };

        log_line_begin(&line, &style, LOG_WARN, WALL_NS, "test");
        size_t room = LOG_LINE_SIZE - LOG_LINE_END_SIZE - line.size - strlen(",\"k\":\"\"");
        size_t size = room / strlen("\\u0000");
        /* The key takes what is left over. */
        log_line_bytes(&line, &"kkkkkk"[5 - room % strlen("\\u0000")], value, size);
        log_line_end(&line, UINT64_MAX);
        ck_assert_uint_eq(line.size, LOG_LINE_SIZE);
        ck_assert(log_reader_read(&reader, line.text, line.size, &style));
}
END_TEST

START_TEST(shorter_value_still_fits_after_one_that_did_not)
{
        static char value[2 * LOG_LINE_SIZE];

        memset(value, 'x', sizeof(value) - 1);
        begin(LOG_LOGFMT);
        log_line_text(&line, "long", value);
        log_line_text(&line, "short", "1");
        ck_assert_ptr_nonnull(strstr(finished(), " event=test short=1"));
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                levels_have_stable_names,
                no_level_has_no_name,
                line_begins_with_time_level_and_event,
                json_begins_with_the_same_keys,
                every_level_is_named_in_its_line,
                every_level_has_its_priority,
                plain_value_stands_as_it_is,
                empty_value_is_quoted,
                space_and_equals_sign_are_quoted,
                quote_and_backslash_are_escaped,
                newline_cannot_forge_a_line,
                control_bytes_are_escaped,
                bytes_beyond_ascii_are_escaped,
                number_is_decimal,
                values_stand_in_order,
                bytes_may_hold_zeros,
                json_text_is_always_quoted,
                json_escapes_what_rfc_8259_demands,
                json_escapes_bytes_beyond_ascii,
                json_number_is_a_number,
                end_tells_what_was_lost,
                end_tells_nothing_where_nothing_was_lost,
                every_byte_reads_back_in_both_formats,
                value_that_does_not_fit_is_left_out_whole,
                key_that_does_not_fit_is_left_out_whole,
                fullest_line_is_of_exactly_the_size,
                shorter_value_still_fits_after_one_that_did_not,
        };

        return SUITE_RUN("log line", tests);
}
