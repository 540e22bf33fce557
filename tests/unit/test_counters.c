/* SPDX-License-Identifier: MIT */
#include "core/counters.h"

#include "suite.h"

START_TEST(every_end_has_a_stable_name)
{
        ck_assert_str_eq(counters_closed_name(CONN_END_PEER_FINISHED), "peer_finished");
        ck_assert_str_eq(counters_closed_name(CONN_END_PEER_RESET), "peer_reset");
        ck_assert_str_eq(counters_closed_name(CONN_END_PEER_VANISHED), "peer_vanished");
        ck_assert_str_eq(counters_closed_name(CONN_END_IDLE), "idle");
        ck_assert_str_eq(counters_closed_name(CONN_END_STALL), "stall");
        ck_assert_str_eq(counters_closed_name(CONN_END_DRAINED), "drained");
        ck_assert_str_eq(counters_closed_name(CONN_END_DRAIN_TIMEOUT), "drain_timeout");
        ck_assert_str_eq(counters_closed_name(CONN_END_SOCKET_ERROR), "socket_error");
        ck_assert_str_eq(counters_closed_name(CONN_END_HEADER_TIMEOUT), "header_timeout");
        ck_assert_str_eq(counters_closed_name(CONN_END_ACCESS), "access");
        ck_assert_str_eq(counters_closed_name(CONN_END_RATE), "rate");
        ck_assert_str_eq(counters_closed_name(CONN_END_SOURCE), "source");
}
END_TEST

START_TEST(no_end_is_without_a_name)
{
        for (unsigned end = CONN_OPEN + 1; end < CONN_END_COUNT; end++)
                ck_assert_ptr_nonnull(counters_closed_name(end));
}
END_TEST

START_TEST(an_open_connection_has_no_end_to_name)
{
        ck_assert_ptr_null(counters_closed_name(CONN_OPEN));
}
END_TEST

START_TEST(every_refusal_has_a_stable_name)
{
        ck_assert_str_eq(counters_refused_name(REFUSED_LIMIT), "limit");
        ck_assert_str_eq(counters_refused_name(REFUSED_NO_MEMORY), "no_memory");
        ck_assert_str_eq(counters_refused_name(REFUSED_ACCESS), "access");
        ck_assert_str_eq(counters_refused_name(REFUSED_RATE), "rate");
        ck_assert_str_eq(counters_refused_name(REFUSED_SOURCE), "source");
        ck_assert_ptr_null(counters_refused_name(REFUSED_NONE));
        for (unsigned refused = REFUSED_NONE + 1; refused < REFUSED_COUNT; refused++)
                ck_assert_ptr_nonnull(counters_refused_name(refused));
}
END_TEST

START_TEST(every_drop_has_a_stable_name)
{
        ck_assert_str_eq(counters_dropped_name(DATAGRAM_DROP_TRUNCATED), "truncated");
        ck_assert_str_eq(counters_dropped_name(DATAGRAM_DROP_PORT_ZERO), "port_zero");
        ck_assert_str_eq(counters_dropped_name(DATAGRAM_DROP_UNSPECIFIED_SOURCE),
                         "unspecified_source");
        ck_assert_str_eq(counters_dropped_name(DATAGRAM_DROP_MULTICAST_SOURCE), "multicast_source");
        ck_assert_str_eq(counters_dropped_name(DATAGRAM_DROP_BROADCAST_SOURCE), "broadcast_source");
        ck_assert_str_eq(counters_dropped_name(DATAGRAM_DROP_MULTICAST), "multicast");
        ck_assert_str_eq(counters_dropped_name(DATAGRAM_DROP_BROADCAST), "broadcast");
        ck_assert_str_eq(counters_dropped_name(DATAGRAM_DROP_SELF), "self");
        ck_assert_str_eq(counters_dropped_name(DATAGRAM_DROP_LOW_PORT), "low_port");
        ck_assert_str_eq(counters_dropped_name(DATAGRAM_DROP_ACCESS), "access");
        ck_assert_str_eq(counters_dropped_name(DATAGRAM_DROP_RATE), "rate");
        ck_assert_str_eq(counters_dropped_name(DATAGRAM_DROP_LOOP), "loop");
        ck_assert_str_eq(counters_dropped_name(DATAGRAM_DROP_SEND_BUFFER), "send_buffer");
        ck_assert_str_eq(counters_dropped_name(DATAGRAM_DROP_SEND_ERROR), "send_error");
        for (unsigned drop = DATAGRAM_DROP_NONE + 1; drop < DATAGRAM_DROP_COUNT; drop++)
                ck_assert_ptr_nonnull(counters_dropped_name(drop));
        ck_assert_ptr_null(counters_dropped_name(DATAGRAM_DROP_NONE));
}
END_TEST

