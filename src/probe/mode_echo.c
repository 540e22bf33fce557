/* SPDX-License-Identifier: MIT */
#include "probe/modes.h"
#include "probe/run.h"

/*
 * Nothing is said before all are open. Sockets stay until the server was measured: the time of a
 * child that it has for a connection is not to be seen while that ends.
 */
static const struct run_mode echo = { .keeps_sockets = true };

static void send_from(struct run *run, struct link *link)
{
        if (link->phase == LINK_OPEN && !link->wants_room)
                link_send(run, link);
}

/* All messages that fell due since `number`; returns the next number. */
static uint64_t send_due(struct run *run, uint64_t number)
{
        uint64_t due = pace_count(&run->pace, run_clock(run));

        /* More than one each are sent together. */
        for (uint64_t i = 0; i < run->link_count && number + i < due; i++)
                send_from(run, &run->links[(number + i) % run->link_count]);
        return due;
}

static void follow_schedule(struct run *run)
{
        uint64_t number = 0;

        while (run->open_count > 0 && run->now_ns < run_end_ns(run)) {
                uint64_t due_ns = pace_due(&run->pace, number);
                uint64_t end_ns = run_end_ns(run);
                run_wait(run, due_ns < end_ns ? due_ns : end_ns);
                number = send_due(run, number);
        }
}

static void follow_answers(struct run *run)
{
        for (uint32_t i = 0; i < run->link_count; i++)
                send_from(run, &run->links[i]);
        while (run->open_count > 0 && run->now_ns < run_end_ns(run))
                run_wait(run, run_end_ns(run));
}

void mode_echo(const struct probe_options *options, struct result *result)
{
        struct run run;

        run_open(&run, options, &echo, result);
        run_make_links(&run);
        run_open_links(&run, 0, run.link_count, false);
        run_start(&run);
        if (options->rate > 0)
                follow_schedule(&run);
        else
                follow_answers(&run);
        run_finish(&run);
        run_measured(&run);
        run_close(&run);
}
