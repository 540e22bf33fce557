/* SPDX-License-Identifier: MIT */
#include "tracer.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS_SIZE = 64 };

void tracer_attach(struct tracer *tracer, const struct server *server,
                   const struct tracer_fault *fault)
{
        char trace[WORDS_SIZE];
        char inject[WORDS_SIZE];
        char pid[16];
        const char *const arguments[] = { "strace", "-f",   "-o", tracer->path, "-e", trace,
                                          "-e",     inject, "-p", pid,          NULL };

        strcpy(tracer->path, "/tmp/echod-trace-XXXXXX");
        int fd = mkstemp(tracer->path);
        ck_assert_int_ge(fd, 0);
        close(fd);
        snprintf(trace, sizeof(trace), "trace=%s", fault->call);
        snprintf(inject, sizeof(inject), "inject=%s:error=%s:when=2..%u+3", fault->call,
                 strerrorname_np(fault->error), fault->last);
        snprintf(pid, sizeof(pid), "%d", server->process.pid);
        process_start(&tracer->process, &(struct process_setup){ .arguments = arguments });
        ck_assert_msg(process_await(&tracer->process, " attached", 0) != NULL, "%s",
                      process_tail(&tracer->process));
}

unsigned tracer_detach(struct tracer *tracer)
{
        char line[1024];
        unsigned count = 0;

        if (process_is_alive(&tracer->process))
                process_signal(&tracer->process, SIGINT);
        (void)process_wait(&tracer->process);
        FILE *file = fopen(tracer->path, "re");
        ck_assert(file != NULL);
        while (fgets(line, sizeof(line), file) != NULL)
                count += strstr(line, "(INJECTED)") != NULL;
        fclose(file);
        unlink(tracer->path);
        return count;
}
