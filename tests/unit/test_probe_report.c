/* SPDX-License-Identifier: MIT */
#include "probe/report.h"

#include <errno.h>

#include "suite.h"

#include "probe_run.h"

static const char *text(void)
{
        return probe_run_text(report_print);
}

START_TEST(run_without_a_fault_is_told_whole)
{
        probe_run_set_up();
        probe_run_add_latencies();
        options.server_pid = 4711;
        result.server.has_cpu = true;
        result.server.cpu_ns = UINT64_C(2550000000);
        ck_assert_str_eq(text(),
                         "target          tcp:127.0.0.1:7007\n"
                         "mode            ping, 64 connections, 64 bytes, depth 1\n"
                         "measured              5.00 s\n"
                         "opened                    64\n"
                         "open at end               64\n"
                         "messages             1203345        240573/s\n"
                         "sent                 77.0 MB       15.4 MB/s\n"
                         "received             77.0 MB       15.4 MB/s\n"
                         "latency\n"
                         "  min                10.0 µs\n"
                         "  mean               60.0 µs\n"
                         "  p50                59.9 µs\n"
                         "  p90                 100 µs\n"
                         "  p99                 109 µs\n"
                         "  p99.9               110 µs\n"
                         "  max                 110 µs\n"
                         "  jitter              123 ns\n"
                         "server\n"
                         "  CPU                 2.55 s\n"
                         "  per message        2.12 µs\n"
                         "verdict: ok\n");
}
END_TEST

START_TEST(what_was_not_measured_is_left_out)
{
        probe_run_set_up();
        options.mode = PROBE_STREAM;
        options.connections = 1;
        options.message_size = 65536;
        options.depth = 16;
        ck_assert_str_eq(text(),
                         "target          tcp:127.0.0.1:7007\n"
                         "mode            stream, 1 connection, 65536 bytes, depth 16\n"
                         "measured              5.00 s\n"
                         "opened                    64\n"
                         "open at end               64\n"
                         "messages             1203345        240573/s\n"
                         "sent                 77.0 MB       15.4 MB/s\n"
                         "received             77.0 MB       15.4 MB/s\n"
                         "verdict: ok\n");
}
END_TEST

START_TEST(nothing_measured_is_no_division)
{
        probe_run_set_up();
        result.elapsed_ns = 0;
        ck_assert_ptr_nonnull(strstr(text(), "\nmessages             1203345             0/s\n"));
}
END_TEST

START_TEST(verdict_is_last_and_tells_the_reason)
{
        probe_run_set_up();
        result.verdict = VERDICT_CORRUPT;
        snprintf(result.reason, sizeof(result.reason),
                 "connection 3: byte 8192 is 0x41, expected 0x7f");
        result.faults[VERDICT_CORRUPT] = 1;
        result.faults[VERDICT_RESET] = 12;
        ck_assert_ptr_nonnull(
            strstr(text(),
                   "faults\n"
                   "  corrupt                  1\n"
                   "  reset                   12\n"
                   "verdict: corrupt (connection 3: byte 8192 is 0x41, expected 0x7f)\n"));
}
END_TEST

START_TEST(losses_are_those_of_datagrams)
{
        probe_run_set_up();
        result.lost = 3;
        ck_assert_ptr_null(strstr(text(), "lost"));
        options.target.transport = ADDRESS_UDP;
        ck_assert_ptr_nonnull(strstr(text(), "ping, 64 sockets, 64 bytes, depth 1\n"));
        ck_assert_ptr_nonnull(strstr(text(),
                                     "datagrams\n"
                                     "  lost                     3\n"
                                     "  duplicated               0\n"
                                     "  reordered                0\n"
                                     "  corrupt                  0\n"));
}
END_TEST

START_TEST(batches_are_told)
{
        probe_run_set_up();
        options.target.transport = ADDRESS_UDP;
        options.depth = 128;
        options.batch = 64;
        ck_assert_ptr_nonnull(
            strstr(text(), "ping, 64 sockets, 64 bytes, depth 128, batches of 64\n"));
}
END_TEST

