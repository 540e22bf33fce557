/* SPDX-License-Identifier: MIT */
#include "support/sim.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "shell/sys.h"
#include "support/sim_state.h"

struct sim sim;

static const uint64_t began_ns = UINT64_C(1000000000000);

enum { HEALED_WINDOW = 1024 };

void sim_open(struct choice *choice, const struct sim_settings *settings,
              const struct sim_watcher *watcher)
{
        memset(&sim, 0, sizeof(sim));
        sim.choice = choice;
        sim.settings = *settings;
        sim.watcher = watcher;
        sim.now_ns = began_ns;
        for (unsigned i = 0; i < SIM_POLLS_MAX; i++)
                sim.polls[i] = (struct sim_poll){ .fd = -1, .drain_ns = UINT64_MAX };
        sim_memory_open();
        sim_datagrams_open();
}

void sim_disturb(const uint32_t rates[SIM_FAULT_COUNT])
{
        memcpy(sim.settings.rates, rates, sizeof(sim.settings.rates));
}

/* Byte by byte a full queue would leave in a million events, which look all alike. */
static void open_window(struct sim_link *link)
{
        if (link->is_unix || link->window >= HEALED_WINDOW)
                return;
        link->window = HEALED_WINDOW;
        if (link->is_server_closed)
                return;
        sim_link_wake_for_space(link);
        sim_link_take_finish(link);
}

void sim_heal(void)
{
        memset(sim.settings.rates, 0, sizeof(sim.settings.rates));
        sim.sticky_left = 0;
        sim.injection.first = 0;
        sim.progress++;
        for (unsigned i = 0; i < SIM_LINKS_MAX; i++) {
                if (!sim.links[i].is_used)
                        continue;
                if (sim.links[i].is_dark)
                        sim_link_break(&sim.links[i], ECONNRESET);
                else
                        open_window(&sim.links[i]);
        }
}

void sim_close(void)
{
        for (int fd = 0; fd < SIM_DESCRIPTORS_MAX; fd++)
                if (sim.descriptors[fd].kind != SIM_FREE)
                        sim_fail("descriptor %d was left open", fd);
        for (unsigned i = 0; i < SIM_LINKS_MAX; i++)
                if (sim.links[i].is_used)
                        sim_fail("connection %" PRIu32 " was left", sim.links[i].ordinal);
        sim_memory_close();
}

void sim_inject(const struct sim_injection *injection)
{
        sim.injection = *injection;
}

void sim_fail(const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        fflush(stdout);
        fprintf(stderr,
                "simulation failed at event %" PRIu64 ", %" PRIu64 " ns: ", sim.figures.events,
                sim.now_ns - began_ns);
        vfprintf(stderr, format, arguments);
        fputc('\n', stderr);
        va_end(arguments);
        abort();
}

void sim_note(const char *what, int64_t a, int64_t b, int64_t result)
{
        const uint64_t prime = UINT64_C(0x9e3779b97f4a7c15);

        sim.figures.events++;
        sim.hash = (sim.hash ^ (uint64_t)what[0] ^ (uint64_t)a << 8) * prime;
        sim.hash = (sim.hash ^ sim.hash >> 29 ^ (uint64_t)b) * prime;
        sim.hash = (sim.hash ^ sim.hash >> 32 ^ (uint64_t)result) * prime;
        if (sim.settings.trace == NULL)
                return;
        fprintf(sim.settings.trace, "%10" PRIu64 " %s %" PRId64 " %" PRId64 " = %" PRId64 "\n",
                sim.now_ns - began_ns, what, a, b, result);
}

int sim_enter(enum sim_call call)
{
        if (++sim.step_calls > SIM_CALLS_PER_STEP)
                sim_fail("a round of more than %d calls", SIM_CALLS_PER_STEP);
        uint64_t number = ++sim.calls[call];
        const struct sim_injection *injection = &sim.injection;
        if (injection->first == 0 || call != injection->call || number < injection->first ||
            number - injection->first >= injection->count)
                return 0;
        sim.figures.injected++;
        return -injection->error;
}

