/* SPDX-License-Identifier: MIT */
/* How a datagram is told of. */
#include <arpa/inet.h>
#include <sys/socket.h>

#include "report_lines.h"

static struct event datagram_of(const char *text, uint32_t size)
{
        struct event event = event_of(EVENT_DATAGRAM);

        event.datagram.peer.family = AF_INET;
        event.datagram.peer.port = 40312;
        inet_pton(AF_INET, "192.0.2.1", event.datagram.peer.address);
        event.datagram.size = size;
        event.datagram.shown = (uint8_t)strlen(text);
        memcpy(event.datagram.bytes, text, strlen(text));
        return event;
}

START_TEST(datagram_tells_where_and_who_and_what)
{
        struct event event = datagram_of("hi \"", 4);

        ck_assert_str_eq(line_of(&event),
                         "time=2026-11-24T15:49:05.000Z level=debug event=datagram worker=3 "
                         "listener=tcp:127.0.0.1:7007 peer=192.0.2.1:40312 size=4 "
                         "text=\"hi \\\"\"");
}
END_TEST

START_TEST(long_datagram_is_shown_in_part)
{
        struct event event = datagram_of("begin", 65507);

        ck_assert_ptr_nonnull(strstr(line_of(&event), "size=65507 text=begin truncated=1"));
}
END_TEST

START_TEST(datagram_without_an_answer_tells_why)
{
        struct event event = datagram_of("", 0);

        for (unsigned drop = DATAGRAM_DROP_NONE + 1; drop < DATAGRAM_DROP_COUNT; drop++) {
                event.datagram.drop = (uint8_t)drop;
                (void)line_of(&event);
                const char *name = counters_dropped_name(drop);
                ck_assert(log_reader_has(&reader, "dropped", name, strlen(name)));
        }
        event.datagram.drop = DATAGRAM_DROP_NONE;
        (void)line_of(&event);
        ck_assert_ptr_null(log_reader_find(&reader, "dropped"));
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                datagram_tells_where_and_who_and_what,
                long_datagram_is_shown_in_part,
                datagram_without_an_answer_tells_why,
        };

        return SUITE_RUN("report datagram", tests);
}
