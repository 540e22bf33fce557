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

static struct quota quota;

static const struct worker_config config = { .connections = &quota,
                                             .max_connections = 8,
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
        struct listener_setup setup = { .address = (const struct sockaddr *)&address,
                                        .address_size = size };
        struct listener listener = { 0 };
        ck_assert_int_eq(listener_open(&setup, &listener.fd, 1), 0);
        ck_assert_int_eq(sys_getsockname(listener.fd, (struct sockaddr *)&address, &size), 0);
        ck_assert_int_eq(worker_listen(&worker, &listener), 0);
        port = ntohs(address.sin_port);
}

/* Another listener of the worker, a Unix socket. */
static uint16_t listen_unix(void)
{
        uint16_t unix_port = 0;
        struct listener listener = { .fd = sim_listen_unix(&unix_port), .is_unix = true };

        ck_assert_int_eq(worker_listen(&worker, &listener), 0);
        return unix_port;
}

static void stop(void)
{
        worker_close(&worker);
        sim_close();
}

static void step(unsigned rounds)
{
        while (rounds-- > 0) {
                sim_step(0);
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
                sim_advance(sim_sleeps_until(0) - sim_now());
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

START_TEST(round_moves_one_scratch_buffer_of_a_connection_that_has_more)
{
        const struct sim_settings settings = { .descriptors = SIM_DESCRIPTORS_MAX,
                                               .buffer_min = 1 << 20,
                                               .buffer_max = 1 << 20 };

        start(&settings);
        int client = sim_client_connect(port);
        step(2);
        ck_assert_uint_eq(sim_client_send(client, 3 * config.scratch_size, false),
                          3 * config.scratch_size);
        for (unsigned round = 1; round <= 3; round++) {
                step(1);
                ck_assert_uint_eq(sim_link(client)->echoed, round * config.scratch_size);
        }
        sim_client_forget(client);
        stop();
}
END_TEST

/* It is on the ready list, and an event comes for it. */
START_TEST(round_moves_one_scratch_buffer_of_a_connection_that_has_more_and_gets_more)
{
        const struct sim_settings settings = { .descriptors = SIM_DESCRIPTORS_MAX,
                                               .buffer_min = 1 << 20,
                                               .buffer_max = 1 << 20 };

        start(&settings);
        int client = sim_client_connect(port);
        step(2);
        for (unsigned round = 1; round <= 3; round++) {
                ck_assert_uint_eq(sim_client_send(client, 3 * config.scratch_size, false),
                                  3 * config.scratch_size);
                step(1);
                ck_assert_uint_eq(sim_link(client)->echoed, round * config.scratch_size);
        }
        sim_client_forget(client);
        stop();
}
END_TEST

START_TEST(neither_messages_nor_connections_set_the_timer)
{
        enum { CLIENTS = 4, MESSAGES = 100 };
        const struct sim_settings settings = { .descriptors = SIM_DESCRIPTORS_MAX,
                                               .buffer_max = 1000 };
        int clients[CLIENTS];

        start(&settings);
        for (unsigned i = 0; i < CLIENTS; i++) {
                sim_advance(1000000);
                clients[i] = sim_client_connect(port);
                step(3);
        }
        for (unsigned i = 0; i < MESSAGES; i++) {
                sim_advance(1000000);
                ck_assert_uint_eq(sim_client_send(clients[i % CLIENTS], 1, false), 1);
                step(2);
                ck_assert_uint_eq(sim_client_receive(clients[i % CLIENTS], 1), 1);
        }
        ck_assert_uint_eq(counter_read(&counters.accepted), CLIENTS);
        /* Once for the first idle deadline, and whenever the wheel sorts some finer. */
        ck_assert_uint_le(sim_figures()->timer_sets, 4);
        for (unsigned i = 0; i < CLIENTS; i++)
                sim_client_forget(clients[i]);
        stop();
}
END_TEST

START_TEST(worker_that_cannot_set_its_timer_ends)
{
        const struct sim_settings settings = { .descriptors = SIM_DESCRIPTORS_MAX,
                                               .buffer_max = 1000 };
        const struct sim_injection injection = {
                .call = SIM_TIMER_SET, .first = 1, .count = 1, .error = EINVAL
        };

        start(&settings);
        sim_inject(&injection);
        int client = sim_client_connect(port);
        step(1);
        sim_step(0);
        ck_assert_int_eq(worker_step(&worker, -1), -EINVAL);
        sim_client_forget(client);
        stop();
}
END_TEST

/* Nobody tells of the room that is there by then. */
START_TEST(unix_connection_that_may_not_ask_for_room_tries_again)
{
        const struct sim_settings settings = { .descriptors = SIM_DESCRIPTORS_MAX,
                                               .buffer_min = 10,
                                               .buffer_max = 10 };

        start(&settings);
        int client = sim_client_connect(listen_unix());
        step(2);
        /* Two of the waker, two listeners, the connection; then what it asks. */
        sim_inject(&(struct sim_injection){
            .call = SIM_POLL_SET, .first = 6, .count = 1, .error = ENOMEM });
        uint32_t sent = 0;
        for (unsigned i = 0; i < 2; i++) {
                sent += sim_client_send(client, 100, false);
                step(2);
        }
        ck_assert_uint_eq(sim_figures()->injected, 1);
        uint32_t taken = sim_client_receive(client, 100);
        ck_assert_uint_lt(taken, sent);
        sim_advance(100000000);
        step(2);
        ck_assert_uint_gt(sim_client_readable(client), 0);
        sim_client_reset(client);
        sim_client_forget(client);
        step(2);
        stop();
}
END_TEST

/* Without SO_OOBINLINE an urgent byte would be lost, and the client none the wiser. */
START_TEST(unix_connection_whose_option_cannot_be_set_is_refused)
{
        const struct sim_settings settings = { .descriptors = SIM_DESCRIPTORS_MAX,
                                               .buffer_max = 100 };
        struct sim_injection injection = {
                .call = SIM_SETSOCKOPT_INT, .first = 1, .count = UINT64_MAX, .error = ENOMEM
        };

        start(&settings);
        int client = sim_client_connect(listen_unix());
        sim_inject(&injection);
        step(2);
        ck_assert_uint_eq(counter_read(&counters.refused[REFUSED_NO_MEMORY]), 1);
        ck_assert_uint_eq(counter_read(&counters.accepted), 0);
        ck_assert_uint_eq(quota_held(&quota), 0);
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
                round_moves_one_scratch_buffer_of_a_connection_that_has_more,
                round_moves_one_scratch_buffer_of_a_connection_that_has_more_and_gets_more,
                neither_messages_nor_connections_set_the_timer,
                worker_that_cannot_set_its_timer_ends,
                unix_connection_that_may_not_ask_for_room_tries_again,
                unix_connection_whose_option_cannot_be_set_is_refused,
        };

        return SUITE_RUN("worker", tests);
}
