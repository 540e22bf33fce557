/* SPDX-License-Identifier: MIT */
#include "probe/histogram_file.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>

#include "probe/histogram_steps.h"

#define MICROSECOND_NS 1e3

/* How HdrHistogram would describe our buckets: powers of two, each split, but for the first two. */
enum { FOOTER_BUCKETS = 34, FOOTER_SPLIT = 512 };

/* More than the text of any histogram: it is written at once, and its one error has a number. */
enum { HISTOGRAM_FILE_SIZE = 32768 };

/* About the middle of each bucket's values, which is what the mean of many is close to. */
static double deviation(const struct histogram *histogram)
{
        double mean =
            histogram->count == 0 ? 0 : (double)histogram->sum_ns / (double)histogram->count;
        double squares = 0;
        double from = 0;

        for (uint32_t i = 0; i < HISTOGRAM_BUCKET_COUNT; i++) {
                double last = (double)histogram_bucket_value(histogram, i);
                double distance = (from + last) / 2 - mean;
                if (histogram->buckets[i] > 0)
                        squares += distance * distance * (double)histogram->buckets[i];
                from = last + 1;
        }
        return histogram->count == 0 ? 0 : sqrt(squares / (double)histogram->count);
}

static void print_step(FILE *stream, const struct histogram_step *step)
{
        double part = step->percent / 100;

        fprintf(stream, "%12.3f %2.12f %10" PRIu64, (double)step->value_ns / MICROSECOND_NS, part,
                step->count);
        /* The last one is 100 %, and its 1/(1-1) is left out. */
        if (part < 1)
                fprintf(stream, " %14.2f", 1 / (1 - part));
        fputc('\n', stream);
}

static void print_footer(FILE *stream, const struct histogram *histogram)
{
        double mean =
            histogram->count == 0 ? 0 : (double)histogram->sum_ns / (double)histogram->count;

        fprintf(stream, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", mean / MICROSECOND_NS,
                deviation(histogram) / MICROSECOND_NS);
        fprintf(stream, "#[Max     = %12.3f, Total count    = %12" PRIu64 "]\n",
                (double)histogram->max_ns / MICROSECOND_NS, histogram->count);
        fprintf(stream, "#[Buckets = %12d, SubBuckets     = %12d]\n", FOOTER_BUCKETS, FOOTER_SPLIT);
}

int histogram_file_print(FILE *stream, const struct histogram *histogram)
{
        struct histogram_steps steps;
        struct histogram_step step;

        fprintf(stream, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
                "1/(1-Percentile)");
        histogram_steps_begin(&steps, histogram);
        while (histogram_steps_next(&steps, &step))
                print_step(stream, &step);
        print_footer(stream, histogram);
        /* An error of any write before is kept by the stream, but not its number. */
        if (fflush(stream) != 0)
                return errno > 0 ? -errno : -EIO;
        return ferror(stream) ? -EIO : 0;
}

int histogram_file_write(const char *path, const struct histogram *histogram)
{
        char buffer[HISTOGRAM_FILE_SIZE];
        FILE *stream = fopen(path, "we");

        if (stream == NULL)
                return -errno;
        setvbuf(stream, buffer, _IOFBF, sizeof(buffer));
        int error = histogram_file_print(stream, histogram);
        if (fclose(stream) != 0 && error == 0)
                return -errno;
        return error;
}
