/* SPDX-License-Identifier: MIT */
#include "tables.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void add(struct table *table, int folder_fd, const char *name)
{
        ck_assert_uint_lt(table->count, TABLE_DESCRIPTORS_MAX);
        char *target = table->targets[table->count];
        ssize_t size = readlinkat(folder_fd, name, target, TABLE_TARGET_SIZE - 1);

        /* It may have been closed since. */
        if (size < 0)
                return;
        target[size] = '\0';
        table->fds[table->count++] = atoi(name);
}

static void read_table(const struct process *process, long thread, struct table *table)
{
        char path[64];

        table->count = 0;
        snprintf(path, sizeof(path), "/proc/%d/task/%ld/fd", process->pid, thread);
        DIR *folder = opendir(path);
        /* A worker may have ended since. */
        if (folder == NULL)
                return;
        for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
                if (entry->d_name[0] != '.')
                        add(table, dirfd(folder), entry->d_name);
        closedir(folder);
}

void tables_read(const struct process *process, struct tables *ret_tables)
{
        char path[64];

        ret_tables->count = 0;
        read_table(process, process->pid, &ret_tables->main);
        snprintf(path, sizeof(path), "/proc/%d/task", process->pid);
        DIR *folder = opendir(path);
        ck_assert(folder != NULL);
        for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
                long thread = strtol(entry->d_name, NULL, 10);
                if (thread == 0 || thread == process->pid)
                        continue;
                ck_assert_uint_lt(ret_tables->count, TABLES_MAX);
                read_table(process, thread, &ret_tables->others[ret_tables->count++]);
        }
        closedir(folder);
}

unsigned tables_sum(const struct tables *tables)
{
        unsigned sum = tables->main.count;

        for (unsigned i = 0; i < tables->count; i++)
                sum += tables->others[i].count;
        return sum;
}

unsigned tables_most(const struct tables *tables)
{
        unsigned most = tables->main.count;

        for (unsigned i = 0; i < tables->count; i++)
                if (tables->others[i].count > most)
                        most = tables->others[i].count;
        return most;
}

unsigned table_room(const struct table *table, unsigned limit)
{
        unsigned room = limit;

        for (unsigned i = 0; i < table->count; i++)
                room -= (unsigned)table->fds[i] < limit;
        return room;
}

unsigned table_count(const struct table *table, const char *target)
{
        unsigned count = 0;

        for (unsigned i = 0; i < table->count; i++)
                count += strncmp(table->targets[i], target, strlen(target)) == 0;
        return count;
}

bool table_has(const struct table *table, int fd, const char *target)
{
        for (unsigned i = 0; i < table->count; i++)
                if (table->fds[i] == fd && strcmp(table->targets[i], target) == 0)
                        return true;
        return false;
}
