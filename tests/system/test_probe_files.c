/* SPDX-License-Identifier: MIT */
/* What echoprobe tells beside its verdict: the table, histogram, plot, and the server's cost. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "port.h"
#include "probe.h"
#include "server.h"
#include "suite.h"

enum { TEXT_SIZE = 256 * 1024, EXIT_USAGE = 64, EXIT_SYSTEM = 71, EXIT_REFUSED = 3 };

static struct server server;
static struct probe probe;
static struct process process;
static struct folder folder;
static char target[PROBE_TARGET_SIZE];
static char path[FOLDER_PATH_SIZE];
static char text[TEXT_SIZE];

static void start_server(void)
{
        server_start(&server, NULL);
        probe_target_tcp(target, server.port);
}

static size_t read_file(void)
{
        FILE *file = fopen(path, "re");

        ck_assert_msg(file != NULL, "no file %s", path);
        size_t size = fread(text, 1, sizeof(text) - 1, file);
        fclose(file);
        text[size] = '\0';
        return size;
}

/* Runs it as it is, without JSON; returns the exit code. */
static int run_plain(const char *const *arguments)
{
        return process_run(&process, &(struct process_setup){ .arguments = arguments });
}

START_TEST(table_ends_in_the_verdict)
{
        start_server();
        const char *const arguments[] = { probe_program(), target, "-n", "100", NULL };

        ck_assert_int_eq(run_plain(arguments), 0);
        ck_assert_ptr_nonnull(strstr(process.output, "messages                 100"));
        ck_assert_ptr_nonnull(strstr(process.output, "\nverdict: ok\n"));
        ck_assert_ptr_null(strchr(process.output, '\r'));
        server_stop(&server);
}
END_TEST

START_TEST(table_tells_the_reason)
{
        int fd = -1;

        probe_target_tcp(target, port_reserve(&fd));
        const char *const arguments[] = { probe_program(), target, NULL };
        ck_assert_int_eq(run_plain(arguments), EXIT_REFUSED);
        ck_assert_ptr_nonnull(strstr(
            process.output, "\nverdict: refused (connection 0: connect: Connection refused)\n"));
        close(fd);
}
END_TEST

/* Each line: value, part, count of values up to it, and 1/(1-part) but for the last. */
static void check_histogram(uint64_t messages, uint64_t max_ns)
{
        double value_before = 0;
        double part_before = 0;
        double value = 0;
        double part = 0;
        uint64_t count = 0;

        char *line = strstr(text, "1/(1-Percentile)");
        ck_assert_msg(line != NULL, "%s", text);
        for (line = strchr(line, '\n'); line != NULL; line = strchr(line + 1, '\n')) {
                unsigned long long up_to = 0;
                if (sscanf(line, "%lf %lf %llu", &value, &part, &up_to) != 3)
                        continue;
                ck_assert_double_ge(value, value_before);
                ck_assert_double_ge(part, part_before);
                ck_assert_uint_ge(up_to, count);
                value_before = value;
                part_before = part;
                count = up_to;
        }
        ck_assert_uint_eq(count, messages);
        ck_assert_double_eq(part_before, 1);
        ck_assert_double_le(fabs(value_before - (double)max_ns / 1000), 0.001);
        ck_assert_ptr_nonnull(strstr(text, "#[Max "));
}

START_TEST(histogram_is_written)
{
        char options[FOLDER_PATH_SIZE + 64];

        start_server();
        folder_make(&folder);
        folder_join(&folder, "latencies", path);
        snprintf(options, sizeof(options), "-n 5000 --histogram %s", path);
        probe_run(&probe, target, options);
        probe_expect_ok(&probe);
        (void)read_file();
        check_histogram(5000, probe_count(&probe, "latency_ns.max"));
        folder_remove(&folder);
        server_stop(&server);
}
END_TEST

static bool has_gnuplot(void)
{
        return system("command -v gnuplot >/dev/null") == 0;
}

static size_t draw(const char *name)
{
        char options[FOLDER_PATH_SIZE + 64];

        folder_join(&folder, name, path);
        snprintf(options, sizeof(options), "-n 5000 --plot %s", path);
        probe_run(&probe, target, options);
        probe_expect_ok(&probe);
        return read_file();
}