enum sim_fault sim_draw(const enum sim_fault *kinds, uint32_t count)
{
        uint32_t total = 0;

        for (uint32_t i = 0; i < count; i++)
                total += sim.settings.rates[kinds[i]];
        if (total == 0)
                return SIM_NO_FAULT;
        uint32_t part = choice_part(sim.choice);
        for (uint32_t i = 0; i < count; i++) {
                uint32_t rate = sim.settings.rates[kinds[i]];
                if (part < rate) {
                        sim.figures.faults[kinds[i]]++;
                        sim.figures.faults[SIM_NO_FAULT]++;
                        sim.progress++;
                        return kinds[i];
                }
                part -= rate;
        }
        return SIM_NO_FAULT;
}

struct sim_descriptor *sim_descriptor(int fd, enum sim_kind kind)
{
        if (fd < 0 || fd >= SIM_DESCRIPTORS_MAX || sim.descriptors[fd].kind == SIM_FREE)
                sim_fail("descriptor %d is not open", fd);
        if (kind != SIM_FREE && sim.descriptors[fd].kind != kind)
                sim_fail("descriptor %d is not of the kind that is called for", fd);
        return &sim.descriptors[fd];
}

int sim_descriptor_open(enum sim_kind kind)
{
        int end = (int)sim.settings.descriptors;

        for (int fd = SIM_FIRST_DESCRIPTOR; fd < end && fd < SIM_DESCRIPTORS_MAX; fd++) {
                if (sim.descriptors[fd].kind != SIM_FREE)
                        continue;
                memset(&sim.descriptors[fd], 0, sizeof(sim.descriptors[fd]));
                sim.descriptors[fd].kind = kind;
                return fd;
        }
        return -EMFILE;
}

uint64_t sim_now(void)
{
        return sim.now_ns;
}

/* A peer that no longer answers is given up after TCP_USER_TIMEOUT, if it owes acknowledgements. */
static void give_up(struct sim_link *link)
{
        uint64_t timeout_ns = link->options.user_timeout_ns;

        if (!link->is_used || !link->is_dark || link->is_dead || link->is_server_closed ||
            timeout_ns == 0 || link->echoed == link->taken ||
            sim.now_ns - link->dark_ns < timeout_ns)
                return;
        sim_link_break(link, ETIMEDOUT);
}

void sim_advance(uint64_t ns)
{
        sim.now_ns += ns;
        sim_note("clock", (int64_t)ns, 0, 0);
        sim_timers_fire();
        for (unsigned i = 0; i < SIM_LINKS_MAX && sim.dark_count > 0; i++)
                give_up(&sim.links[i]);
}

uint64_t sim_sleeps_until(uint32_t worker)
{
        return sim.polls[worker].sleeps_until_ns;
}

uint64_t sim_progress(void)
{
        return sim.progress;
}

void sim_step(uint32_t worker)
{
        sim.steps++;
        sim.step_calls = 0;
        sim.current = worker;
        sim.polls[worker].sleeps_until_ns = 0;
}

uint64_t sim_steps(void)
{
        return sim.steps;
}

uint64_t sim_drain_began(uint32_t worker)
{
        return sim.polls[worker].drain_ns;
}

uint32_t sim_watched(uint32_t worker)
{
        return sim.polls[worker].watched;
}

uint32_t sim_waiting(void)
{
        return sim.waiting;
}

bool sim_has_closed_since_pause(uint32_t worker)
{
        return sim.polls[worker].has_closed_since_pause;
}

uint64_t sim_hash(void)
{
        return sim.hash;
}

const struct sim_figures *sim_figures(void)
{
        return &sim.figures;
}

uint64_t sys_clock(void)
{
        (void)sim_enter(SIM_CLOCK);
        sim.polls[sim.current].read_ns = sim.now_ns;
        sim_note("sys_clock", 0, 0, (int64_t)(sim.now_ns - began_ns));
        return sim.now_ns;
}
