/* SPDX-License-Identifier: MIT */
#include "probe/plot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/plot_script.h"

extern char **environ;

enum { COPY_SIZE = 65536 };

static bool ends_in(const char *text, const char *end)
{
        size_t size = strlen(text);
        size_t end_size = strlen(end);

        return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

static bool choose_format(const char *path, enum plot_format *ret_format,
                          struct complaint *complaint)
{
        struct complaint_word room;

        if (ends_in(path, ".svg"))
                *ret_format = PLOT_SVG;
        else if (ends_in(path, ".png"))
                *ret_format = PLOT_PNG;
        else
                return complain(complaint, "plot %s: expected a name that ends in .svg or .png",
                                complaint_word(&room, path, strlen(path)));
        return true;
}

/*
 * Starts gnuplot with these as its input and output; 0 or a negative errno. -d: the user's own
 * settings are not for this plot.
 */
static int start_gnuplot(int script_fd, int picture_fd, pid_t *ret_process)
{
        char name[] = "gnuplot";
        char defaults[] = "-d";
        char *arguments[] = { name, defaults, NULL };
        posix_spawn_file_actions_t actions;

        int error = posix_spawn_file_actions_init(&actions);
        if (error != 0)
                return -error;
        error = posix_spawn_file_actions_adddup2(&actions, script_fd, STDIN_FILENO);
        if (error == 0)
                error = posix_spawn_file_actions_adddup2(&actions, picture_fd, STDOUT_FILENO);
        if (error == 0)
                error = posix_spawnp(ret_process, name, &actions, NULL, arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
        return -error;
}

static bool run_gnuplot(int script_fd, int picture_fd, struct complaint *complaint)
{
        pid_t process = 0;
        int status = 0;
        pid_t ended;

        int error = start_gnuplot(script_fd, picture_fd, &process);
        if (error == -ENOENT)
                return complain(complaint, "plot: there is no gnuplot here; install gnuplot-nox");
        if (error < 0)
                return complain(complaint, "plot: cannot run gnuplot: %s", strerror(-error));
        do {
                ended = waitpid(process, &status, 0);
        } while (ended < 0 && errno == EINTR);
        if (ended < 0)
                return complain(complaint, "plot: cannot wait for gnuplot: %s", strerror(errno));
        if (WIFSIGNALED(status))
                return complain(complaint, "plot: gnuplot was killed by signal %d",
                                WTERMSIG(status));
        if (WEXITSTATUS(status) != 0)
                return complain(complaint, "plot: gnuplot failed with status %d",
                                WEXITSTATUS(status));
        return true;
}

/* 0 or a negative errno. */
static int copy_all(int from_fd, int to_fd)
{
        static char bytes[COPY_SIZE];
        ssize_t size;

        while ((size = read(from_fd, bytes, sizeof(bytes))) > 0)
                for (ssize_t done = 0; done < size;) {
                        ssize_t written = write(to_fd, bytes + done, (size_t)(size - done));
                        if (written < 0 && errno != EINTR)
                                return -errno;
                        done += written > 0 ? written : 0;
                }
        return size < 0 ? -errno : 0;
}

static bool save(int picture_fd, const char *path, struct complaint *complaint)
{
        struct complaint_word room;
        const char *word = complaint_word(&room, path, strlen(path));

        if (lseek(picture_fd, 0, SEEK_END) <= 0)
                return complain(complaint, "plot %s: gnuplot has drawn nothing", word);
        (void)lseek(picture_fd, 0, SEEK_SET);
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (fd < 0)
                return complain(complaint, "plot %s: cannot open it: %s", word, strerror(errno));
        int error = copy_all(picture_fd, fd);
        if (close(fd) < 0 && error == 0)
                error = -errno;
        if (error < 0)
                return complain(complaint, "plot %s: cannot write it: %s", word, strerror(-error));
        return true;
}

/* Whether all of the script is in the file, which is then at its beginning again. */
static bool write_script(int script_fd, enum plot_format format,
                         const struct probe_options *options, const struct result *result)
{
        int fd = dup(script_fd);
        FILE *stream = fd < 0 ? NULL : fdopen(fd, "w");

        if (stream == NULL) {
                if (fd >= 0)
                        close(fd);
                return false;
        }
        plot_script_print(stream, format, options, result);
        bool is_whole = ferror(stream) == 0;
        is_whole = fclose(stream) == 0 && is_whole;
        return lseek(script_fd, 0, SEEK_SET) == 0 && is_whole;
}

/*
 * Both ends are files in memory: a pipe would fill up or break, and a picture that gnuplot gave up
 * half-way would take the place of the last good one.
 */
bool plot_draw(const char *path, const struct probe_options *options, const struct result *result,
               struct complaint *complaint)
{
        enum plot_format format;

        if (!choose_format(path, &format, complaint))
                return false;
        if (result->latency.count == 0)
                return complain(complaint, "plot: no latency was measured");
        int script_fd = memfd_create("plot script", MFD_CLOEXEC);
        int picture_fd = memfd_create("plot", MFD_CLOEXEC);
        bool is_drawn = false;
        if (script_fd < 0 || picture_fd < 0 || !write_script(script_fd, format, options, result))
                complain(complaint, "plot: cannot write gnuplot's script: %s", strerror(errno));
        else
                is_drawn = run_gnuplot(script_fd, picture_fd, complaint) &&
                           save(picture_fd, path, complaint);
        if (script_fd >= 0)
                close(script_fd);
        if (picture_fd >= 0)
                close(picture_fd);
        return is_drawn;
}
