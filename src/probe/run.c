/* SPDX-License-Identifier: MIT */
#include "probe/run.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "probe/server_process.h"
#include "words/exit_code.h"

static const uint64_t second_ns = 1000000000;
static const uint64_t tick_every_ns = 100 * 1000000;

enum {
        EVENTS_MOST = 256,
        CONNECTING_MOST = 256,
        /* Descriptors beside those of the links. */
        DESCRIPTORS_SPARE = 16,
};

static volatile sig_atomic_t is_interrupted;

/* The first ends the measured part, the second the program, as SA_RESETHAND has it. */
static void interrupt(int signal)
{
        (void)signal;
        is_interrupted = 1;
}

static void catch_signals(void)
{
        struct sigaction action = { .sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND };

        (void)sigaction(SIGINT, &action, NULL);
        (void)sigaction(SIGTERM, &action, NULL);
}

void run_fail(const char *what, int error)
{
        fprintf(stderr, "echoprobe: %s: %s\n", what, strerror(error));
        exit(EXIT_CODE_SYSTEM);
}

static enum verdict verdict_of(int error)
{
        switch (error) {
        case ECONNREFUSED:
        case ENETUNREACH:
        case EHOSTUNREACH:
        case ENOENT:
        case EACCES:
        case EPERM:
        case EPROTOTYPE:
        case EINVAL:
                return VERDICT_REFUSED;
        case EAGAIN:
        case ETIMEDOUT:
                return VERDICT_TIMEOUT;
        default:
                return VERDICT_RESET;
        }
}

/* Out of descriptors, ports or memory: that is ours, and no finding about the server. */
static bool is_ours(int error)
{
        return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS ||
               error == EADDRNOTAVAIL;
}

void run_fault(struct run *run, const char *what, uint64_t number, const char *doing, int error)
{
        if (is_ours(error))
                run_fail(doing, error);
        result_fault(run->result, verdict_of(error), "%s %" PRIu64 ": %s: %s", what, number, doing,
                     strerror(error));
}

/* One descriptor is one connection. */
static void raise_descriptors(uint64_t connections)
{
        struct rlimit limit = { 0 };

        (void)getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        if (connections + DESCRIPTORS_SPARE <= limit.rlim_cur)
                return;
        fprintf(stderr,
                "echoprobe: --connections: %llu: one process may have %llu descriptors here, so "
                "%llu at most\n",
                (unsigned long long)connections, (unsigned long long)limit.rlim_cur,
                (unsigned long long)limit.rlim_cur - DESCRIPTORS_SPARE);
        exit(EXIT_CODE_USAGE);
}

void *run_allocate(size_t count, size_t size)
{
        void *memory = calloc(count, size);

        if (memory == NULL)
                run_fail("memory", ENOMEM);
        return memory;
}

uint64_t run_share(const struct run *run, uint64_t number)
{
        const struct probe_options *options = run->options;

        if (options->count == 0)
                return UINT64_MAX;
        return options->count / options->connections +
               (number < options->count % options->connections ? 1 : 0);
}

void run_make_links(struct run *run)
{
        const struct probe_options *options = run->options;
        bool is_open_loop = options->rate > 0;

        run->links = run_allocate(run->link_count, sizeof(*run->links));
        if (!is_open_loop)
                run->begun_ns =
                    run_allocate(options->connections * options->depth, sizeof(uint64_t));
        for (uint32_t i = 0; i < run->link_count; i++) {
                run->links[i].fd = -1;
                run->links[i].stream = (struct stream){
                        .number = i,
                        .limit = run_share(run, i),
                        .begun_ns = is_open_loop ? NULL : run->begun_ns + i * options->depth,
                        .pace = is_open_loop ? &run->pace : NULL,
                        .stride = options->connections,
                        .depth = (uint32_t)options->depth,
                        .message_size = (uint32_t)options->message_size,
                };
        }
}

void run_open(struct run *run, const struct probe_options *options, const struct run_mode *mode,
              struct result *result)
{
        *run = (struct run){
                .options = options,
                .mode = mode,
                .result = result,
                .pace.rate = options->rate,
                .link_count = (uint32_t)options->connections,
        };
        catch_signals();
        raise_descriptors(options->connections);
        /* The default slack of 50 us would make each message of a schedule late. */
        (void)prctl(PR_SET_TIMERSLACK, 1);
        run->poll_fd = epoll_create1(EPOLL_CLOEXEC);
        if (run->poll_fd < 0)
                run_fail("epoll_create1", errno);
        run->scratch = run_allocate(1, RUN_SCRATCH_SIZE);
        run->tick_ns = run_clock(run) + tick_every_ns;
        run->start_ns = run->now_ns;
        progress_begin(&run->progress, options, STDERR_FILENO, run->now_ns);
}

