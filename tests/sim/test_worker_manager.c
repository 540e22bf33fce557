/* SPDX-License-Identifier: MIT */
/* What a service manager wants of a worker: its listeners are left to it, and it may ask. */
#include <errno.h>

#include "one_worker.h"

static const struct sim_settings settings = { .descriptors = SIM_DESCRIPTORS_MAX,
                                              .buffer_max = 100 };
static const struct worker_config config = { .connections = &quota,
                                             .max_connections = 8,
                                             .block_count = 4,
                                             .scratch_size = 4096,
                                             .limits = { .idle_ns = 1000000000,
                                                         .stall_ns = 1000000000 },
                                             .drain_timeout_ns = 1000000000 };

static struct listener inherited;
static struct worker second;
static struct counters second_counters;

/* A listener of a service manager, which keeps it; returns what it keeps. */
static int inherit(uint16_t *ret_port)
{
        inherited = (struct listener){ .fd = sim_listen_unix(ret_port),
                                       .is_unix = true,
                                       .is_inherited = true };
        int kept = sim_duplicate(inherited.fd);

        ck_assert_int_eq(worker_listen(&worker, &inherited), 0);
        return kept;
}

static void step(unsigned rounds)
{
        while (rounds-- > 0) {
                sim_step(0);
                ck_assert_int_ge(worker_step(&worker, -1), 0);
        }
}

START_TEST(who_waits_at_an_inherited_listener_is_served_by_the_next_server)
{
        uint16_t inherited_port;

        one_worker_open(&settings, &config, false);
        int kept = inherit(&inherited_port);
        step(1);
        int early = sim_client_connect(inherited_port);
        worker_drain(&worker);
        step(1);
        int late = sim_client_connect(inherited_port);
        ck_assert_int_ge(late, 0);
        ck_assert_uint_eq(counter_read(&counters.accepted), 0);
        ck_assert_uint_eq(sim_waiting(), 2);
        ck_assert_int_eq(worker_step(&worker, 0), WORKER_DRAINED);
        ck_assert_int_eq(sim_client_connect(port), -ECONNREFUSED);

        ck_assert_int_eq(worker_open(&second, &config, &second_counters), 0);
        inherited.fd = kept;
        ck_assert_int_eq(worker_listen(&second, &inherited), 0);
        ck_assert_uint_eq(sim_client_send(early, 10, false), 10);
        ck_assert_uint_eq(sim_client_send(late, 10, false), 10);
        for (unsigned i = 0; i < 3; i++)
                ck_assert_int_eq(worker_step(&second, -1), WORKER_RUNS);
        ck_assert_uint_eq(sim_client_receive(early, 100), 10);
        ck_assert_uint_eq(sim_client_receive(late, 100), 10);
        sim_client_forget(early);
        sim_client_forget(late);
        worker_close(&second);
        one_worker_close();
}
END_TEST

START_TEST(closing_leaves_an_inherited_listener_open)
{
        uint16_t inherited_port;

        one_worker_open(&settings, &config, false);
        int kept = inherit(&inherited_port);
        step(1);
        worker_close(&worker);
        int client = sim_client_connect(inherited_port);
        ck_assert_int_ge(client, 0);
        ck_assert_int_eq(sys_close(kept), 0);
        sim_client_forget(client);
        sim_close();
}
END_TEST

START_TEST(idle_worker_makes_a_round_when_it_is_asked)
{
        one_worker_open(&settings, &config, false);
        ck_assert(worker_has_answered(&worker));
        step(2);
        ck_assert_uint_eq(sim_sleeps_until(0), UINT64_MAX);
        for (unsigned i = 0; i < 3; i++) {
                worker_ask(&worker);
                ck_assert(!worker_has_answered(&worker));
                step(1);
                ck_assert(worker_has_answered(&worker));
                step(1);
                ck_assert_uint_eq(sim_sleeps_until(0), UINT64_MAX);
        }
        /* It was a sign of life, and nothing else. */
        int client = sim_client_connect(port);
        step(2);
        ck_assert_uint_eq(counter_read(&counters.accepted), 1);
        sim_client_forget(client);
        one_worker_close();
}
END_TEST

/* Rounds that began before it was asked are none of the answer. */
START_TEST(worker_that_makes_no_round_does_not_answer)
{
        one_worker_open(&settings, &config, false);
        ck_assert_int_eq(worker_open(&second, &config, &second_counters), 0);
        worker_ask(&worker);
        worker_ask(&second);
        step(3);
        ck_assert(worker_has_answered(&worker));
        ck_assert(!worker_has_answered(&second));
        sim_advance(UINT64_C(3600) * 1000000000);
        step(3);
        ck_assert(!worker_has_answered(&second));
        ck_assert_int_eq(worker_step(&second, -1), WORKER_RUNS);
        ck_assert(worker_has_answered(&second));
        worker_close(&second);
        one_worker_close();
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                who_waits_at_an_inherited_listener_is_served_by_the_next_server,
                closing_leaves_an_inherited_listener_open,
                idle_worker_makes_a_round_when_it_is_asked,
                worker_that_makes_no_round_does_not_answer,
        };

        return SUITE_RUN("worker manager", tests);
}
