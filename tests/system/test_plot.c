/* SPDX-License-Identifier: MIT */
/* Pictures by the real gnuplot, and by one that is missing or fails. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "probe/plot.h"
#include "suite.h"

static struct folder folder;
static char *usual_path;
static struct probe_options options;
static struct result result;
static struct complaint complaint;

static void set_up(void)
{
        folder_make(&folder);
        usual_path = strdup(getenv("PATH"));
        options = (struct probe_options){ .target_text = "tcp:it's{^a}_name", .connections = 1 };
        memset(&result, 0, sizeof(result));
        histogram_clear(&result.latency);
        for (uint64_t i = 1; i < 100000; i++)
                histogram_record(&result.latency, 100000000 / i);
}

static void tear_down(void)
{
        setenv("PATH", usual_path, 1);
        free(usual_path);
        folder_remove(&folder);
}

static bool draw(const char *name)
{
        char path[FOLDER_PATH_SIZE];

        folder_join(&folder, name, path);
        return plot_draw(path, &options, &result, &complaint);
}

/* The first bytes of a file; "" if it is not there. */
static const char *beginning(const char *name)
{
        static char text[512];
        char path[FOLDER_PATH_SIZE];
        ssize_t size = 0;

        folder_join(&folder, name, path);
        int fd = open(path, O_RDONLY);
        if (fd >= 0) {
                size = read(fd, text, sizeof(text) - 1);
                close(fd);
        }
        text[size > 0 ? size : 0] = '\0';
        return text;
}

static void write_file(const char *name, const char *text, mode_t mode)
{
        char path[FOLDER_PATH_SIZE];

        folder_join(&folder, name, path);
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        close(fd);
}

/* The folder is all that is searched for programs; `script` is what gnuplot is there, or NULL. */
static void replace_gnuplot(const char *script)
{
        if (script != NULL)
                write_file("gnuplot", script, 0755);
        setenv("PATH", folder.path, 1);
}

START_TEST(svg_is_drawn)
{
        ck_assert_msg(draw("plot.svg"), "%s", complaint.text);
        ck_assert_ptr_nonnull(strstr(beginning("plot.svg"), "<svg"));
}
END_TEST

START_TEST(png_is_drawn)
{
        ck_assert_msg(draw("plot.png"), "%s", complaint.text);
        ck_assert_mem_eq(beginning("plot.png"), "\x89PNG", 4);
}
END_TEST

START_TEST(single_latency_is_drawn)
{
        histogram_clear(&result.latency);
        histogram_record(&result.latency, 265000);
        ck_assert_msg(draw("plot.svg"), "%s", complaint.text);
}
END_TEST

START_TEST(missing_gnuplot_is_named)
{
        replace_gnuplot(NULL);
        ck_assert(!draw("plot.svg"));
        ck_assert_str_eq(complaint.text, "plot: there is no gnuplot here; install gnuplot-nox");
}
END_TEST

START_TEST(failing_gnuplot_leaves_the_last_picture)
{
        write_file("plot.svg", "the last one", 0644);
        replace_gnuplot("#!/bin/sh\necho half\nexit 3\n");
        ck_assert(!draw("plot.svg"));
        ck_assert_str_eq(complaint.text, "plot: gnuplot failed with status 3");
        ck_assert_str_eq(beginning("plot.svg"), "the last one");
}
END_TEST

START_TEST(killed_gnuplot_is_a_failure)
{
        replace_gnuplot("#!/bin/sh\nkill -9 $$\n");
        ck_assert(!draw("plot.svg"));
        ck_assert_str_eq(complaint.text, "plot: gnuplot was killed by signal 9");
}
END_TEST

START_TEST(gnuplot_that_draws_nothing_is_a_failure)
{
        replace_gnuplot("#!/bin/sh\nexit 0\n");
        ck_assert(!draw("plot.svg"));
        ck_assert_ptr_nonnull(strstr(complaint.text, "gnuplot has drawn nothing"));
        ck_assert_str_eq(beginning("plot.svg"), "");
}
END_TEST

START_TEST(picture_that_cannot_be_saved_is_named)
{
        replace_gnuplot("#!/bin/sh\necho picture\n");
        ck_assert(!plot_draw("/nonexistent/plot.svg", &options, &result, &complaint));
        ck_assert_str_eq(complaint.text,
                         "plot `/nonexistent/plot.svg`: cannot open it: No such file or directory");
}
END_TEST

START_TEST(other_endings_are_refused)
{
        ck_assert(!draw("plot.gif"));
        ck_assert_ptr_nonnull(strstr(complaint.text, "ends in .svg or .png"));
        ck_assert(!plot_draw("", &options, &result, &complaint));
}
END_TEST

START_TEST(nothing_measured_is_not_drawn)
{
        histogram_clear(&result.latency);
        ck_assert(!draw("plot.svg"));
        ck_assert_str_eq(complaint.text, "plot: no latency was measured");
}
END_TEST

/* As execvp(3) would find it. */
static bool has_gnuplot(void)
{
        return system("command -v gnuplot >/dev/null") == 0;
}

int main(void)
{
        TCase *tcase = tcase_create("plot");
        bool is_whole = has_gnuplot();

        tcase_add_checked_fixture(tcase, set_up, tear_down);
        if (is_whole) {
                tcase_add_test(tcase, svg_is_drawn);
                tcase_add_test(tcase, png_is_drawn);
                tcase_add_test(tcase, single_latency_is_drawn);
        }
        tcase_add_test(tcase, missing_gnuplot_is_named);
        tcase_add_test(tcase, failing_gnuplot_leaves_the_last_picture);
        tcase_add_test(tcase, killed_gnuplot_is_a_failure);
        tcase_add_test(tcase, gnuplot_that_draws_nothing_is_a_failure);
        tcase_add_test(tcase, picture_that_cannot_be_saved_is_named);
        tcase_add_test(tcase, other_endings_are_refused);
        tcase_add_test(tcase, nothing_measured_is_not_drawn);
        int status = suite_run(tcase);
        return status == EXIT_SUCCESS && !is_whole ? SUITE_SKIPPED : status;
}