void run_close(struct run *run)
{
        progress_end(&run->progress);
        for (uint32_t i = 0; i < run->link_count && run->links != NULL; i++)
                if (run->links[i].fd >= 0)
                        close(run->links[i].fd);
        free(run->begun_ns);
        free(run->links);
        free(run->scratch);
        close(run->poll_fd);
}

uint64_t run_clock(struct run *run)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        run->now_ns = (uint64_t)now.tv_sec * second_ns + (uint64_t)now.tv_nsec;
        return run->now_ns;
}

static void tick(struct run *run)
{
        run->tick_ns = run->now_ns + tick_every_ns;
        for (uint32_t i = 0; i < run->link_count && run->links != NULL; i++)
                if (link_is_open(&run->links[i]))
                        link_tick(run, &run->links[i]);
        if (run->mode->ticked != NULL)
                run->mode->ticked(run);
        if (!run->is_finishing)
                run->result->open_connections = run->open_count;
        progress_update(&run->progress, run->result, run->now_ns);
}

void run_wait(struct run *run, uint64_t until_ns)
{
        struct epoll_event events[EVENTS_MOST];
        uint64_t due_ns = until_ns < run->tick_ns ? until_ns : run->tick_ns;
        uint64_t now_ns = run_clock(run);
        uint64_t wait_ns = due_ns > now_ns ? due_ns - now_ns : 0;
        struct timespec wait = {
                .tv_sec = (time_t)(wait_ns / second_ns),
                .tv_nsec = (long)(wait_ns % second_ns),
        };
        int count = epoll_pwait2(run->poll_fd, events, EVENTS_MOST, &wait, NULL);

        if (count < 0 && errno != EINTR)
                run_fail("epoll_pwait2", errno);
        run_clock(run);
        /* A link is one event at most, and no other link's turn ends it. */
        for (int i = 0; i < count; i++) {
                if (run->mode->noticed != NULL)
                        run->mode->noticed(run, events[i].data.ptr, events[i].events);
                else
                        link_notice(run, events[i].data.ptr, events[i].events);
        }
        if (run->now_ns >= run->tick_ns)
                tick(run);
}

/* Nobody is there: more attempts would find nobody either, each batch after its timeout. */
static bool is_hopeless(const struct run *run)
{
        return run->result->verdict != VERDICT_OK && run->result->connections == 0;
}

/* After a signal: what has connected by now has, though nobody has looked yet. */
static void take_all_events(struct run *run)
{
        for (uint32_t taken = 0; taken <= run->link_count; taken += EVENTS_MOST)
                run_wait(run, 0);
}

void run_open_links(struct run *run, uint32_t first, uint32_t end, bool has_sources)
{
        for (uint32_t i = first; i < end && !is_interrupted && !is_hopeless(run); i++) {
                while (run->connecting_count >= CONNECTING_MOST && !is_interrupted)
                        run_wait(run, UINT64_MAX);
                link_open(run, &run->links[i], has_sources ? i + 1 : 0);
        }
        while (run->connecting_count > 0 && !is_interrupted)
                run_wait(run, UINT64_MAX);
        if (run->connecting_count > 0)
                take_all_events(run);
        for (uint32_t i = first; i < end && run->connecting_count > 0; i++)
                if (run->links[i].phase == LINK_CONNECTING)
                        link_give_up(run, &run->links[i]);
}

void run_start(struct run *run)
{
        pid_t server = (pid_t)run->options->server_pid;

        if (server != 0)
                run->result->server.has_cpu = server_process_cpu(server, &run->cpu_ns) == 0;
        run->start_ns = run_clock(run);
        run->pace.start_ns = run->start_ns;
}

uint64_t run_end_ns(const struct run *run)
{
        if (is_interrupted)
                return 0;
        return run->start_ns + run->options->duration_ns;
}

void run_time_over(struct run *run)
{
        if (run->is_finishing)
                return;
        run->result->open_connections = run->open_count;
        run->is_finishing = true;
}

void run_measured(struct run *run)
{
        struct result_server *server = &run->result->server;
        uint64_t cpu_ns = 0;

        run_time_over(run);
        run->result->elapsed_ns = run_clock(run) - run->start_ns;
        if (!server->has_cpu)
                return;
        /* The time of ended children is gone if the server does not wait for them. */
        server->has_cpu = server_process_cpu((pid_t)run->options->server_pid, &cpu_ns) == 0 &&
                          cpu_ns >= run->cpu_ns;
        if (server->has_cpu)
                server->cpu_ns = cpu_ns - run->cpu_ns;
}

void run_finish(struct run *run)
{
        run_time_over(run);
        for (uint32_t i = 0; i < run->link_count; i++)
                if (link_is_open(&run->links[i]))
                        link_stop(run, &run->links[i]);
        while (run->open_count > 0)
                run_wait(run, UINT64_MAX);
}
