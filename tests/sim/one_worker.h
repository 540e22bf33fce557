/* SPDX-License-Identifier: MIT */
/* One worker with one listener of both families, on the simulated kernel. */
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>

#include "shell/listener.h"
#include "shell/sys.h"
#include "shell/worker.h"
#include "suite.h"
#include "support/sim.h"

static struct choice choice;
static struct worker worker;
static struct counters counters;
static struct quota quota;
static uint16_t port;

/* Its listener may be for proxies. */
static inline void one_worker_open(const struct sim_settings *settings,
                                   const struct worker_config *config, bool is_proxied)
{
        struct sockaddr_in6 address = { .sin6_family = AF_INET6 };
        uint32_t size = sizeof(address);
        struct listener_setup setup = { .address = (const struct sockaddr *)&address,
                                        .address_size = size,
                                        .is_dual = true };
        struct listener listener = { .is_proxied = is_proxied };

        choice = choice_from_seed(1);
        counters = (struct counters){ 0 };
        sim_open(&choice, settings, NULL);
        ck_assert_int_eq(worker_open(&worker, config, &counters), 0);
        ck_assert_int_eq(listener_open(&setup, &listener.fd, 1), 0);
        ck_assert_int_eq(sys_getsockname(listener.fd, (struct sockaddr *)&address, &size), 0);
        if (is_proxied)
                sim_expect_headers(listener.fd);
        ck_assert_int_eq(worker_listen(&worker, &listener), 0);
        port = ntohs(address.sin6_port);
}

/* Enough rounds for whatever the clients have done by now. */
static inline void one_worker_step(void)
{
        for (unsigned i = 0; i < 4; i++) {
                sim_step(0);
                ck_assert_int_ge(worker_step(&worker, -1), 0);
        }
}

static inline void one_worker_close(void)
{
        worker_close(&worker);
        sim_close();
        ck_assert_uint_eq(quota_held(&quota), 0);
}
