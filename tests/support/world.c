/* SPDX-License-Identifier: MIT */
#include "support/world.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>

#include "shell/listener.h"
#include "shell/sys.h"
#include "shell/worker.h"
#include "support/clients.h"
#include "support/logbook.h"
#include "support/oracle.h"
#include "support/oracle_admission.h"
#include "support/senders.h"
#include "support/world_admission.h"
#include "support/world_datagrams.h"

enum {
        PAGE = 4096,
        WORKERS_MAX = LOGBOOK_WORKERS_MAX,
        CROWD_MAX = 80,
        QUIET_MAX = 8,       /* rounds that achieve nothing, in a row */
        SETTLE_MAX = 100000, /* rounds until the server sleeps */
        FINISH_MAX = 100000, /* rounds without a byte until everything is over */
};

static const uint64_t ms_ns = 1000000;

static struct {
        struct choice *choice;
        struct worker workers[WORKERS_MAX];
        struct counters counters[WORKERS_MAX];
        int results[WORKERS_MAX]; /* of the latest worker_step() */
        uint32_t worker_count;
        struct worker_config config;
        struct quota connections;
        struct clients_settings clients;
        uint32_t senders_part; /* of 16 who act; the others are clients */
} world;

static uint32_t below(uint32_t limit)
{
        return choice_below(world.choice, limit);
}

#define ONE_OF(array) ((array)[below(sizeof(array) / sizeof((array)[0]))])

static void draw_config(void)
{
        static const uint32_t connections[] = { 24, 1, 2, 8 };
        static const uint32_t blocks[] = { 4, 0, 1, 2 };
        static const uint32_t pages[] = { 1, 1, 2, 1, 8, 1, 2, 32 };
        static const uint64_t idle_ms[] = { 300000, 0, 5, 1000 };
        static const uint64_t stall_ms[] = { 30000, 0, 5, 500, 2000000000 };
        static const uint64_t drain_ms[] = { 30000, 0, 5, 1000, UINT64_MAX / 1000000 };

        world.config = (struct worker_config){
                .max_connections = ONE_OF(connections),
                .block_count = ONE_OF(blocks),
                .scratch_size = ONE_OF(pages) * PAGE,
                .limits = { .idle_ns = ONE_OF(idle_ms) * ms_ns,
                            .stall_ns = ONE_OF(stall_ms) * ms_ns },
                .drain_timeout_ns = ONE_OF(drain_ms) * ms_ns,
                .admission = world_admission_draw(world.choice),
        };
}

/* Which kinds of faults there are in this run, and how often. */
static void draw_faults(uint32_t ret_rates[SIM_FAULT_COUNT])
{
        static const uint32_t rates[] = { 0, 0, 0, 64, 700, 6000, 20000 };

        for (unsigned kind = 1; kind < SIM_FAULT_COUNT; kind++)
                ret_rates[kind] = ONE_OF(rates);
        /* These end connections, or many calls: too many leave nothing to look at. */
        static const unsigned grave[] = { SIM_RESET,         SIM_VANISH,        SIM_ACCEPT_GONE,
                                          SIM_ACCEPT_STICKY, SIM_WATCH_REFUSED, SIM_DATAGRAM_ERROR,
                                          SIM_ANSWER_REFUSED };
        for (unsigned i = 0; i < sizeof(grave) / sizeof(grave[0]); i++)
                ret_rates[grave[i]] /= 16;
        if (below(8) == 7)
                memset(ret_rates, 0, SIM_FAULT_COUNT * sizeof(ret_rates[0]));
}

static struct sim_settings draw_kernel(FILE *trace)
{
        static const uint32_t buffers[] = { 4096, 1, 64, 1500, 20000, 300000 };
        /* Descriptors for connections, besides stdio, the log's and six of each worker. */
        static const uint32_t spare[] = { 100, 1, 6, 100 };

        return (struct sim_settings){ .buffer_max = ONE_OF(buffers),
                                      .descriptors = 4 + 6 * world.worker_count + ONE_OF(spare),
                                      .trace = trace };
}

static void draw_datagrams(const struct world_settings *settings, struct sim_settings *kernel)
{
        world_datagrams_draw(world.choice, settings->are_datagrams);
        if (world_datagrams_receivers() == 0)
                return;
        kernel->descriptors += world_datagrams_receivers() * world.worker_count;
        kernel->datagrams_max = SIM_DATAGRAMS_MAX - below(SIM_DATAGRAMS_MAX);
        world.senders_part = settings->are_datagrams ? 15 : 4 + below(12);
}