START_TEST(open_loop_has_a_rate_and_no_depth)
{
        probe_run_set_up();
        options.rate = 5000;
        options.half_close = true;
        ck_assert_ptr_nonnull(
            strstr(text(), "ping, 64 connections, 64 bytes, 5000/s asked, half-closed\n"));
}
END_TEST

START_TEST(churn_counts_connections)
{
        probe_run_set_up();
        options.mode = PROBE_CHURN;
        options.message_size = 1;
        result.server.has_cpu = true;
        result.server.cpu_ns = result.messages * 11000;
        ck_assert_ptr_nonnull(strstr(text(), "churn, 64 connections, 1 byte\n"));
        ck_assert_ptr_nonnull(strstr(text(), "completed            1203345        240573/s\n"));
        ck_assert_ptr_nonnull(strstr(text(), "  per connection     11.0 µs\n"));
}
END_TEST

START_TEST(idle_server_has_memory_by_connection)
{
        probe_run_set_up();
        options.mode = PROBE_IDLE;
        result.server.has_memory = true;
        result.server.memory_size = 3200000;
        result.server.memory_per_connection = 64.25;
        ck_assert_ptr_nonnull(strstr(text(),
                                     "server\n"
                                     "  memory             3.20 MB\n"
                                     "  per connection      64.2 B\n"
                                     "verdict: ok\n"));
}
END_TEST

/* Its time is spent on holding connections, not on the message that each says at last. */
START_TEST(idle_run_has_no_rates)
{
        probe_run_set_up();
        options.mode = PROBE_IDLE;
        result.server.has_cpu = true;
        result.server.cpu_ns = 20500;
        ck_assert_ptr_nonnull(strstr(text(), "held                  5.00 s\n"));
        ck_assert_ptr_nonnull(strstr(text(), "  CPU idle           20.5 µs\n"));
        ck_assert_ptr_null(strstr(text(), "/s"));
        ck_assert_ptr_null(strstr(text(), "per message"));
}
END_TEST

START_TEST(slow_peer_tells_what_was_in_flight)
{
        probe_run_set_up();
        options.mode = PROBE_SLOW;
        result.in_flight_most = 6500000;
        ck_assert_ptr_nonnull(strstr(text(), "in flight            6.50 MB\n"));
}
END_TEST

START_TEST(target_cannot_command_a_terminal)
{
        probe_run_set_up();
        options.target_text = "unix:/tmp/\x1b[2J";
        ck_assert_ptr_nonnull(strstr(text(), "target          unix:/tmp/\\x1b[2J\n"));
}
END_TEST

START_TEST(full_disk_is_an_error)
{
        FILE *stream = fopen("/dev/full", "w");

        probe_run_set_up();
        ck_assert_int_eq(report_print(stream, &options, &result), -ENOSPC);
        (void)fclose(stream);
}
END_TEST

START_TEST(error_before_the_last_byte_is_not_forgotten)
{
        FILE *stream = fopen("/dev/full", "w");

        probe_run_set_up();
        setvbuf(stream, NULL, _IONBF, 0);
        ck_assert_int_eq(report_print(stream, &options, &result), -EIO);
        (void)fclose(stream);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                run_without_a_fault_is_told_whole,
                what_was_not_measured_is_left_out,
                nothing_measured_is_no_division,
                verdict_is_last_and_tells_the_reason,
                losses_are_those_of_datagrams,
                batches_are_told,
                open_loop_has_a_rate_and_no_depth,
                churn_counts_connections,
                idle_server_has_memory_by_connection,
                idle_run_has_no_rates,
                slow_peer_tells_what_was_in_flight,
                target_cannot_command_a_terminal,
                full_disk_is_an_error,
                error_before_the_last_byte_is_not_forgotten,
        };

        return SUITE_RUN("probe report", tests);
}
