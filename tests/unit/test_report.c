/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "report_lines.h"

/* How many of these events become lines now. */
static unsigned lines_of(enum event_kind kind, unsigned events)
{
        struct event event = event_of(kind);
        unsigned lines = 0;

        for (unsigned i = 0; i < events; i++) {
                report_event(&report, 0, &event, &now);
                if (log_is_pending(&the_log)) {
                        (void)take_line();
                        lines++;
                }
        }
        return lines;
}

START_TEST(opening_tells_where_and_who)
{
        struct event event = event_of(EVENT_CONNECTION_OPEN);

        event.open.family = AF_INET;
        event.open.port = 40312;
        inet_pton(AF_INET, "192.0.2.1", event.open.address);
        ck_assert_str_eq(line_of(&event),
                         "time=2026-11-24T15:49:05.000Z level=debug event=connection_open worker=3 "
                         "connection=41 listener=tcp:127.0.0.1:7007 peer=192.0.2.1:40312");
}
END_TEST

START_TEST(listener_is_escaped_or_else_its_index)
{
        struct event event = event_of(EVENT_CONNECTION_OPEN);

        event.listener = 1;
        ck_assert_ptr_nonnull(strstr(line_of(&event), " listener=\"unix:/run/echo socket\" "));
        event.listener = 2;
        ck_assert_ptr_nonnull(strstr(line_of(&event), " listener=2 "));
}
END_TEST

START_TEST(header_tells_of_the_client_and_where_it_went)
{
        struct event event = event_of(EVENT_CONNECTION_PROXIED);
        const uint8_t mapped[16] = { [10] = 0xff, 0xff, 203, 0, 113, 5 };
        const uint8_t ip6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };

        event.proxied.client.family = AF_INET6;
        memcpy(event.proxied.client.address, mapped, sizeof(mapped));
        event.proxied.client.port = 4711;
        event.proxied.server.family = AF_INET6;
        memcpy(event.proxied.server.address, ip6, sizeof(ip6));
        event.proxied.server.port = 80;
        ck_assert_str_eq(
            line_of(&event),
            "time=2026-11-24T15:49:05.000Z level=debug event=connection_proxied worker=3 "
            "connection=41 client=203.0.113.5:4711 server=[2001:db8::1]:80");
}
END_TEST

START_TEST(closing_tells_how_much_how_long_and_why)
{
        struct event event = event_of(EVENT_CONNECTION_CLOSE);

        event.close.received = 1000;
        event.close.sent = 999;
        event.close.duration_ns = 1234999999;
        event.close.reason = CONN_END_PEER_RESET;
        ck_assert_str_eq(
            line_of(&event),
            "time=2026-11-24T15:49:05.000Z level=debug event=connection_close worker=3 "
            "connection=41 received=1000 sent=999 duration_ms=1234 reason=peer_reset");
}
END_TEST

START_TEST(every_end_has_its_name)
{
        for (unsigned end = CONN_OPEN + 1; end < CONN_END_COUNT; end++) {
                struct event event = event_of(EVENT_CONNECTION_CLOSE);
                event.close.reason = end;
                (void)line_of(&event);
                ck_assert(log_reader_has_text(&reader, "reason", counters_closed_name(end)));
        }
}
END_TEST

START_TEST(message_is_shown_whole)
{
        struct event event = event_of(EVENT_DATA);

        event.data.size = 6;
        event.data.shown = 6;
        memcpy(event.data.bytes, "hi \"\n\xff", 6);
        ck_assert_str_eq(line_of(&event),
                         "time=2026-11-24T15:49:05.000Z level=debug event=data worker=3 "
                         "connection=41 size=6 text=\"hi \\\"\\x0a\\xff\"");
}
END_TEST

START_TEST(message_is_shown_in_part)
{
        struct event event = event_of(EVENT_DATA);

        event.data.size = EVENT_PREVIEW_SIZE + 1;
        event.data.shown = EVENT_PREVIEW_SIZE;
        memset(event.data.bytes, 'x', EVENT_PREVIEW_SIZE);
        ck_assert_ptr_nonnull(strstr(line_of(&event), "xx truncated=1"));
        ck_assert(log_reader_has(&reader, "text", event.data.bytes, EVENT_PREVIEW_SIZE));
}
END_TEST

START_TEST(pause_tells_why_and_what_to_do)
{
        static const char *const reasons[ACCEPT_ERROR_COUNT] = { "peer_gone", "no_descriptors",
                                                                 "no_memory", "other" };

        for (unsigned why = 0; why < ACCEPT_ERROR_COUNT; why++) {
                struct event event = event_of(EVENT_ACCEPT_PAUSED);
                event.paused.why = why;
                ck_assert_ptr_nonnull(strstr(line_of(&event), " level=warn event=accept_paused "));
                ck_assert(log_reader_has_text(&reader, "worker", "3"));
                ck_assert(log_reader_has_text(&reader, "reason", reasons[why]));
                bool has_hint = log_reader_find(&reader, "hint") != NULL;
                ck_assert_int_eq(has_hint, why == ACCEPT_NO_DESCRIPTORS || why == ACCEPT_NO_MEMORY);
        }
}
END_TEST

