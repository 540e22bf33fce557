/* SPDX-License-Identifier: MIT */
#include "probe/report_json.h"

#include <errno.h>
#include <jansson.h>

#include "suite.h"

#include "probe_run.h"

/* Whether the text of the run is, as JSON, equal to this one, in which ' stands for ". */
static bool is_told_as(const char *expected_text)
{
        char *quoted = strdup(expected_text);
        json_error_t error;

        for (char *at = quoted; *at != '\0'; at++)
                if (*at == '\'')
                        *at = '"';
        const char *text = probe_run_text(report_json_print);
        json_t *told = json_loads(text, JSON_REJECT_DUPLICATES, &error);
        ck_assert_msg(told != NULL, "%s", error.text);
        json_t *expected = json_loads(quoted, JSON_REJECT_DUPLICATES, &error);
        ck_assert_msg(expected != NULL, "%s", error.text);
        bool is_equal = json_equal(told, expected) != 0;
        if (!is_equal)
                printf("%s", text);
        json_decref(told);
        json_decref(expected);
        free(quoted);
        return is_equal;
}

/* A member of the run's object, or of the object `outer` in it; the caller drops *ret_whole. */
static json_t *find(json_t **ret_whole, const char *outer, const char *key)
{
        json_t *whole = json_loads(probe_run_text(report_json_print), 0, NULL);

        ck_assert_ptr_nonnull(whole);
        *ret_whole = whole;
        return json_object_get(outer == NULL ? whole : json_object_get(whole, outer), key);
}

static bool has(const char *outer, const char *key)
{
        json_t *whole;
        bool is_there = find(&whole, outer, key) != NULL;

        json_decref(whole);
        return is_there;
}

static double number(const char *outer, const char *key)
{
        json_t *whole;
        json_t *value = find(&whole, outer, key);
        double found = json_is_number(value) ? json_number_value(value) : -1;

        json_decref(whole);
        return found;
}

START_TEST(run_without_a_fault_is_told_whole)
{
        probe_run_set_up();
        probe_run_add_latencies();
        result.elapsed_ns = UINT64_C(5000000000);
        options.server_pid = 4711;
        result.server.has_cpu = true;
        result.server.cpu_ns = UINT64_C(2406690000);
        ck_assert(is_told_as(
            "{'version': '" ECHOD_VERSION
            "', 'target': 'tcp:127.0.0.1:7007', 'mode': 'ping',"
            " 'connections': 64, 'size': 64, 'depth': 1, 'verdict': 'ok', 'exit': 0,"
            " 'reason': '', 'seconds': 5.0, 'opened': 64, 'open': 64, 'messages': 1203345,"
            " 'messages_per_second': 240669.0, 'sent_bytes': 77014080,"
            " 'received_bytes': 77014080, 'bytes_per_second': 15402816.0,"
            " 'latency_ns': {'count': 1000, 'min': 10000, 'mean': 59950, 'p50': 59903,"
            " 'p90': 100095, 'p99': 109055, 'p99_9': 109823, 'max': 109900, 'jitter': 123},"
            " 'corrupt': 0,"
            " 'faults': {'corrupt': 0, 'lossy': 0, 'refused': 0, 'timeout': 0, 'reset': 0},"
            " 'server': {'pid': 4711, 'cpu_ns': 2406690000, 'cpu_ns_per_message': 2000.0}}"));
}
END_TEST

START_TEST(fault_is_told_by_word_exit_status_and_reason)
{
        probe_run_set_up();
        result.verdict = VERDICT_TIMEOUT;
        snprintf(result.reason, sizeof(result.reason), "connection 3: \"nothing\" in 5 s");
        result.faults[VERDICT_TIMEOUT] = 2;
        result.messages = 0;
        result.received_size = 0;
        ck_assert(is_told_as(
            "{'version': '" ECHOD_VERSION
            "', 'target': 'tcp:127.0.0.1:7007', 'mode': 'ping',"
            " 'connections': 64, 'size': 64, 'depth': 1, 'verdict': 'timeout', 'exit': 4,"
            " 'reason': 'connection 3: \\'nothing\\' in 5 s', 'seconds': 5.002, 'opened': 64,"
            " 'open': 64, 'messages': 0, 'messages_per_second': 0.0, 'sent_bytes': 77014080,"
            " 'received_bytes': 0, 'bytes_per_second': 0.0, 'corrupt': 0,"
            " 'faults': {'corrupt': 0, 'lossy': 0, 'refused': 0, 'timeout': 2, 'reset': 0}}"));
}
END_TEST

START_TEST(losses_are_those_of_datagrams)
{
        probe_run_set_up();
        result.lost = 3;
        ck_assert(!has(NULL, "lost"));
        options.target.transport = ADDRESS_UDP;
        ck_assert_double_eq(number(NULL, "lost"), 3);
        ck_assert_double_eq(number(NULL, "duplicated"), 0);
        ck_assert_double_eq(number(NULL, "reordered"), 0);
}
END_TEST

