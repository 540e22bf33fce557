/* SPDX-License-Identifier: MIT */
#include "probe/plot_script.h"

#include <inttypes.h>
#include <math.h>

#include "core/ensure.h"
#include "probe/histogram_steps.h"
#include "probe/report.h"
#include "probe/units.h"

/* A range of more than this is drawn by powers, or its lower part would be a line on the floor. */
#define LINEAR_RANGE 20

/* So many labels fit beside the picture, and so many powers of ten have room for some between. */
#define LINEAR_LABELS 6
#define SPLIT_DECADES 3

/* With more powers of ten below, the median's label would touch its neighbour. */
enum { MEDIAN_DECADES = 6 };

/* Columns of a target in the title, and its room in gnuplot's quotes. */
enum { TARGET_SIZE = 64, QUOTED_SIZE = 2 * TARGET_SIZE };

static const char terminal_svg[] =
    "set terminal svg size 1000,560 font 'Helvetica,Arial,sans-serif,15' background '#ffffff'\n"
    "mark_size = 0.45\n";
static const char terminal_png[] =
    "if (strstrt(GPVAL_TERMINALS, 'pngcairo') > 0) {\n"
    "set terminal pngcairo size 2000,1120 font 'Sans,13' fontscale 1.7 linewidth 2"
    " background '#ffffff'\n"
    "} else {\n"
    "set terminal png truecolor size 1000,560 medium\n"
    "}\n"
    "mark_size = 1.1\n";

static const char look[] =
    "unset key\n"
    "set border 3 linecolor rgb '#8a8a8a' linewidth 1\n"
    "set tics nomirror out scale 0.6,0.3 textcolor rgb '#444444'\n"
    "set grid xtics ytics linecolor rgb '#e4e4e4' linetype 1 linewidth 0.7\n"
    "set lmargin screen 0.105\n"
    "set rmargin screen 0.955\n"
    "set tmargin screen 0.785\n"
    "set bmargin screen 0.14\n"
    "set xlabel 'Percentile' textcolor rgb '#444444'\n"
    "set label 4 'Latency' at screen 0.024,0.46 center rotate textcolor rgb '#444444'\n";

static const char curve[] =
    "plot $curve using 1:2:(floor_ns) with filledcurves fillcolor rgb '#2171b5'"
    " fillstyle transparent solid 0.14 noborder notitle, \\\n"
    "     $curve using 1:2 with lines linecolor rgb '#2171b5' linewidth 2.2 notitle, \\\n"
    "     $marks using 1:2 with points pointtype 7 pointsize mark_size linecolor rgb '#08519c'"
    " notitle\n";

struct axis {
        double from;
        double to;
        bool is_logarithmic;
};

/* The power of ten not above the value, which is > 0; log10(3) might be a hair off. */
static double power_below(double value)
{
        double power = 1;

        while (power > value)
                power /= 10;
        while (power * 10 <= value)
                power *= 10;
        return power;
}

/* The greatest of 1, 2, 5, 10, 20, ... that is not above the value. */
static double round_down(double value)
{
        double power = power_below(value);

        return value >= 5 * power ? 5 * power : value >= 2 * power ? 2 * power : power;
}

/* The next one in that series; the value is one of it. */
static double round_next(double value)
{
        double power = power_below(value);

        return value < 1.5 * power ? 2 * power : value < 3 * power ? 5 * power : 10 * power;
}

static double round_up(double value)
{
        double below = round_down(value);

        return below < value ? round_next(below) : below;
}

static struct axis latency_axis(const struct histogram *latency)
{
        double min = latency->min_ns > 0 ? (double)latency->min_ns : 1;
        double max = latency->max_ns > 0 ? (double)latency->max_ns : 1;
        double step = round_up(max / LINEAR_LABELS);

        if (max > min * LINEAR_RANGE)
                return (struct axis){ round_down(min), round_up(max), true };
        return (struct axis){ 0, ceil(max / step) * step, false };
}

/* "250 µs", "1.5 ms"; all labels of a linear axis have the unit of its end. */
static void print_label(FILE *stream, double ns, double greatest_ns)
{
        static const struct {
                double size;
                const char *name;
        } units[] = { { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "µs" }, { 1, "ns" } };
        size_t i = 0;

        while (units[i].size > 1 && greatest_ns < units[i].size)
                i++;
        fprintf(stream, "'%g %s' %.10g", ns / units[i].size, units[i].name, ns);
}

static void print_linear_tics(FILE *stream, const struct axis *axis)
{
        double step = round_up(axis->to / LINEAR_LABELS);
        unsigned count = (unsigned)lround(axis->to / step);

        fputs("set ytics ('0' 0", stream);
        for (unsigned i = 1; i <= count; i++) {
                fputs(", ", stream);
                print_label(stream, step * i, axis->to);
        }
        fputs(")\n", stream);
}

/* Where there is no room for a label, the number after it says that the line is a minor one. */
static void print_logarithmic_tics(FILE *stream, const struct axis *axis)
{
        bool is_split = log10(axis->to / axis->from) <= SPLIT_DECADES;
        const char *separator = "";

        fputs("set logscale y 10\nset ytics (", stream);
        for (double ns = axis->from; ns < axis->to * 1.1; ns = round_next(ns)) {
                fputs(separator, stream);
                if (is_split || ns < 1.5 * power_below(ns))
                        print_label(stream, ns, ns);
                else
                        fprintf(stream, "'' %.0f 1", ns);
                separator = ", ";
        }
        fputs(")\n", stream);
}

