/* SPDX-License-Identifier: MIT */
#include "probe/modes.h"
#include "probe/run.h"
#include "probe/server_process.h"

/* Messages at a time, so that a latency is the server's and not that of a queue here. */
enum { TALKING_MOST = 64 };

/* What a server does with a connection may follow a while after the kernel has accepted it. */
static const uint64_t settle_ns = 300 * UINT64_C(1000000);

static const struct run_mode idle = { 0 };

static void settle(struct run *run)
{
        uint64_t end_ns = run_clock(run) + settle_ns;

        while (run->now_ns < end_ns)
                run_wait(run, end_ns);
}

/* The server's memory, once it has taken all in; false if that is not to be known. */
static bool read_memory(struct run *run, uint64_t *ret_size)
{
        pid_t server = (pid_t)run->options->server_pid;

        if (server == 0)
                return false;
        settle(run);
        return server_process_memory(server, ret_size) == 0;
}

/* The first tenth pays for what a server sets up once. */
static void open_and_weigh(struct run *run)
{
        struct result_server *server = &run->result->server;
        uint32_t first = run->link_count / 10;
        uint64_t first_size = 0;

        run_open_links(run, 0, first, true);
        bool has_first = read_memory(run, &first_size);
        run_open_links(run, first, run->link_count, true);
        server->has_memory = read_memory(run, &server->memory_size) && has_first;
        server->memory_per_connection =
            ((double)server->memory_size - (double)first_size) / (double)(run->link_count - first);
}

static void hold(struct run *run)
{
        run_start(run);
        while (run->open_count > 0 && run->now_ns < run_end_ns(run))
                run_wait(run, run_end_ns(run));
        run_measured(run);
}

static void talk(struct run *run)
{
        const uint64_t most = TALKING_MOST * run->options->message_size;
        uint32_t next = 0;

        while (next < run->link_count) {
                for (; next < run->link_count && run->in_flight < most; next++)
                        if (link_is_open(&run->links[next]))
                                link_send(run, &run->links[next]);
                run_wait(run, UINT64_MAX);
        }
}

void mode_idle(const struct probe_options *options, struct result *result)
{
        struct run run;

        run_open(&run, options, &idle, result);
        run_make_links(&run);
        for (uint32_t i = 0; i < run.link_count; i++)
                run.links[i].stream.limit = 1;
        open_and_weigh(&run);
        hold(&run);
        talk(&run);
        run_finish(&run);
        run_close(&run);
}