static void draw_clients(void)
{
        static const uint32_t messages[] = { 1 << 20, 64, 1500, 16384 };

        world.clients.count = CLIENTS_MAX - below(CLIENTS_MAX);
        world.clients.connection_max = below(2) == 0 ? UINT32_MAX : 1 + below(200);
        world.clients.message_max = ONE_OF(messages);
        world.clients.headers =
            below(2) == 0 ? UINT32_MAX : 1 + below((UINT32_C(1) << HEADER_KIND_COUNT) - 1);
        world.clients.parts =
            below(4) == 0 ? UINT32_MAX : 1 + below((UINT32_C(1) << clients_part_count()) - 1);
}

/* A socket for each worker, or one that all share. */
static void listen_by(const int *fds, bool is_unix, bool is_proxied)
{
        for (uint32_t i = 0; i < world.worker_count; i++) {
                struct listener listener = { .fd = fds[i],
                                             .is_unix = is_unix,
                                             .is_shared = is_unix,
                                             .is_proxied = is_proxied };
                if (is_proxied)
                        sim_expect_headers(fds[i]);
                if (worker_listen(&world.workers[i], &listener) < 0)
                        sim_fail("a worker does not listen");
        }
}

static void open_tcp(bool is_proxied)
{
        uint32_t place = world.clients.port_count++;
        struct sockaddr_in6 address = { .sin6_family = below(2) == 0 ? AF_INET : AF_INET6 };
        uint32_t size = address.sin6_family == AF_INET ? sizeof(struct sockaddr_in)
                                                       : sizeof(struct sockaddr_in6);
        struct listener_setup setup = { .address = (const struct sockaddr *)&address,
                                        .address_size = size,
                                        .is_dual = address.sin6_family == AF_INET6,
                                        .stall_ns = world.config.limits.stall_ns };
        int fds[WORKERS_MAX];

        if (listener_open(&setup, fds, world.worker_count) < 0 ||
            sys_getsockname(fds[0], (struct sockaddr *)&address, &size) < 0)
                sim_fail("no listener can be opened");
        listen_by(fds, false, is_proxied);
        world.clients.source_counts[place] =
            address.sin6_family == AF_INET ? ORACLE_IP4_SOURCES : ORACLE_SOURCES;
        world.clients.ports[place] = ntohs(address.sin6_port);
}

static void open_unix(void)
{
        uint32_t place = world.clients.port_count++;
        int fds[WORKERS_MAX];

        world.clients.source_counts[place] = 1;
        fds[0] = sim_listen_unix(&world.clients.ports[place]);
        for (uint32_t i = 1; i < world.worker_count; i++)
                fds[i] = sim_duplicate(fds[0]);
        listen_by(fds, true, below(4) == 3);
}

static void open_worker(uint32_t index)
{
        struct worker_config config = world.config;

        config.connections = &world.connections;
        config.teller = logbook_teller(index, below(2) == 0);
        if (worker_open(&world.workers[index], &config, &world.counters[index]) < 0)
                sim_fail("the server does not open");
        world.results[index] = WORKER_RUNS;
}

static void open_server(void)
{
        logbook_open();
        for (uint32_t i = 0; i < world.worker_count; i++)
                open_worker(i);
        open_tcp(false);
        if (below(2) == 0)
                open_unix();
        if (below(4) >= 2)
                open_tcp(true);
}

static void close_server(void)
{
        logbook_close(world.workers, world.worker_count);
        oracle_expect_close();
        for (uint32_t i = 0; i < world.worker_count; i++)
                worker_close(&world.workers[i]);
}

static bool are_drained(void)
{
        bool are = true;

        for (uint32_t i = 0; i < world.worker_count; i++)
                are = are && world.results[i] == WORKER_DRAINED;
        return are;
}

/* One round of a worker; true when it sleeps, or is done. */
static bool step(uint32_t index, int timeout_ms)
{
        if (world.results[index] == WORKER_DRAINED)
                return true;
        sim_step(index);
        world.results[index] = worker_step(&world.workers[index], timeout_ms);
        if (world.results[index] < 0)
                sim_fail("worker %u failed: %d", index, world.results[index]);
        oracle_step(index);
        return world.results[index] == WORKER_DRAINED || sim_sleeps_until(index) != 0;
}

/* One round of each; true when all sleep. */
static bool step_all(void)
{
        bool are_asleep = true;

        for (uint32_t i = 0; i < world.worker_count; i++)
                are_asleep = step(i, -1) && are_asleep;
        return are_asleep;
}