START_TEST(plot_is_drawn)
{
        if (!has_gnuplot())
                return;
        start_server();
        folder_make(&folder);
        (void)draw("plot.svg");
        ck_assert_ptr_nonnull(strstr(text, "<svg"));
        ck_assert_ptr_nonnull(strstr(text, "</svg>"));
        ck_assert_uint_gt(draw("plot.png"), 1000);
        ck_assert_mem_eq(text, "\x89PNG\r\n\x1a\n", 8);
        ck_assert_uint_eq(folder_file_count(&folder), 2);
        folder_remove(&folder);
        server_stop(&server);
}
END_TEST

static void expect_complaint(const char *option, const char *says)
{
        start_server();
        const char *const arguments[] = { probe_program(), target, "-n", "100", option, NULL };

        ck_assert_int_eq(run_plain(arguments), EXIT_SYSTEM);
        ck_assert_msg(strstr(process.output, says) != NULL, "%s", process.output);
        ck_assert_msg(strstr(process.output, "verdict: ok\n") != NULL, "%s", process.output);
        server_stop(&server);
}

START_TEST(histogram_that_cannot_be_written_is_an_error_after_the_report)
{
        expect_complaint("--histogram=/nowhere/at/all",
                         "echoprobe: /nowhere/at/all: No such file or directory\n");
}
END_TEST

START_TEST(histogram_on_a_full_disk_is_an_error)
{
        expect_complaint("--histogram=/dev/full", "echoprobe: /dev/full: No space left");
}
END_TEST

START_TEST(plot_that_cannot_be_written_is_an_error_after_the_report)
{
        if (has_gnuplot())
                expect_complaint("--plot=/nowhere/at/all.svg", "/nowhere/at/all.svg");
}
END_TEST

START_TEST(verdict_comes_before_a_file_that_cannot_be_written)
{
        int fd = -1;

        probe_target_tcp(target, port_reserve(&fd));
        const char *const arguments[] = { probe_program(), target, "--histogram=/nowhere/at/all",
                                          NULL };
        ck_assert_int_eq(run_plain(arguments), EXIT_REFUSED);
        ck_assert_ptr_nonnull(strstr(process.output, "echoprobe: /nowhere/at/all: "));
        close(fd);
}
END_TEST

START_TEST(report_that_cannot_be_printed_is_an_error)
{
        static const char *const formats[] = { "--histogram=/dev/null", "--json" };

        start_server();
        for (unsigned i = 0; i < 2; i++) {
                const char *const arguments[] = {
                        "/bin/sh",       "-c",       "exec \"$0\" \"$@\" >/dev/full",
                        probe_program(), target,     "-n",
                        "100",           formats[i], NULL,
                };
                ck_assert_int_eq(run_plain(arguments), EXIT_SYSTEM);
                ck_assert_msg(strstr(process.output, "echoprobe: report: No space left") != NULL,
                              "%s", process.output);
        }
        server_stop(&server);
}
END_TEST

static void run_with_pid(const char *options, pid_t pid)
{
        char words[128];

        snprintf(words, sizeof(words), "%s --server-pid %d", options, pid);
        probe_run(&probe, target, words);
        probe_expect_ok(&probe);
        ck_assert_uint_eq(probe_count(&probe, "server.pid"), (uint64_t)pid);
}

START_TEST(cpu_of_the_server_is_told)
{
        start_server();
        run_with_pid("-n 10000 -c 4", server.process.pid);
        double cpu_ns = (double)probe_count(&probe, "server.cpu_ns");
        double per_message = probe_real(&probe, "server.cpu_ns_per_message");
        ck_assert_double_gt(cpu_ns, 0);
        ck_assert_double_le(fabs(per_message - cpu_ns / 10000), per_message / 1e6);
        server_stop(&server);
}
END_TEST

START_TEST(cpu_of_a_connection_is_told_by_churn)
{
        start_server();
        run_with_pid("--mode churn -n 500", server.process.pid);
        ck_assert_double_gt(probe_real(&probe, "server.cpu_ns_per_connection"), 0);
        server_stop(&server);
}
END_TEST

