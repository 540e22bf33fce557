/* SPDX-License-Identifier: MIT */
#include "probe/modes.h"
#include "probe/run.h"

/* A link's next connection has the next number: other bytes, and another source. */
static void begin(struct run *run, struct link *link)
{
        uint64_t number = run->result->connections + run->connecting_count;

        link->stream.number = number;
        link->stream.sent = 0;
        link->stream.received = 0;
        link->stream.limit = 1;
        link_open(run, link, number + 1);
}

static bool may_begin(const struct run *run)
{
        uint64_t begun = run->result->connections + run->connecting_count;

        return run->now_ns < run_end_ns(run) &&
               (run->options->count == 0 || begun < run->options->count);
}

static void closed(struct run *run, struct link *link, bool is_whole)
{
        if (is_whole && may_begin(run))
                begin(run, link);
}

static const struct run_mode churn = {
        .opened = link_send,
        .closed = closed,
        .counts_connecting = true,
};

void mode_churn(const struct probe_options *options, struct result *result)
{
        struct run run;

        run_open(&run, options, &churn, result);
        run_make_links(&run);
        run_start(&run);
        for (uint32_t i = 0; i < run.link_count && may_begin(&run); i++)
                begin(&run, &run.links[i]);
        while (run.open_count > 0 && run.now_ns < run_end_ns(&run))
                run_wait(&run, run_end_ns(&run));
        run_finish(&run);
        run_measured(&run);
        run_close(&run);
}