START_TEST(limit_tells_how_many_are_open)
{
        struct event event = event_of(EVENT_LIMIT_REACHED);

        event.limit.open = 65536;
        ck_assert_str_eq(line_of(&event),
                         "time=2026-11-24T15:49:05.000Z level=warn event=limit_reached worker=3 "
                         "listener=tcp:127.0.0.1:7007 open=65536");
}
END_TEST

/* A record may wait; its line tells when it was. */
START_TEST(time_is_that_of_the_event)
{
        struct event event = event_of(EVENT_LIMIT_REACHED);

        set_up(LOG_DEBUG);
        event.time_ns -= 1500 * 1000000;
        report_event(&report, 0, &event, &now);
        (void)take_line();
        ck_assert(log_reader_has_text(&reader, "time", "2026-11-24T15:49:03.500Z"));
        event.time_ns += 2000 * 1000000;
        report_event(&report, 0, &event, &now);
        (void)take_line();
        ck_assert(log_reader_has_text(&reader, "time", "2026-11-24T15:49:05.500Z"));
}
END_TEST

static const char *peer_of(int family, const char *address, uint16_t port)
{
        static char text[REPORT_PEER_SIZE];
        struct event event = { .kind = EVENT_CONNECTION_OPEN };

        event.open.family = (uint8_t)family;
        event.open.port = port;
        if (address != NULL)
                ck_assert_int_eq(inet_pton(family, address, event.open.address), 1);
        report_peer(&event.open, text);
        return text;
}

START_TEST(peer_is_an_address_and_a_port)
{
        ck_assert_str_eq(peer_of(AF_INET, "127.0.0.1", 40312), "127.0.0.1:40312");
        ck_assert_str_eq(peer_of(AF_INET, "255.255.255.255", 65535), "255.255.255.255:65535");
        ck_assert_str_eq(peer_of(AF_INET6, "::1", 40312), "[::1]:40312");
        ck_assert_str_eq(peer_of(AF_INET6, "2001:db8:1111:2222:3333:4444:5555:6666", 1),
                         "[2001:db8:1111:2222:3333:4444:5555:6666]:1");
}
END_TEST

START_TEST(mapped_peer_is_shown_as_what_it_is)
{
        ck_assert_str_eq(peer_of(AF_INET6, "::ffff:192.0.2.1", 7), "192.0.2.1:7");
        ck_assert_str_eq(peer_of(AF_INET6, "::fffe:192.0.2.1", 7), "[::fffe:c000:201]:7");
}
END_TEST

START_TEST(peer_without_an_address_is_named)
{
        ck_assert_str_eq(peer_of(AF_UNIX, NULL, 0), "unix");
        ck_assert_str_eq(peer_of(AF_UNSPEC, NULL, 0), "unknown");
}
END_TEST

START_TEST(debug_events_have_a_burst_of_200_and_then_100_a_second)
{
        set_up(LOG_DEBUG);
        ck_assert_uint_eq(lines_of(EVENT_DATA, 300), 200);
        advance(SECOND_NS / 100 - 1);
        ck_assert_uint_eq(lines_of(EVENT_DATA, 10), 0);
        advance(1);
        ck_assert_uint_eq(lines_of(EVENT_DATA, 10), 1);
        advance(SECOND_NS);
        ck_assert_uint_eq(lines_of(EVENT_DATA, 300), 100);
        advance(2 * SECOND_NS);
        ck_assert_uint_eq(lines_of(EVENT_DATA, 300), 200);
        advance(1000 * SECOND_NS);
        ck_assert_uint_eq(lines_of(EVENT_DATA, 300), 200);
}
END_TEST

START_TEST(warnings_have_a_burst_of_5_and_then_one_a_second)
{
        set_up(LOG_WARN);
        ck_assert_uint_eq(lines_of(EVENT_ACCEPT_PAUSED, 10), 5);
        advance(SECOND_NS);
        ck_assert_uint_eq(lines_of(EVENT_ACCEPT_PAUSED, 10), 1);
        advance(5 * SECOND_NS);
        ck_assert_uint_eq(lines_of(EVENT_ACCEPT_PAUSED, 10), 5);
}
END_TEST

START_TEST(each_name_has_a_rate_of_its_own)
{
        static const unsigned bursts[EVENT_COUNT] = { 200, 200, 200, 200, 200, 5, 5 };

        set_up(LOG_DEBUG);
        for (unsigned kind = 0; kind < EVENT_COUNT; kind++)
                ck_assert_uint_eq(lines_of(kind, 300), bursts[kind]);
}
END_TEST

