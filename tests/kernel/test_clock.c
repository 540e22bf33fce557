/* SPDX-License-Identifier: MIT */
/*
 * Clocks that step, and clocks that are not what a machine's usually are.
 *
 * The wall clock of the machine is left alone, as others live by it: a library between the server
 * and libc makes it step for the server only. That is all of the wall clock that it could see, but
 * for timers of the kernel; so it is looked at which clock those go by. The monotonic clock cannot
 * step. It can have any value, which a time namespace gives it, and it can jump ahead while the
 * server is stopped (test_stopped.c).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "balance.h"
#include "client.h"
#include "limit.h"
#include "live.h"
#include "suite.h"

enum { CLIENTS = 8, PIECE = 2000, IDLE_MS = 2000, STEP_MS = 50, WORKERS = 2 };

static struct server server;
static struct client clients[CLIENTS];
static const char *const arguments[] = { "--workers=2", "--idle-timeout=2s", NULL };

static bool has_ended(const struct client *client)
{
        struct pollfd wanted = { .fd = client->fd, .events = POLLIN };

        return poll(&wanted, 1, 0) > 0;
}

/*
 * One client says no more: it is finished after the idle timeout, and not before, while the others
 * go on, and something happens in between. Returns how long that took.
 */
static uint64_t expect_idle_end(void (*happen)(unsigned round))
{
        struct limit limit = limit_start();
        struct client idle;

        client_connect_all(clients, CLIENTS, server.port);
        client_connect(&idle, server.port, CLIENTS);
        uint64_t said_ms = limit_now_ms();
        client_exchange(&idle, 1, PIECE);
        for (unsigned i = 0; !has_ended(&idle); i++) {
                ck_assert_msg(limit_left_ms(&limit) > 0, "the idle client is never finished");
                happen(i);
                client_exchange(clients, CLIENTS, PIECE);
                limit_watch(STEP_MS);
        }
        uint64_t lasted_ms = limit_now_ms() - said_ms;
        ck_assert_uint_ge(lasted_ms, IDLE_MS);
        client_expect_end(&idle);
        client_close(&idle);
        client_close_all(clients, CLIENTS);
        server_await_all_closed(&server, CLIENTS + 1);
        ck_assert_uint_eq(server_figure(&server, "closed_idle"), 1);
        return lasted_ms;
}

/* How many timers a thread has, each of which must go by the monotonic clock. */
static unsigned count_timers(const char *thread)
{
        char path[64 + NAME_MAX];
        char line[128];
        unsigned count = 0;
        int clock = -1;

        snprintf(path, sizeof(path), "/proc/%d/task/%s/fdinfo", server.process.pid, thread);
        DIR *folder = opendir(path);
        ck_assert_msg(folder != NULL, "%s", path);
        for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
                int fd = openat(dirfd(folder), entry->d_name, O_RDONLY | O_CLOEXEC);
                FILE *file = fdopen(fd, "r");
                while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
                        if (sscanf(line, "clockid: %d", &clock) != 1)
                                continue;
                        ck_assert_int_eq(clock, CLOCK_MONOTONIC);
                        count++;
                }
                if (file != NULL)
                        fclose(file);
        }
        closedir(folder);
        return count;
}

START_TEST(timers_go_by_the_monotonic_clock)
{
        char path[64];
        unsigned count = 0;

        server_start(&server, arguments);
        snprintf(path, sizeof(path), "/proc/%d/task", server.process.pid);
        DIR *folder = opendir(path);
        ck_assert(folder != NULL);
        for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
                if (entry->d_name[0] != '.')
                        count += count_timers(entry->d_name);
        closedir(folder);
        ck_assert_uint_ge(count, WORKERS);
        server_stop(&server);
}
END_TEST

/* What the server's wall clock is off, in seconds. */
static volatile int64_t *offset_s;
static char offset_path[32];

