/* SPDX-License-Identifier: MIT */
#include "figures.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "limit.h"
#include "tables.h"

enum {
        WATCH_MS = 2000,
        /* Of 200: on a busy machine a moment's work may be charged with a few. */
        TICKS_MOST = 3,
        /* Memory given back, a timer sorted finer, a late window of the kernel; no poll of 10 ms.
         */
        WAKES_MOST = 40,
};

static struct tables tables;

unsigned figures_descriptors(const struct process *process)
{
        tables_read(process, &tables);
        return tables_sum(&tables);
}

unsigned figures_descriptors_most(const struct process *process)
{
        tables_read(process, &tables);
        return tables_most(&tables);
}

bool figures_is_file(const struct process *process, int fd)
{
        char path[64];
        char target[1] = { '\0' };

        snprintf(path, sizeof(path), "/proc/%d/fd/%d", process->pid, fd);
        ck_assert_msg(readlink(path, target, sizeof(target)) > 0, "no descriptor %d", fd);
        return target[0] == '/';
}

/*
 * Root may lack the capability to do this to a process of another user; then it is, for a moment,
 * really that user (prlimit(2)): a server that was started by root is nobody.
 */
static int set_and_get(pid_t pid, const struct rlimit *limit, struct rlimit *ret_limit)
{
        const id_t nobody = 65534;

        if (prlimit(pid, RLIMIT_NOFILE, limit, ret_limit) == 0)
                return 0;
        if (errno != EPERM || setresgid(nobody, (gid_t)-1, (gid_t)-1) < 0 ||
            setresuid(nobody, (uid_t)-1, (uid_t)-1) < 0)
                return -1;
        int status = prlimit(pid, RLIMIT_NOFILE, limit, ret_limit);
        ck_assert(setresuid(0, 0, 0) == 0 && setresgid(0, 0, 0) == 0);
        return status;
}

struct rlimit figures_descriptor_limit(const struct process *process)
{
        struct rlimit limit = { 0 };

        ck_assert_msg(set_and_get(process->pid, NULL, &limit) == 0, "%s", strerror(errno));
        return limit;
}

void figures_limit_descriptors(const struct process *process, unsigned count)
{
        struct rlimit limit = figures_descriptor_limit(process);

        limit.rlim_cur = count;
        ck_assert_msg(set_and_get(process->pid, &limit, NULL) == 0, "%s", strerror(errno));
}

/* The room of the worker that has most of it. */
static unsigned most_room(unsigned limit)
{
        unsigned most = 0;

        for (unsigned i = 0; i < tables.count; i++)
                if (table_room(&tables.others[i], limit) > most)
                        most = table_room(&tables.others[i], limit);
        return most;
}

unsigned figures_leave_descriptors(const struct process *process, unsigned count)
{
        unsigned limit = 0;
        unsigned sum = 0;

        tables_read(process, &tables);
        ck_assert_uint_gt(tables.count, 0);
        while (most_room(limit + 1) <= count)
                limit++;
        figures_limit_descriptors(process, limit);
        for (unsigned i = 0; i < tables.count; i++)
                sum += table_room(&tables.others[i], limit);
        return sum;
}

/* False if the process or thread that it tells of has ended, even while it is read. */
static bool read_file(const char *path, char *text, size_t text_size)
{
        FILE *file = fopen(path, "re");

        ck_assert_msg(file != NULL || errno == ENOENT, "%s: %s", path, strerror(errno));
        if (file == NULL)
                return false;
        size_t size = fread(text, 1, text_size - 1, file);
        text[size] = '\0';
        fclose(file);
        return size > 0;
}

static bool has_pending_signals(pid_t pid)
{
        static const char key[] = "\nShdPnd:";
        char path[64];
        char text[4096];

        snprintf(path, sizeof(path), "/proc/%d/status", pid);
        ck_assert(read_file(path, text, sizeof(text)));
        const char *found = strstr(text, key);
        ck_assert(found != NULL);
        return strtoull(found + strlen(key), NULL, 16) != 0;
}

void figures_await_signals_taken(const struct process *process)
{
        struct limit limit = limit_start();

        while (has_pending_signals(process->pid)) {
                ck_assert_msg(limit_left_ms(&limit) > 0, "it does not take its signals");
                limit_pause();
        }
}

static uint64_t thread_wakes(pid_t pid, const char *thread)
{
        static const char key[] = "\nvoluntary_ctxt_switches:";
        char path[320];
        char text[4096];

        snprintf(path, sizeof(path), "/proc/%d/task/%s/status", pid, thread);
        if (!read_file(path, text, sizeof(text)))
                return 0;
        const char *found = strstr(text, key);
        ck_assert(found != NULL);
        return strtoull(found + strlen(key), NULL, 10);
}

static uint64_t all_wakes(pid_t pid)
{
        char path[64];
        uint64_t sum = 0;

        snprintf(path, sizeof(path), "/proc/%d/task", pid);
        DIR *folder = opendir(path);
        ck_assert(folder != NULL);
        for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
                if (entry->d_name[0] != '.')
                        sum += thread_wakes(pid, entry->d_name);
        closedir(folder);
        return sum;
}

struct figures figures_read(const struct process *process)
{
        uint64_t user = 0;
        uint64_t system = 0;
        char path[64];
        char text[1024];

        snprintf(path, sizeof(path), "/proc/%d/stat", process->pid);
        ck_assert(read_file(path, text, sizeof(text)));
        /* The name may contain anything; the fields after it start with the third (proc(5)). */
        const char *fields = strrchr(text, ')');
        ck_assert(fields != NULL);
        int read =
            sscanf(fields + 1, " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64 " %" SCNu64,
                   &user, &system);
        ck_assert_int_eq(read, 2);
        return (struct figures){ .ticks = user + system, .wakes = all_wakes(process->pid) };
}

static uint64_t status_bytes(const struct process *process, const char *key)
{
        char path[64];
        char text[4096];

        snprintf(path, sizeof(path), "/proc/%d/status", process->pid);
        ck_assert(read_file(path, text, sizeof(text)));
        const char *found = strstr(text, key);
        ck_assert(found != NULL);
        return strtoull(found + strlen(key), NULL, 10) * 1024;
}

uint64_t figures_memory(const struct process *process)
{
        return status_bytes(process, "\nRssAnon:");
}

/* The shadow of all addresses that a program could have. */
static bool has_sanitizer(const struct process *process)
{
        return status_bytes(process, "\nVmSize:") > UINT64_C(1) << 40;
}

void figures_await_memory(const struct process *process, uint64_t most)
{
        struct limit limit = limit_start();

        if (has_sanitizer(process))
                return;
        while (figures_memory(process) > most && limit_left_ms(&limit) > 0)
                limit_pause();
        ck_assert_uint_le(figures_memory(process), most);
}

void figures_expect_sleep(const struct process *process)
{
        struct figures before = figures_read(process);

        limit_watch(WATCH_MS);
        struct figures after = figures_read(process);
        ck_assert_uint_le(after.ticks - before.ticks, TICKS_MOST);
        /* A thread that ends meanwhile takes its wakes along. */
        ck_assert_uint_le(after.wakes, before.wakes + WAKES_MOST);
}
