/* SPDX-License-Identifier: MIT */
#include "probe/modes.h"
#include "probe/run.h"

/* It sends 256 MiB before it has read: a server that takes more has no limit of its own. */
enum { MESSAGE_SIZE = 64 * 1024, DEPTH = 4096 };

static void opened(struct run *run, struct link *link)
{
        link_deafen(run, link);
        link_send(run, link);
}

static void read_little(struct run *run)
{
        for (uint32_t i = 0; i < run->link_count; i++) {
                struct link *link = &run->links[i];
                if (link->phase == LINK_OPEN && link->is_deaf)
                        link_read(run, link, run->deaf_size);
        }
}

static const struct run_mode slow = { .opened = opened, .ticked = read_little };

void mode_slow(const struct probe_options *options, struct result *result)
{
        struct probe_options sending = *options;
        struct run run;

        sending.message_size = MESSAGE_SIZE;
        sending.depth = DEPTH;
        run_open(&run, &sending, &slow, result);
        run_make_links(&run);
        run.deaf_size = options->message_size < RUN_SCRATCH_SIZE ? (uint32_t)options->message_size
                                                                 : RUN_SCRATCH_SIZE;
        run_start(&run);
        run_open_links(&run, 0, run.link_count, false);
        while (run.open_count > 0 && run.now_ns < run_end_ns(&run))
                run_wait(&run, run_end_ns(&run));
        run_measured(&run);
        run_finish(&run);
        run_close(&run);
}