START_TEST(next_line_of_the_name_tells_what_was_held_back)
{
        set_up(LOG_DEBUG);
        ck_assert_uint_eq(lines_of(EVENT_LIMIT_REACHED, 12), 5);
        ck_assert_ptr_null(log_reader_find(&reader, "suppressed"));
        ck_assert_uint_eq(lines_of(EVENT_ACCEPT_PAUSED, 1), 1);
        ck_assert_ptr_null(log_reader_find(&reader, "suppressed"));
        advance(SECOND_NS);
        ck_assert_uint_eq(lines_of(EVENT_LIMIT_REACHED, 1), 1);
        ck_assert(log_reader_has_text(&reader, "suppressed", "7"));
        advance(SECOND_NS);
        ck_assert_uint_eq(lines_of(EVENT_LIMIT_REACHED, 1), 1);
        ck_assert_ptr_null(log_reader_find(&reader, "suppressed"));
}
END_TEST

/* Switched off is not held back: switched on, it tells of nothing. */
START_TEST(unwanted_level_is_neither_told_nor_counted)
{
        set_up(LOG_INFO);
        ck_assert_uint_eq(lines_of(EVENT_DATA, 1000), 0);
        log_set_level(&the_log, LOG_DEBUG);
        ck_assert_uint_eq(lines_of(EVENT_DATA, 1), 1);
        ck_assert_ptr_null(log_reader_find(&reader, "suppressed"));
        ck_assert_uint_eq(lines_of(EVENT_DATA, 1000), 199);
}
END_TEST

START_TEST(lost_line_tells_nothing_so_the_next_one_does)
{
        struct event event = event_of(EVENT_LIMIT_REACHED);

        set_up(LOG_DEBUG);
        ck_assert_uint_eq(lines_of(EVENT_LIMIT_REACHED, 12), 5);
        advance(SECOND_NS);
        the_log.count = LOG_QUEUE_LINES;
        report_event(&report, 0, &event, &now);
        ck_assert_uint_eq(log_lost(&the_log), 1);
        the_log.count = 0;
        advance(SECOND_NS);
        ck_assert_uint_eq(lines_of(EVENT_LIMIT_REACHED, 1), 1);
        ck_assert(log_reader_has_text(&reader, "suppressed", "7"));
        ck_assert(log_reader_has_text(&reader, "lost", "1"));
}
END_TEST

enum { RING_COUNT = 64 };

static struct event slots[RING_COUNT];
static struct events ring;

static void fill_ring(void)
{
        struct event event = event_of(EVENT_CONNECTION_OPEN);

        events_init(&ring, slots, RING_COUNT);
        for (unsigned i = 0; i < RING_COUNT; i++)
                (void)events_put(&ring, &event);
}

START_TEST(records_stay_in_their_ring_while_the_log_has_no_spare_room)
{
        set_up(LOG_DEBUG);
        fill_ring();
        ck_assert_uint_eq(report_take(&report, 0, &ring, RING_COUNT),
                          LOG_QUEUE_LINES - LOG_QUEUE_SPARE);
        ck_assert(!log_has_spare_room(&the_log));
        ck_assert(log_has_room(&the_log));
        ck_assert_uint_eq(report_take(&report, 0, &ring, RING_COUNT), 0);
        ck_assert_uint_eq(log_lost(&the_log), 0);
        the_log.count = 0;
        ck_assert_uint_eq(report_take(&report, 0, &ring, RING_COUNT),
                          LOG_QUEUE_LINES - LOG_QUEUE_SPARE);
}
END_TEST

START_TEST(no_more_records_are_taken_than_asked_for)
{
        set_up(LOG_WARN);
        fill_ring();
        ck_assert_uint_eq(report_take(&report, 0, &ring, 10), 10);
        ck_assert_uint_eq(report_take(&report, 0, &ring, RING_COUNT), RING_COUNT - 10);
}
END_TEST

START_TEST(both_clocks_are_read)
{
        struct report_time before = report_now();
        struct report_time after = report_now();

        ck_assert_uint_ge(after.monotonic_ns, before.monotonic_ns);
        ck_assert_uint_gt(after.wall_ns, UINT64_C(1600000000) * SECOND_NS);
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                opening_tells_where_and_who,
                listener_is_escaped_or_else_its_index,
                header_tells_of_the_client_and_where_it_went,
                closing_tells_how_much_how_long_and_why,
                every_end_has_its_name,
                message_is_shown_whole,
                message_is_shown_in_part,
                pause_tells_why_and_what_to_do,
                limit_tells_how_many_are_open,
                time_is_that_of_the_event,
                peer_is_an_address_and_a_port,
                mapped_peer_is_shown_as_what_it_is,
                peer_without_an_address_is_named,
                debug_events_have_a_burst_of_200_and_then_100_a_second,
                warnings_have_a_burst_of_5_and_then_one_a_second,
                each_name_has_a_rate_of_its_own,
                next_line_of_the_name_tells_what_was_held_back,
                unwanted_level_is_neither_told_nor_counted,
                lost_line_tells_nothing_so_the_next_one_does,
                records_stay_in_their_ring_while_the_log_has_no_spare_room,
                no_more_records_are_taken_than_asked_for,
                both_clocks_are_read,
        };

        return SUITE_RUN("report", tests);
}