/* Its log tells what the stepped clock says, give or take a moment for asking. */
static void step(unsigned round)
{
        static const int64_t offsets_s[] = { 3600, -3600, 86400 * 365, 0, -86400 * 365, 7200 };
        int64_t now_s = offsets_s[round % (sizeof(offsets_s) / sizeof(offsets_s[0]))];
        struct tm told = { 0 };

        *offset_s = now_s;
        (void)server_figure(&server, "open");
        ck_assert_msg(strptime(server.status, "time=%Y-%m-%dT%H:%M:%S", &told) != NULL, "%s",
                      server.status);
        int64_t off_s = (int64_t)timegm(&told) - (int64_t)time(NULL) - now_s;
        ck_assert_int_ge(off_s, -60);
        ck_assert_int_le(off_s, 60);
}

static void open_offset(void)
{
        strcpy(offset_path, "/tmp/echod-clock-XXXXXX");
        int fd = mkstemp(offset_path);
        ck_assert_int_ge(fd, 0);
        ck_assert(ftruncate(fd, sizeof(*offset_s)) == 0);
        offset_s = mmap(NULL, sizeof(*offset_s), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        ck_assert(offset_s != MAP_FAILED);
        close(fd);
}

START_TEST(steps_of_the_wall_clock_move_nothing_but_the_log)
{
        open_offset();
        setenv("STEPPING_CLOCK", offset_path, 1);
        setenv("LD_PRELOAD", getenv("STEPPING_CLOCK_LIBRARY"), 1);
        server_start(&server, arguments);
        unsetenv("LD_PRELOAD");
        unlink(offset_path);
        struct balance balance = balance_of(&server);
        uint64_t lasted_ms = expect_idle_end(step);
        live_tell(
            "clock: the wall clock stepped by up to a year each %d ms, %d clients got their "
            "bytes; idle for 2 s was finished after %llu ms",
            STEP_MS, CLIENTS, (unsigned long long)lasted_ms);
        balance_expect(&balance, &server, CLIENTS + 1);
        server_stop(&server);
}
END_TEST

static int64_t monotonic_s(void)
{
        struct timespec now = { 0 };

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec;
}

/* Whom the test starts from now on has a monotonic clock of that value; false = not here. */
static bool set_monotonic(int64_t wanted_s)
{
        char text[64];

        if (unshare(CLONE_NEWTIME) < 0)
                return false;
        int size = snprintf(text, sizeof(text), "monotonic %lld 0\n",
                            (long long)(wanted_s - monotonic_s()));
        int fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
        ck_assert_int_ge(fd, 0);
        ck_assert_msg(write(fd, text, (size_t)size) == size, "%s: %s", text, strerror(errno));
        close(fd);
        return true;
}

static void happen_nothing(unsigned round)
{
        (void)round;
}

static const int64_t clocks_s[] = { 2, INT64_C(100) * 365 * 86400 };

START_TEST(monotonic_clock_may_have_any_value)
{
        int own_fd = open("/proc/self/ns/time", O_RDONLY | O_CLOEXEC);

        if (own_fd < 0 || !set_monotonic(clocks_s[_i])) {
                live_tell("clock: the kernel gives it no time namespace");
                return;
        }
        server_start(&server, arguments);
        ck_assert(setns(own_fd, CLONE_NEWTIME) == 0);
        close(own_fd);
        struct balance balance = balance_of(&server);
        uint64_t lasted_ms = expect_idle_end(happen_nothing);
        live_tell(
            "clock: %lld s after its start, %d clients got their bytes; idle for 2 s was "
            "finished after %llu ms",
            (long long)clocks_s[_i], CLIENTS, (unsigned long long)lasted_ms);
        balance_expect(&balance, &server, CLIENTS + 1);
        server_stop(&server);
}
END_TEST

int main(void)
{
        static const char *const programs[] = { NULL };
        TCase *tcase = tcase_create("clock");

        if (!live_is_possible(programs))
                return SUITE_SKIPPED;
        tcase_add_test(tcase, timers_go_by_the_monotonic_clock);
        tcase_add_test(tcase, steps_of_the_wall_clock_move_nothing_but_the_log);
        tcase_add_loop_test(tcase, monotonic_clock_may_have_any_value, 0, 2);
        return suite_run(tcase);
}
