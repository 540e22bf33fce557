/* SPDX-License-Identifier: MIT */
#include "live.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "limit.h"

enum { PATH_SIZE = 256, PATIENCE_MS = 300000 };

bool live_is_skipped(const char *why)
{
        printf("skipped: %s\n", why);
        return false;
}

static bool is_found(const char *program)
{
        char folders[4096];
        char path[PATH_SIZE];
        char *rest = folders;
        const char *all = getenv("PATH");

        snprintf(folders, sizeof(folders), "%s", all != NULL ? all : "/usr/sbin:/usr/bin");
        for (const char *folder; (folder = strsep(&rest, ":")) != NULL;) {
                snprintf(path, sizeof(path), "%s/%s", folder, program);
                if (access(path, X_OK) == 0)
                        return true;
        }
        return false;
}

bool live_is_possible(const char *const *programs)
{
        char why[PATH_SIZE];

        if (geteuid() != 0)
                return live_is_skipped("needs root");
        for (; *programs != NULL; programs++) {
                snprintf(why, sizeof(why), "there is no program `%s`", *programs);
                if (!is_found(*programs))
                        return live_is_skipped(why);
        }
        return true;
}

void live_tell(const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        printf("figures: ");
        vprintf(format, arguments);
        printf("\n");
        va_end(arguments);
        fflush(stdout);
}

bool live_try(const char *command)
{
        return system(command) == 0;
}

void live_run(const char *command)
{
        ck_assert_msg(live_try(command), "%s", command);
}

static bool is_patient(uint64_t started_ms)
{
        limit_watch(100);
        return limit_now_ms() - started_ms < PATIENCE_MS;
}

void live_finish(struct probe *probe)
{
        uint64_t started_ms = limit_now_ms();

        while (process_is_alive(&probe->process) && is_patient(started_ms))
                continue;
        probe_finish(probe);
}

void live_await_open(struct server *server, unsigned count)
{
        uint64_t started_ms = limit_now_ms();

        while (server_figure(server, "open") < count && is_patient(started_ms))
                continue;
        server_await_figure(server, "open", count);
}