static void print_latency_axis(FILE *stream, const struct axis *axis)
{
        if (axis->is_logarithmic)
                print_logarithmic_tics(stream, axis);
        else
                print_linear_tics(stream, axis);
        /* A little more on either side: gnuplot's rounding must not drop the labels at the ends. */
        fprintf(stream, "set yrange [%.8g:%.8g]\nfloor_ns = %.8g\n", axis->from * 0.9999,
                axis->to * 1.0001, axis->from * 0.9999);
}

/* By 1/(1-p): each power of ten is a nine more. A label is a format: its % is doubled. */
static void print_percentile_axis(FILE *stream, double last)
{
        int decades = (int)ceil(log10(last));

        fputs("set logscale x 10\nset xtics ('0 %%' 1", stream);
        if (decades <= MEDIAN_DECADES)
                fputs(", '50 %%' 2", stream);
        for (int nines = 1; nines <= decades; nines++)
                fprintf(stream, ", '%.*f %%%%' 1e%d", nines > 2 ? nines - 2 : 0,
                        100 - 100 * pow(10, -nines), nines);
        fprintf(stream, ")\nset xrange [1:%.6g]\n", last);
}

/* The steps of the histogram but for the last, 100 %, which is infinitely far; returns how far. */
static double print_curve(FILE *stream, const struct histogram *latency)
{
        struct histogram_steps steps;
        struct histogram_step step;
        double last = 10;

        fputs("$curve << END\n", stream);
        histogram_steps_begin(&steps, latency);
        while (histogram_steps_next(&steps, &step) && step.percent < 100) {
                double place = 1 / (1 - step.percent / 100);
                fprintf(stream, "%.8g %" PRIu64 "\n", place, step.value_ns);
                last = place > last ? place : last;
        }
        if (latency->count < 10)
                fprintf(stream, "10 %" PRIu64 "\n", latency->max_ns);
        fputs("END\n", stream);
        return last;
}

/* Dots at the percentiles that the title tells. */
static void print_marks(FILE *stream, const struct histogram *latency)
{
        static const double percents[] = { 50, 90, 99, 99.9 };

        fputs("$marks << END\n", stream);
        for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
                double place = 1 / (1 - percents[i] / 100);
                if (i == 0 || place <= (double)latency->count)
                        fprintf(stream, "%.8g %" PRIu64 "\n", place,
                                histogram_percentile(latency, percents[i]));
        }
        fputs("END\n", stream);
}

/* In single quotes nothing is special to gnuplot but the quote, which is doubled. */
static void quote(char ret_text[QUOTED_SIZE], const char *target)
{
        char shown[TARGET_SIZE];
        size_t used = 0;

        units_printable(shown, sizeof(shown), target);
        for (const char *at = shown; *at != '\0'; at++) {
                ensure(used < QUOTED_SIZE - 2);
                if (*at == '\'')
                        ret_text[used++] = '\'';
                ret_text[used++] = *at;
        }
        ret_text[used] = '\0';
}

static void print_title(FILE *stream, const struct probe_options *options,
                        const struct result *result)
{
        char target[QUOTED_SIZE];

        quote(target, options->target_text);
        fprintf(stream,
                "set label 1 '%s' at screen 0.025,0.95 left noenhanced font ',19'"
                " textcolor rgb '#222222'\n",
                target);
        fprintf(stream,
                "set label 2 '%s, %" PRIu64 " %s%s, %" PRIu64
                " byte%s, %.0f %s/s' at screen"
                " 0.025,0.89 left noenhanced textcolor rgb '#444444'\n",
                probe_mode_name(options->mode), options->connections,
                report_has_datagrams(options) ? "socket" : "connection",
                options->connections == 1 ? "" : "s", options->message_size,
                options->message_size == 1 ? "" : "s",
                report_per_second(result->messages, result->elapsed_ns),
                options->mode == PROBE_CHURN ? "connections" : "messages");
}

static void print_figures(FILE *stream, const struct histogram *latency)
{
        static const struct {
                const char *name;
                double percent;
        } figures[] = {
                { "min", 0 },  { "p50", 50 },     { "p90", 90 },
                { "p99", 99 }, { "p99.9", 99.9 }, { "max", 100 },
        };
        char text[UNITS_TEXT_SIZE];

        fputs("set label 3 '", stream);
        for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
                units_duration(text, (double)histogram_percentile(latency, figures[i].percent));
                fprintf(stream, "%s%s %s", i == 0 ? "" : "   ·   ", figures[i].name, text);
        }
        fputs("' at screen 0.025,0.84 left noenhanced textcolor rgb '#444444'\n", stream);
}

void plot_script_print(FILE *stream, enum plot_format format, const struct probe_options *options,
                       const struct result *result)
{
        const struct histogram *latency = &result->latency;
        struct axis axis = latency_axis(latency);

        ensure(latency->count > 0);
        fputs("set encoding utf8\n", stream);
        fputs(format == PLOT_SVG ? terminal_svg : terminal_png, stream);
        fputs(look, stream);
        print_title(stream, options, result);
        print_figures(stream, latency);
        print_latency_axis(stream, &axis);
        print_percentile_axis(stream, print_curve(stream, latency));
        print_marks(stream, latency);
        fputs(curve, stream);
}
