/* SPDX-License-Identifier: MIT */
#include "probe/plot_script.h"

#include "suite.h"

#include "probe_run.h"

static enum plot_format format;

static int print_script(FILE *stream, const struct probe_options *the_options,
                        const struct result *the_result)
{
        plot_script_print(stream, format, the_options, the_result);
        return 0;
}

static const char *script(void)
{
        return probe_run_text(print_script);
}

static void set_up_latencies(uint64_t first_ns, uint64_t last_ns)
{
        probe_run_set_up();
        format = PLOT_SVG;
        histogram_record(&result.latency, first_ns);
        histogram_record(&result.latency, last_ns);
}

static bool has(const char *text)
{
        return strstr(script(), text) != NULL;
}

START_TEST(narrow_range_is_drawn_from_zero)
{
        set_up_latencies(20000, 61200);
        ck_assert(
            has("\nset ytics ('0' 0, '20 µs' 20000, '40 µs' 40000, '60 µs' 60000,"
                " '80 µs' 80000)\nset yrange [0:80008]\n"));
        ck_assert(!has("logscale y"));
}
END_TEST

START_TEST(labels_of_a_linear_axis_have_one_unit)
{
        set_up_latencies(900000, 1100000);
        ck_assert(
            has("\nset ytics ('0' 0, '0.2 ms' 200000, '0.4 ms' 400000, '0.6 ms' 600000,"
                " '0.8 ms' 800000, '1 ms' 1000000, '1.2 ms' 1200000)\n"));
}
END_TEST

START_TEST(range_of_more_than_20_is_drawn_by_powers)
{
        set_up_latencies(100000, 2000000);
        ck_assert(!has("logscale y"));
        set_up_latencies(100000, 2000001);
        ck_assert(
            has("\nset logscale y 10\nset ytics ('100 µs' 100000, '200 µs' 200000,"
                " '500 µs' 500000, '1 ms' 1000000, '2 ms' 2000000, '5 ms' 5000000)\n"
                "set yrange [99990:5000500]\n"));
}
END_TEST

START_TEST(wide_range_has_labels_at_powers_only)
{
        set_up_latencies(60000, 400000000);
        ck_assert(
            has("\nset ytics ('' 50000 1, '100 µs' 100000, '' 200000 1, '' 500000 1,"
                " '1 ms' 1000000, "));
        ck_assert(has(", '100 ms' 100000000, '' 200000000 1, '' 500000000 1)\n"));
}
END_TEST

START_TEST(latency_of_nothing_is_drawn)
{
        set_up_latencies(0, 0);
        ck_assert(has("\nset ytics ('0' 0, '0.2 ns' 0.2, "));
        set_up_latencies(0, 500);
        ck_assert(has("\nset ytics ('1 ns' 1, '2 ns' 2, '5 ns' 5, "));
}
END_TEST

START_TEST(each_nine_is_as_far_as_the_last)
{
        set_up_latencies(1000, 2000);
        for (unsigned i = 0; i < 998; i++)
                histogram_record(&result.latency, 1000);
        ck_assert(
            has("\nset xtics ('0 %%' 1, '50 %%' 2, '90 %%' 1e1, '99 %%' 1e2,"
                " '99.9 %%' 1e3, '99.99 %%' 1e4)\nset xrange [1:1024]\n"));
}
END_TEST

START_TEST(curve_ends_at_the_maximum)
{
        set_up_latencies(1000, 2000);
        ck_assert(has("\n$curve << END\n1 1001\n1.1111111 1001\n"));
        ck_assert(has("\n10 2000\nEND\n"));
}
END_TEST

START_TEST(marks_are_at_percentiles_that_there_are)
{
        set_up_latencies(1000, 2000);
        ck_assert(has("$marks << END\n2 1000\nEND\n"));
        for (unsigned i = 0; i < 98; i++)
                histogram_record(&result.latency, 1000);
        ck_assert(has("$marks << END\n2 1001\n10 1001\n100 1001\nEND\n"));
}
END_TEST

START_TEST(title_tells_target_mode_rate_and_figures)
{
        set_up_latencies(1000, 2000);
        ck_assert(has("label 1 'tcp:127.0.0.1:7007' at"));
        ck_assert(has("label 2 'ping, 64 connections, 64 bytes, 240573 messages/s' at"));
        ck_assert(
            has("label 3 'min 1.00 µs   ·   p50 1.00 µs   ·   p90 2.00 µs   ·   p99 2.00 µs"
                "   ·   p99.9 2.00 µs   ·   max 2.00 µs' at"));
        options.mode = PROBE_CHURN;
        options.connections = 1;
        options.message_size = 1;
        ck_assert(has("label 2 'churn, 1 connection, 1 byte, 240573 connections/s' at"));
}
END_TEST

START_TEST(target_cannot_command_gnuplot)
{
        set_up_latencies(1000, 2000);
        options.target_text = "unix:/'\n!ls\n'";
        ck_assert(has("label 1 'unix:/''\\x0a!ls\\x0a''' at"));
}
END_TEST

START_TEST(target_of_nothing_but_quotes_is_cut)
{
        char target[201] = "";

        set_up_latencies(1000, 2000);
        memset(target, '\'', sizeof(target) - 1);
        options.target_text = target;
        ck_assert(has("'' at screen"));
}
END_TEST

START_TEST(formats_have_terminals_of_their_own)
{
        set_up_latencies(1000, 2000);
        ck_assert(has("set terminal svg "));
        ck_assert(!has("png"));
        format = PLOT_PNG;
        ck_assert(has("set terminal pngcairo "));
        ck_assert(!has("svg"));
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                narrow_range_is_drawn_from_zero,
                labels_of_a_linear_axis_have_one_unit,
                range_of_more_than_20_is_drawn_by_powers,
                wide_range_has_labels_at_powers_only,
                latency_of_nothing_is_drawn,
                each_nine_is_as_far_as_the_last,
                curve_ends_at_the_maximum,
                marks_are_at_percentiles_that_there_are,
                title_tells_target_mode_rate_and_figures,
                target_cannot_command_gnuplot,
                target_of_nothing_but_quotes_is_cut,
                formats_have_terminals_of_their_own,
        };

        return SUITE_RUN("plot script", tests);
}