START_TEST(memory_of_a_connection_is_told_by_idle)
{
        start_server();
        run_with_pid("--mode idle -c 500 -d 10ms", server.process.pid);
        ck_assert_uint_gt(probe_count(&probe, "server.memory_bytes"), 100000);
        (void)probe_real(&probe, "server.memory_bytes_per_connection");
        ck_assert(probe_has(&probe, "server.cpu_ns"));
        server_stop(&server);
}
END_TEST

START_TEST(server_that_is_not_there_has_no_figures)
{
        static const char *const nothing[] = { "/bin/true", NULL };

        start_server();
        process_start(&process, &(struct process_setup){ .arguments = nothing });
        pid_t pid = process.pid;
        ck_assert_int_eq(process_wait(&process), 0);
        run_with_pid("-n 10", pid);
        ck_assert(!probe_has(&probe, "server.cpu_ns"));
        ck_assert(!probe_has(&probe, "server.memory_bytes"));
        server_stop(&server);
}
END_TEST

/* As ulimit -n does: sixteen of the 64 are for other things. */
static int run_with_few_descriptors(const char *connections)
{
        const char *const arguments[] = {
                "/bin/sh",
                "-c",
                "ulimit -n 64; exec \"$0\" \"$@\"",
                probe_program(),
                target,
                "-c",
                connections,
                "-n",
                "1000",
                NULL,
        };

        return run_plain(arguments);
}

START_TEST(more_connections_than_descriptors_are_refused_with_the_number_possible)
{
        start_server();
        ck_assert_int_eq(run_with_few_descriptors("49"), EXIT_USAGE);
        ck_assert_ptr_nonnull(strstr(process.output, "--connections: 49"));
        ck_assert_ptr_nonnull(strstr(process.output, "64 descriptors"));
        ck_assert_ptr_nonnull(strstr(process.output, "48 at most"));
        ck_assert_uint_eq(server_figure(&server, "accepted"), 0);
        ck_assert_msg(run_with_few_descriptors("48") == 0, "%s", process.output);
        ck_assert_uint_eq(server_figure(&server, "accepted"), 48);
        server_stop(&server);
}
END_TEST

START_TEST(wrong_command_line_is_told)
{
        const char *const arguments[] = { probe_program(), "--moed=ping", "tcp:127.0.0.1:7", NULL };

        ck_assert_int_eq(run_plain(arguments), EXIT_USAGE);
        ck_assert_ptr_nonnull(strstr(process.output, "--moed"));
        ck_assert_ptr_nonnull(strstr(process.output, "--mode"));
        ck_assert_ptr_nonnull(strstr(process.output, "--help"));
}
END_TEST

START_TEST(help_and_version_are_told)
{
        const char *const help[] = { probe_program(), "--help", NULL };
        const char *const version[] = { probe_program(), "--version", NULL };

        ck_assert_int_eq(run_plain(help), 0);
        ck_assert_ptr_nonnull(strstr(process.output, "Usage: echoprobe"));
        ck_assert_int_eq(run_plain(version), 0);
        ck_assert_ptr_eq(strstr(process.output, "echoprobe "), process.output);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("probe files");

        tcase_add_test(tcase, table_ends_in_the_verdict);
        tcase_add_test(tcase, table_tells_the_reason);
        tcase_add_test(tcase, histogram_is_written);
        tcase_add_test(tcase, plot_is_drawn);
        tcase_add_test(tcase, histogram_that_cannot_be_written_is_an_error_after_the_report);
        tcase_add_test(tcase, histogram_on_a_full_disk_is_an_error);
        tcase_add_test(tcase, plot_that_cannot_be_written_is_an_error_after_the_report);
        tcase_add_test(tcase, verdict_comes_before_a_file_that_cannot_be_written);
        tcase_add_test(tcase, report_that_cannot_be_printed_is_an_error);
        tcase_add_test(tcase, cpu_of_the_server_is_told);
        tcase_add_test(tcase, cpu_of_a_connection_is_told_by_churn);
        tcase_add_test(tcase, memory_of_a_connection_is_told_by_idle);
        tcase_add_test(tcase, server_that_is_not_there_has_no_figures);
        tcase_add_test(tcase,
                       more_connections_than_descriptors_are_refused_with_the_number_possible);
        tcase_add_test(tcase, wrong_command_line_is_told);
        tcase_add_test(tcase, help_and_version_are_told);
        return suite_run(tcase);
}