START_TEST(dropped_datagrams_are_those_of_all_reasons)
{
        struct counters counters = { .datagrams_received = 1000, .datagrams_sent = 100 };

        ck_assert_uint_eq(counters_dropped(&counters), 0);
        for (unsigned drop = DATAGRAM_DROP_NONE + 1; drop < DATAGRAM_DROP_COUNT; drop++) {
                uint64_t before = counters_dropped(&counters);
                counter_add(&counters.datagrams_dropped[drop], drop);
                ck_assert_uint_eq(counters_dropped(&counters), before + drop);
        }
}
END_TEST

START_TEST(a_counter_adds_up)
{
        counter figure = 0;

        counter_add(&figure, 1);
        counter_add(&figure, UINT64_C(5) << 40);
        counter_add(&figure, 0);
        ck_assert_uint_eq(counter_read(&figure), (UINT64_C(5) << 40) + 1);
}
END_TEST

START_TEST(a_gauge_says_what_is_now)
{
        counter figure = 0;

        counter_set(&figure, 7);
        counter_set(&figure, 3);
        ck_assert_uint_eq(counter_read(&figure), 3);
}
END_TEST

START_TEST(open_connections_are_accepted_minus_every_kind_of_closed)
{
        struct counters counters = { .accepted = 0 };

        ck_assert_uint_eq(counters_open(&counters), 0);
        counter_add(&counters.accepted, 1000);
        ck_assert_uint_eq(counters_open(&counters), 1000);
        for (unsigned end = CONN_OPEN + 1; end < CONN_END_COUNT; end++) {
                uint64_t before = counters_open(&counters);
                counter_add(&counters.closed[end], end);
                ck_assert_uint_eq(counters_open(&counters), before - end);
        }
        ck_assert_uint_eq(counters_open(&counters),
                          1000 - CONN_END_COUNT * (CONN_END_COUNT - 1) / 2);
}
END_TEST

START_TEST(refusals_and_bytes_do_not_count_as_connections)
{
        struct counters counters = { .accepted = 2 };

        counter_add(&counters.refused[REFUSED_LIMIT], 5);
        counter_add(&counters.accept_errors[ACCEPT_OTHER], 5);
        counter_add(&counters.received_bytes, 5);
        counter_set(&counters.parked, 1);
        ck_assert_uint_eq(counters_open(&counters), 2);
}
END_TEST

START_TEST(workers_do_not_share_cache_lines)
{
        ck_assert_uint_eq(_Alignof(struct counters) % 64, 0);
        ck_assert_uint_eq(sizeof(struct counters) % 64, 0);
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                every_end_has_a_stable_name,
                no_end_is_without_a_name,
                an_open_connection_has_no_end_to_name,
                every_refusal_has_a_stable_name,
                every_drop_has_a_stable_name,
                dropped_datagrams_are_those_of_all_reasons,
                a_counter_adds_up,
                a_gauge_says_what_is_now,
                open_connections_are_accepted_minus_every_kind_of_closed,
                refusals_and_bytes_do_not_count_as_connections,
                workers_do_not_share_cache_lines,
        };

        return SUITE_RUN("counters", tests);
}
