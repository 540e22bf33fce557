/* SPDX-License-Identifier: MIT */
/* Peers that take nothing, more of them than there are blocks to keep what they are owed. */
#include "one_worker.h"

enum { SECOND = 1000000000, CLIENTS = 3, LARGE = 1 << 20 };

static const struct sim_settings settings = { .descriptors = SIM_DESCRIPTORS_MAX,
                                              .buffer_max = 100 };
static const struct worker_config config = { .connections = &quota,
                                             .max_connections = CLIENTS,
                                             .block_count = 1,
                                             .scratch_size = 4096,
                                             .limits = { .stall_ns = SECOND } };

static int clients[CLIENTS];

/* Until the kernel's buffers are full in both directions. */
static void send_all_they_can(void)
{
        uint64_t sent = 1;

        while (sent > 0) {
                sent = 0;
                for (unsigned i = 0; i < CLIENTS; i++)
                        sent += sim_client_send(clients[i], LARGE, false);
                one_worker_step();
        }
}

static uint64_t stalled(void)
{
        return counter_read(&counters.closed[CONN_END_STALL]);
}

START_TEST(who_takes_nothing_is_reset_with_a_block_and_without)
{
        one_worker_open(&settings, &config, false);
        for (unsigned i = 0; i < CLIENTS; i++)
                clients[i] = sim_client_connect(port);
        send_all_they_can();
        ck_assert_uint_eq(counter_read(&counters.parked), 1);
        ck_assert_uint_gt(counter_read(&counters.peek_turns), 0);
        sim_advance(SECOND - SECOND / 100);
        one_worker_step();
        ck_assert_uint_eq(stalled(), 0);
        sim_advance(SECOND / 50);
        one_worker_step();
        ck_assert_uint_eq(stalled(), CLIENTS);
        for (unsigned i = 0; i < CLIENTS; i++)
                sim_client_forget(clients[i]);
        one_worker_close();
}
END_TEST

int main(void)
{
        const TTest *const tests[] = { who_takes_nothing_is_reset_with_a_block_and_without };

        return SUITE_RUN("worker stall", tests);
}
