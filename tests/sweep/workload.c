/* SPDX-License-Identifier: MIT */
#include "workload.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>

#include "post.h"
#include "shell/listener.h"
#include "shell/sys.h"
#include "shell/worker.h"
#include "support/oracle.h"

enum {
        CONNECTIONS_MAX = 8,
        CLIENTS = 10,
        PORTS = 3,
        PROXIED_PORT = 2, /* the others are for clients */
        UNIX_CLIENT = 8,  /* the one that comes by the Unix socket */
        PROXY = 9,        /* the one that has a header to send */
        SETTLE_MAX = 1000,
        FINISH_MAX = 10000,
};

static const uint64_t ms_ns = 1000000;

/* One block: the second connection that owes bytes takes the peek path. */
static struct quota quota;

static const struct worker_config config = {
        .connections = &quota,
        .max_connections = CONNECTIONS_MAX,
        .block_count = 1,
        .scratch_size = 4096,
        .limits = { .idle_ns = 5000000000, .stall_ns = 2000000000 },
        .drain_timeout_ns = 1000000000,
};

static struct worker worker;
static struct counters counters;
static uint16_t ports[PORTS];
static uint16_t unix_port;
static int clients[CLIENTS];
static int result;

/* Whether the server goes on: only what it could not be woken without ends it. */
static bool is_running(void)
{
        return result == WORKER_RUNS;
}

static void settle(void)
{
        unsigned rounds = 0;

        do {
                if (rounds++ > SETTLE_MAX)
                        sim_fail("it does not sleep");
                sim_step(0);
                result = worker_step(&worker, -1);
                oracle_step(0);
        } while (is_running() && sim_sleeps_until(0) == 0);
}

static void wait_ms(uint64_t ms)
{
        uint64_t end_ns = sim_now() + ms * ms_ns;

        while (is_running() && sim_now() < end_ns) {
                uint64_t until_ns = sim_sleeps_until(0);
                uint64_t next_ns = until_ns > sim_now() && until_ns < end_ns ? until_ns : end_ns;
                sim_advance(next_ns - sim_now());
                settle();
        }
}

static bool try_to_listen(unsigned i)
{
        struct sockaddr_in address = { .sin_family = AF_INET };
        uint32_t size = sizeof(address);
        struct listener_setup setup = { .address = (const struct sockaddr *)&address,
                                        .address_size = size,
                                        .stall_ns = config.limits.stall_ns };
        struct listener listener = { .is_proxied = i == PROXIED_PORT };

        if (listener_open(&setup, &listener.fd, 1) < 0)
                return false;
        if (listener.is_proxied)
                sim_expect_headers(listener.fd);
        if (sys_getsockname(listener.fd, (struct sockaddr *)&address, &size) < 0 ||
            worker_listen(&worker, &listener) < 0) {
                (void)sys_close(listener.fd);
                return false;
        }
        ports[i] = ntohs(address.sin_port);
        return true;
}

/* Its owner opened it: only watching it is the server's. */
static bool try_to_listen_unix(void)
{
        struct listener listener = { .fd = sim_listen_unix(&unix_port), .is_unix = true };

        if (worker_listen(&worker, &listener) == 0)
                return true;
        (void)sys_close(listener.fd);
        return false;
}

static void listen_unix(void)
{
        if (try_to_listen_unix())
                return;
        sim_heal();
        if (!try_to_listen_unix())
                sim_fail("the Unix listener is not watched");
}

/* A server that cannot start leaves nothing behind, and starts when the fault has passed. */
static void open_server(void)
{
        counters = (struct counters){ 0 };
        if (worker_open(&worker, &config, &counters) < 0) {
                sim_heal();
                if (worker_open(&worker, &config, &counters) < 0)
                        sim_fail("the server does not open");
        }
        for (unsigned i = 0; i < PORTS; i++) {
                if (try_to_listen(i))
                        continue;
                sim_heal();
                if (!try_to_listen(i))
                        sim_fail("the listener does not open");
        }
        listen_unix();
        if (!post_open(&worker)) {
                sim_heal();
                if (!post_open(&worker))
                        sim_fail("the UDP socket does not open");
        }
        post_expect();
        result = WORKER_RUNS;
}

static bool may_act(unsigned i)
{
        return clients[i] >= 0 && !sim_link(clients[i])->is_client_reset;
}

