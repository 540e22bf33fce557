/* SPDX-License-Identifier: MIT */
/* Ten thousand who send as much as they can, and hardly read. */
#include <signal.h>
#include <sys/resource.h>

#include "balance.h"
#include "cable.h"
#include "figures.h"
#include "limit.h"
#include "live.h"
#include "probe.h"
#include "suite.h"

/* Each reads 1280 bytes a second. */
enum {
        CROWDS = 5,
        CROWD = 2000, /* connections of a process */
        SLOW = CROWDS * CROWD,
        HEALTHY = 16,
        DESCRIPTORS = SLOW + 1000,
        POOL = 64 << 20, /* bytes; --buffer-memory, by default */
};

static struct server server;
static struct probe crowds[CROWDS];
static struct probe healthy;

/* The most memory that the server has for as long as the healthy client runs. */
static uint64_t watch_memory(void)
{
        uint64_t most = 0;

        while (process_is_alive(&healthy.process)) {
                uint64_t now = figures_memory(&server.process);
                most = now > most ? now : most;
                limit_watch(100);
        }
        return most;
}

/*
 * The buffers of the kernel are small: ten thousand connections of the usual size would take all
 * the memory that it has for TCP, and then nobody gets a byte through, on the whole machine.
 */
START_TEST(healthy_clients_do_not_notice_a_crowd_of_slow_readers)
{
        /* No question of time: on a busy machine even they take less than they would. */
        const char *const arguments[] = { "--workers=2", "--stall-timeout=0", NULL };
        char target[PROBE_TARGET_SIZE];
        uint64_t bytes = 0;

        cable_set("net/ipv4/tcp_rmem", "4096 16384 16384");
        cable_set("net/ipv4/tcp_wmem", "4096 16384 16384");
        cable_serve(&server, arguments);
        struct balance balance = balance_of(&server);
        snprintf(target, sizeof(target), "tcp:" CABLE_IP4 ":%u", server.port);
        for (unsigned i = 0; i < CROWDS; i++)
                probe_start(&crowds[i], target, "--mode slow -c 2000 -d 1h -s 128 --timeout 200s");
        live_await_open(&server, SLOW);
        server_await_figure_least(&server, "parked", 1);
        probe_start(&healthy, target, "-c 16 -d 10s -s 1000 --half-close --timeout 60s");
        uint64_t most = watch_memory();
        uint64_t parked = server_figure(&server, "parked");
        live_finish(&healthy);
        probe_expect_ok(&healthy);
        ck_assert_uint_eq(server_figure(&server, "open"), SLOW);
        /* One crowd dies, and leaves all that it is owed. */
        process_signal(&crowds[0].process, SIGKILL);
        ck_assert_int_eq(process_wait(&crowds[0].process), 128 + SIGKILL);
        for (unsigned i = 1; i < CROWDS; i++)
                process_signal(&crowds[i].process, SIGINT);
        for (unsigned i = 1; i < CROWDS; i++) {
                live_finish(&crowds[i]);
                probe_expect_ok(&crowds[i]);
                bytes += probe_count(&crowds[i], "received_bytes");
        }
        live_tell(
            "slow readers: %d of them, %llu waited in a block, memory %llu KiB at most; %d were "
            "killed, %llu bytes of all others came back, each one",
            SLOW, (unsigned long long)parked, (unsigned long long)most >> 10, CROWD,
            (unsigned long long)bytes);
        ck_assert_uint_le(most, balance.memory + POOL + balance_room(&server, SLOW + HEALTHY));
        live_tell("slow readers: beside them %llu messages of %d others came back, p99 %llu us",
                  (unsigned long long)probe_count(&healthy, "messages"), HEALTHY,
                  (unsigned long long)probe_count(&healthy, "latency_ns.p99") / 1000);
        server_await_all_closed(&server, SLOW + HEALTHY);
        balance_expect(&balance, &server, SLOW + HEALTHY);
        server_stop(&server);
}
END_TEST

/* A server has what its starter may have. */
static bool has_descriptors(void)
{
        struct rlimit limit = { 0 };

        if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max >= DESCRIPTORS)
                return true;
        limit.rlim_cur = limit.rlim_max = DESCRIPTORS;
        return setrlimit(RLIMIT_NOFILE, &limit) == 0 ||
               live_is_skipped("a process may not have 11000 descriptors here");
}

int main(void)
{
        static const char *const programs[] = { "ip", NULL };
        TCase *tcase = tcase_create("slow readers");

        if (!live_is_possible(programs) || !has_descriptors() || !cable_lay())
                return SUITE_SKIPPED;
        tcase_add_test(tcase, healthy_clients_do_not_notice_a_crowd_of_slow_readers);
        return suite_run(tcase);
}