/* The server works until it has nothing to do: without new events that must come soon. */
static void settle(void)
{
        unsigned quiet = 0;
        uint64_t progress = 0;

        for (unsigned round = 0; !step_all(); round++) {
                quiet = progress == sim_progress() ? quiet + 1 : 0;
                progress = sim_progress();
                if (quiet > QUIET_MAX)
                        sim_fail("%d rounds achieved nothing, and it does not sleep", QUIET_MAX);
                if (round > SETTLE_MAX)
                        sim_fail("it does not sleep after %d rounds", SETTLE_MAX);
        }
        oracle_settled();
}

static void drain(void)
{
        for (uint32_t i = 0; i < world.worker_count; i++)
                worker_drain(&world.workers[i]);
}

/* When the first of the workers wakes by itself; 0 = one of them does not sleep. */
static uint64_t wakes_at(void)
{
        uint64_t first_ns = UINT64_MAX;

        for (uint32_t i = 0; i < world.worker_count; i++)
                if (world.results[i] != WORKER_DRAINED && sim_sleeps_until(i) < first_ns)
                        first_ns = sim_sleeps_until(i);
        return first_ns;
}

/* Time passes: a little, until the server wakes by itself, or so much that every limit is over. */
static void pass_time(void)
{
        uint64_t until_ns = wakes_at();
        uint32_t kind = below(16);

        if (kind < 10)
                sim_advance(below(2000) * 1000);
        else if (kind < 15 && until_ns > sim_now() && until_ns != UINT64_MAX)
                sim_advance(until_ns - sim_now() - (until_ns - sim_now() > 1 ? below(2) : 0));
        else if (kind == 15)
                sim_advance((uint64_t)choice_size(world.choice, 600000) * ms_ns);
}

static void act(bool may_drain)
{
        static const int timeouts[] = { -1, -1, -1, -1, -1, 0, 3, 100 };
        uint32_t what = below(64);

        if (what < 43 && world.senders_part > 0 && !are_drained() && below(16) < world.senders_part)
                senders_act();
        else if (what < 43)
                clients_act();
        else if (what < 44)
                clients_crowd(below(8) == 7 ? below(CROWD_MAX) : 0);
        else if (what < 57)
                (void)step(below(world.worker_count), ONE_OF(timeouts));
        else if (what < 61)
                settle();
        else if (what < 62)
                logbook_read();
        else if (what < 63 || !may_drain)
                pass_time();
        else if (below(32) == 31)
                drain();
}

/* Wakes the server when it asked for, until its deadlines have ended whoever does not cooperate. */
static void wait_for_server(void)
{
        uint64_t until_ns = wakes_at();

        if (until_ns != UINT64_MAX && until_ns > sim_now())
                sim_advance(until_ns - sim_now());
}

/* Clients end by what they do; time passes only when that achieves nothing any more. */
static void finish(void)
{
        uint64_t progress = 0;
        uint64_t bytes = 0;
        unsigned rounds = 0;

        sim_heal();
        settle();
        if (world_datagrams_receivers() > 0)
                senders_finish();
        for (settle(); !clients_finish(); settle()) {
                if (progress == sim_progress())
                        wait_for_server();
                progress = sim_progress();
                /* A large queue leaves by a window of one byte, but it has an end. */
                rounds = bytes == sim_figures()->bytes ? rounds + 1 : 0;
                bytes = sim_figures()->bytes;
                if (rounds > FINISH_MAX)
                        sim_fail("not everything is over after %d rounds", FINISH_MAX);
        }
        drain();
        for (settle(); !are_drained(); settle()) {
                wait_for_server();
                if (rounds++ > FINISH_MAX)
                        sim_fail("not drained after %d rounds", FINISH_MAX);
        }
}

struct world_result world_run(struct choice *choice, const struct world_settings *settings)
{
        memset(&world, 0, sizeof(world));
        world.choice = choice;
        world.worker_count = 1 + below(WORKERS_MAX);
        draw_config();
        struct sim_settings kernel = draw_kernel(settings->trace);
        uint32_t rates[SIM_FAULT_COUNT] = { 0 };
        draw_faults(rates);
        draw_clients();
        bool may_drain = below(2) == 1;
        draw_datagrams(settings, &kernel);

        sim_open(choice, &kernel, oracle_watcher());
        open_server();
        oracle_open(world.workers, world.worker_count);
        if (world_datagrams_receivers() > 0)
                world_datagrams_open(world.workers, world.worker_count);
        sim_disturb(rates);
        clients_open(choice, &world.clients);
        for (uint32_t i = 0; i < settings->steps && !choice_is_exhausted(choice); i++)
                act(may_drain);
        finish();
        oracle_close();
        close_server();
        struct world_result result = { .figures = *sim_figures(),
                                       .complete = clients_complete(),
                                       .hash = sim_hash() };
        sim_close();
        return result;
}
