/* SPDX-License-Identifier: MIT */
/* Scenes with one worker on the simulated kernel that chance plays too rarely. */
#include "shell/worker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>

#include "shell/listener.h"
#include "shell/sys.h"
#include "suite.h"
#include "support/sim.h"

static struct choice choice;
static struct worker worker;
static struct counters counters;
static uint16_t port;

static const struct worker_config config = { .max_connections = 8,
                                             .block_count = 4,
                                             .scratch_size = 4096,
                                             .limits = { .idle_ns = 1000000000,
                                                         .stall_ns = 1000000000 },
                                             .drain_timeout_ns = 1000000000 };

static void start(const struct sim_settings *settings)
{
        struct sockaddr_in address = { .sin_family = AF_INET };
        uint32_t size = sizeof(address);

        choice = choice_from_seed(1);
        counters = (struct counters){ 0 };
        sim_open(&choice, settings, NULL);
        ck_assert_int_eq(worker_open(&worker, &config, &counters), 0);
        int fd = listener_open((const struct sockaddr *)&address, size, 0);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(sys_getsockname(fd, (struct sockaddr *)&address, &size), 0);
        ck_assert_int_eq(worker_listen(&worker, fd), 0);
        port = ntohs(address.sin_port);
}

static void stop(void)
{
        worker_close(&worker);
        sim_close();
}

static void step(unsigned rounds)
{
        while (rounds-- > 0) {
                sim_step();
                ck_assert_int_ge(worker_step(&worker, -1), 0);
        }
}

/* One event a wait: the wake-up that tells of draining comes before the edge of the bytes. */
START_TEST(draining_echoes_what_lies_behind_an_urgent_mark_that_was_not_yet_told)
{
        struct sim_settings settings = { .descriptors = SIM_DESCRIPTORS_MAX,
                                         .buffer_max = 1 << 20 };

        settings.rates[SIM_EVENT_FEW] = 65536;
        start(&settings);
        int client = sim_client_connect(port);
        step(4);
        worker_drain(&worker);
        ck_assert_uint_eq(sim_client_send(client, 7, true), 7);
        step(8);
        ck_assert_uint_eq(sim_client_receive(client, 100), 7);
        ck_assert(sim_client_is_at_end(client));
        sim_client_close(client);
        sim_client_forget(client);
        step(2);
        stop();
}
END_TEST

/* A client waits while the next calls of accept fail. */
static int start_refused(uint64_t count, int error)
{
        const struct sim_settings settings = { .descriptors = SIM_DESCRIPTORS_MAX,
                                               .buffer_max = 1 };
        const struct sim_injection injection = {
                .call = SIM_ACCEPT, .first = 1, .count = count, .error = error
        };

        start(&settings);
        sim_inject(&injection);
        return sim_client_connect(port);
}

START_TEST(round_accepts_no_more_than_a_batch)
{
        int client = start_refused(UINT64_MAX, EINTR);

        step(1);
        ck_assert_uint_eq(sim_figures()->injected, WORKER_ACCEPTS_MAX);
        sim_client_forget(client);
        stop();
}
END_TEST

START_TEST(pause_is_counted_once_and_ends_by_itself)
{
        int client = start_refused(2, EMFILE);

        for (unsigned pauses = 1; pauses <= 2; pauses++) {
                step(3);
                ck_assert_uint_eq(counter_read(&counters.accept_pauses), pauses);
                ck_assert_uint_eq(counter_read(&counters.accepted), 0);
                sim_advance(sim_sleeps_until() - sim_now());
        }
        step(3);
        ck_assert_uint_eq(counter_read(&counters.accept_pauses), 2);
        ck_assert_uint_eq(counter_read(&counters.accepted), 1);
        sim_client_forget(client);
        stop();
}
END_TEST

START_TEST(client_that_left_while_it_waited_delays_nobody)
{
        int leaver = start_refused(1, ECONNABORTED);
        int client = sim_client_connect(port);

        step(2);
        ck_assert_uint_eq(counter_read(&counters.accept_errors[ACCEPT_GONE]), 1);
        ck_assert_uint_eq(counter_read(&counters.accept_pauses), 0);
        ck_assert_uint_eq(counter_read(&counters.accepted), 1);
        sim_client_forget(leaver);
        sim_client_forget(client);
        stop();
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                draining_echoes_what_lies_behind_an_urgent_mark_that_was_not_yet_told,
                round_accepts_no_more_than_a_batch,
                pause_is_counted_once_and_ends_by_itself,
                client_that_left_while_it_waited_delays_nobody,
        };

        return SUITE_RUN("worker", tests);
}
