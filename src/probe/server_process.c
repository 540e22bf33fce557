/* SPDX-License-Identifier: MIT */
#include "probe/server_process.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A server that forks has children, and a child of a child may echo; no deeper. */
enum { DEPTH_MOST = 3 };

/* The whole text, or 0 and a negative errno; it is cut if it does not fit. */
static int read_text(const char *path, char *text, size_t text_size)
{
        FILE *file = fopen(path, "re");

        if (file == NULL)
                return -errno;
        text[fread(text, 1, text_size - 1, file)] = '\0';
        int error = ferror(file) != 0 ? -EIO : 0;
        fclose(file);
        return error;
}

uint64_t server_process_field(const char *text, const char *key)
{
        for (const char *found = text; (found = strstr(found, key)) != NULL; found++) {
                const char *end = found + strlen(key);
                if ((found == text || found[-1] == '\n') && *end == ':')
                        return strtoull(end + 1, NULL, 10);
        }
        return 0;
}

/* The name may contain anything; the fields after it start with the third (proc(5)). */
uint64_t server_process_ended(const char *stat)
{
        const char *fields = strrchr(stat, ')');
        uint64_t user = 0;
        uint64_t system = 0;

        if (fields == NULL || sscanf(fields + 1,
                                     " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                                     "%" SCNu64 " %" SCNu64,
                                     &user, &system) != 2)
                return 0;
        return user + system;
}

static int own_cpu(pid_t pid, uint64_t *ret_ns)
{
        clockid_t clock = 0;
        struct timespec spent = { 0 };
        int error = clock_getcpuclockid(pid, &clock);

        if (error != 0)
                return -error;
        if (clock_gettime(clock, &spent) < 0)
                return -errno;
        *ret_ns = (uint64_t)spent.tv_sec * 1000000000 + (uint64_t)spent.tv_nsec;
        return 0;
}

static int cpu(pid_t pid, uint64_t *ret_ns)
{
        char path[64];
        char text[1024];
        uint64_t own_ns = 0;
        int error = own_cpu(pid, &own_ns);

        if (error < 0)
                return error;
        snprintf(path, sizeof(path), "/proc/%d/stat", pid);
        error = read_text(path, text, sizeof(text));
        if (error < 0)
                return error;
        uint64_t tick_ns = UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK);
        *ret_ns = own_ns + server_process_ended(text) * tick_ns;
        return 0;
}

static int memory(pid_t pid, uint64_t *ret_size)
{
        char path[64];
        char text[2048];

        snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
        int error = read_text(path, text, sizeof(text));
        if (error == 0)
                *ret_size = (server_process_field(text, "Pss_Anon") +
                             server_process_field(text, "Pss_Shmem")) *
                            1024;
        return error;
}

typedef int (*measure)(pid_t pid, uint64_t *ret_value);

static int sum(pid_t pid, measure read_value, int depth, uint64_t *ret_sum);

/* Children come and go while they are read: one that is gone counts nothing. */
static void sum_children(const char *path, measure read_value, int depth, uint64_t *sum_so_far)
{
        FILE *file = fopen(path, "re");
        int child;

        if (file == NULL)
                return;
        while (fscanf(file, "%d", &child) == 1) {
                uint64_t value = 0;
                if (sum(child, read_value, depth + 1, &value) == 0)
                        *sum_so_far += value;
        }
        fclose(file);
}

static int sum(pid_t pid, measure read_value, int depth, uint64_t *ret_sum)
{
        char path[320];
        int error = read_value(pid, ret_sum);

        if (error < 0 || depth == DEPTH_MOST)
                return error;
        snprintf(path, sizeof(path), "/proc/%d/task", pid);
        DIR *threads = opendir(path);
        if (threads == NULL)
                return 0;
        for (const struct dirent *entry; (entry = readdir(threads)) != NULL;) {
                if (entry->d_name[0] == '.')
                        continue;
                snprintf(path, sizeof(path), "/proc/%d/task/%s/children", pid, entry->d_name);
                sum_children(path, read_value, depth, ret_sum);
        }
        closedir(threads);
        return 0;
}

int server_process_cpu(pid_t pid, uint64_t *ret_ns)
{
        uint64_t value = 0;
        int error = sum(pid, cpu, 0, &value);

        if (error == 0)
                *ret_ns = value;
        return error;
}

int server_process_memory(pid_t pid, uint64_t *ret_size)
{
        uint64_t value = 0;
        int error = sum(pid, memory, 0, &value);

        if (error == 0)
                *ret_size = value;
        return error;
}