static void client_sends(unsigned i, uint32_t size, bool is_urgent)
{
        if (may_act(i) && !sim_link(clients[i])->is_client_finished)
                (void)sim_client_send(clients[i], size, is_urgent);
}

static void client_takes(unsigned i, uint32_t size)
{
        if (may_act(i))
                (void)sim_client_receive(clients[i], size);
}

static void connect_some(unsigned first, unsigned end)
{
        for (unsigned i = first; i < end; i++)
                clients[i] = sim_client_connect(ports[i % PROXIED_PORT]);
        settle();
}

/* In two parts, the second with what its connection echoes; for itself, so its address is asked. */
static void send_header(void)
{
        static const struct header header = { .kind = HEADER_LOCAL, .extension = 20 };

        clients[PROXY] = sim_client_connect(ports[PROXIED_PORT]);
        if (clients[PROXY] >= 0)
                sim_client_set_header(clients[PROXY], &header);
        settle();
        client_sends(PROXY, 10, false);
        settle();
        client_sends(PROXY, 100, false);
        settle();
}

/*
 * Bulk behind a slow reader, one that takes the peek path beside it, urgent data, a ping-pong; by
 * the Unix socket bulk behind a slow reader, urgent now and then, so that it waits for room.
 * Datagrams, one by one and so many that they are taken together.
 */
static void serve(void)
{
        clients[UNIX_CLIENT] = sim_client_connect(unix_port);
        connect_some(0, 6);
        send_header();
        for (unsigned round = 0; round < 12 && is_running(); round++) {
                client_sends(0, 3000, false);
                client_sends(1, 3000, false);
                client_sends(2, 40, true);
                client_sends(3, 64, false);
                client_sends(UNIX_CLIENT, 3000, round % 4 == 0);
                post_send(round % 6 == 0 ? 40 : 1);
                settle();
                client_takes(0, 900);
                client_takes(1, 900);
                client_takes(2, 40);
                client_takes(3, 64);
                client_takes(PROXY, 64);
                client_takes(UNIX_CLIENT, round < 8 ? 100 : 3000);
                settle();
        }
        /* One too many. */
        connect_some(6, 7);
        if (may_act(2))
                sim_client_finish(clients[2]);
        if (may_act(3))
                sim_client_reset(clients[3]);
        settle();
        /* Who owes bytes stalls, the others are idle, then free pages go back. */
        wait_ms(6000);
        wait_ms(2000);
}

static void drain(void)
{
        connect_some(4, 6);
        client_sends(4, 3000, false);
        client_sends(5, 3000, false);
        settle();
        client_sends(4, 500, false);
        clients[7] = sim_client_connect(ports[1]);
        post_send(40);
        worker_drain(&worker);
        settle();
        client_takes(4, UINT32_MAX);
        settle();
        if (may_act(4))
                sim_client_finish(clients[4]);
        wait_ms(2000);
}

static void forget_clients(void)
{
        for (unsigned i = 0; i < CLIENTS; i++) {
                if (clients[i] < 0)
                        continue;
                if (sim_client_is_at_end(clients[i]))
                        oracle_client_ends(sim_link(clients[i]));
                sim_client_close(clients[i]);
                sim_client_forget(clients[i]);
                clients[i] = -1;
        }
}

static void finish(void)
{
        sim_heal();
        for (unsigned round = 0; is_running(); round++) {
                if (round > FINISH_MAX)
                        sim_fail("not drained after %d rounds", FINISH_MAX);
                worker_drain(&worker);
                settle();
                wait_ms(100);
        }
}

uint64_t workload_run(const struct sim_injection *injection)
{
        static const struct sim_settings settings = { .descriptors = SIM_DESCRIPTORS_MAX,
                                                      .buffer_max = 2000 };
        struct choice choice = choice_from_seed(862);

        sim_open(&choice, &settings, oracle_watcher());
        sim_inject(injection);
        oracle_open(&worker, 1);
        for (unsigned i = 0; i < CLIENTS; i++)
                clients[i] = -1;
        open_server();
        serve();
        forget_clients();
        if (is_running())
                drain();
        forget_clients();
        if (is_running())
                finish();
        if (result == WORKER_DRAINED)
                oracle_close();
        else if (injection->call != SIM_POLL_WAIT && injection->call != SIM_TIMER_SET)
                sim_fail("the server failed: %d", result);
        oracle_expect_close();
        worker_close(&worker);
        uint64_t failed = sim_figures()->injected;
        sim_close();
        return failed;
}