START_TEST(batch_is_told_if_it_is_one)
{
        probe_run_set_up();
        options.target.transport = ADDRESS_UDP;
        ck_assert(!has(NULL, "batch"));
        options.batch = 64;
        ck_assert_double_eq(number(NULL, "batch"), 64);
}
END_TEST

START_TEST(open_loop_has_a_rate_and_no_depth)
{
        probe_run_set_up();
        options.rate = 5000;
        ck_assert_double_eq(number(NULL, "rate"), 5000);
        ck_assert(!has(NULL, "depth"));
}
END_TEST

START_TEST(churn_costs_by_connection)
{
        probe_run_set_up();
        options.mode = PROBE_CHURN;
        options.server_pid = 1;
        result.server.has_cpu = true;
        result.server.cpu_ns = result.messages * 11000;
        ck_assert_double_eq(number("server", "cpu_ns_per_message"), 11000);
        ck_assert_double_eq(number("server", "cpu_ns_per_connection"), 11000);
}
END_TEST

START_TEST(cost_of_no_messages_is_left_out)
{
        probe_run_set_up();
        options.server_pid = 1;
        result.messages = 0;
        result.server.has_cpu = true;
        result.server.cpu_ns = 77;
        ck_assert_double_eq(number("server", "cpu_ns"), 77);
        ck_assert(!has("server", "cpu_ns_per_message"));
}
END_TEST

START_TEST(server_that_could_not_be_read_is_a_pid_only)
{
        probe_run_set_up();
        options.server_pid = 4711;
        ck_assert_double_eq(number("server", "pid"), 4711);
        ck_assert(!has("server", "cpu_ns"));
        ck_assert(!has("server", "memory_bytes"));
}
END_TEST

START_TEST(idle_server_has_memory_by_connection)
{
        probe_run_set_up();
        options.mode = PROBE_IDLE;
        options.server_pid = 4711;
        result.server.has_memory = true;
        result.server.memory_size = 3200000;
        result.server.memory_per_connection = 64.25;
        ck_assert_double_eq(number("server", "memory_bytes"), 3200000);
        ck_assert_double_eq(number("server", "memory_bytes_per_connection"), 64.25);
        ck_assert(!has(NULL, "depth"));
}
END_TEST

START_TEST(idle_run_has_no_rates)
{
        probe_run_set_up();
        options.mode = PROBE_IDLE;
        options.server_pid = 4711;
        result.server.has_cpu = true;
        result.server.cpu_ns = 20500;
        ck_assert(has("server", "cpu_ns"));
        ck_assert(!has("server", "cpu_ns_per_message"));
        ck_assert(!has(NULL, "messages_per_second"));
        ck_assert(!has(NULL, "bytes_per_second"));
}
END_TEST

START_TEST(slow_peer_tells_what_was_in_flight)
{
        probe_run_set_up();
        ck_assert(!has(NULL, "in_flight_most_bytes"));
        options.mode = PROBE_SLOW;
        result.in_flight_most = 6500000;
        ck_assert_double_eq(number(NULL, "in_flight_most_bytes"), 6500000);
}
END_TEST

START_TEST(target_that_is_no_utf8_is_told)
{
        json_t *whole;

        probe_run_set_up();
        options.target_text = "unix:/tmp/\xff";
        ck_assert_str_eq(json_string_value(find(&whole, NULL, "target")), "unix:/tmp/\\xff");
        json_decref(whole);
}
END_TEST

START_TEST(greatest_count_is_no_negative_one)
{
        probe_run_set_up();
        result.sent_size = UINT64_MAX;
        ck_assert_double_gt(number(NULL, "sent_bytes"), 9e18);
}
END_TEST

START_TEST(full_disk_is_an_error)
{
        FILE *stream = fopen("/dev/full", "w");

        probe_run_set_up();
        ck_assert_int_eq(report_json_print(stream, &options, &result), -ENOSPC);
        (void)fclose(stream);
}
END_TEST

START_TEST(error_before_the_last_byte_is_not_forgotten)
{
        FILE *stream = fopen("/dev/full", "w");

        probe_run_set_up();
        setvbuf(stream, NULL, _IONBF, 0);
        ck_assert_int_eq(report_json_print(stream, &options, &result), -EIO);
        (void)fclose(stream);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                run_without_a_fault_is_told_whole,
                fault_is_told_by_word_exit_status_and_reason,
                losses_are_those_of_datagrams,
                batch_is_told_if_it_is_one,
                open_loop_has_a_rate_and_no_depth,
                churn_costs_by_connection,
                cost_of_no_messages_is_left_out,
                server_that_could_not_be_read_is_a_pid_only,
                idle_server_has_memory_by_connection,
                idle_run_has_no_rates,
                slow_peer_tells_what_was_in_flight,
                target_that_is_no_utf8_is_told,
                greatest_count_is_no_negative_one,
                full_disk_is_an_error,
                error_before_the_last_byte_is_not_forgotten,
        };

        return SUITE_RUN("probe report json", tests);
}
