/* SPDX-License-Identifier: MIT */
/* Datagrams beside streams, and from other people's clients. */
#include <netinet/in.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "datagram.h"
#include "figures.h"
#include "limit.h"
#include "server.h"
#include "suite.h"

static struct server server;

enum { FLOOD_THREADS = 4 };

struct flood {
        pthread_t threads[FLOOD_THREADS];
        struct datagram_client client;
        _Atomic bool is_over;
};

/* Sends as fast as it can, many datagrams with one call, and reads no answer. */
static void *run_flood(void *argument)
{
        static const unsigned char payload[DATAGRAM_BATCH_MOST];
        struct flood *flood = (struct flood *)argument;

        while (!atomic_load(&flood->is_over))
                (void)send(flood->client.fd, payload, sizeof(payload), 0);
        return NULL;
}

/* Faster than any server: its queue is never empty. */
static void start_flood(struct flood *flood, const struct place *place)
{
        int segment_size = 1;

        datagram_open(&flood->client, place, 0);
        ck_assert(setsockopt(flood->client.fd, IPPROTO_UDP, UDP_SEGMENT, &segment_size,
                             sizeof(segment_size)) == 0);
        atomic_init(&flood->is_over, false);
        for (unsigned i = 0; i < FLOOD_THREADS; i++)
                ck_assert(pthread_create(&flood->threads[i], NULL, run_flood, flood) == 0);
}

static void stop_flood(struct flood *flood)
{
        atomic_store(&flood->is_over, true);
        for (unsigned i = 0; i < FLOOD_THREADS; i++)
                pthread_join(flood->threads[i], NULL);
        datagram_close(&flood->client);
}

/* One worker has both. */
START_TEST(streams_come_back_beside_a_flood_of_datagrams)
{
        enum { CROWD = 20 };
        const char *const arguments[] = { "udp:127.0.0.1:0", "--workers=1", NULL };
        struct client clients[CROWD];
        static struct flood flood;

        server_start(&server, arguments);
        struct place place = place_ip4(server_port(&server, 1));
        start_flood(&flood, &place);
        client_connect_all(clients, CROWD, server.port);
        for (unsigned i = 0; i < 10; i++)
                client_exchange(clients, CROWD, 50000);
        for (unsigned i = 0; i < CROWD; i++) {
                client_finish(&clients[i]);
                client_expect_end(&clients[i]);
        }
        stop_flood(&flood);
        client_close_all(clients, CROWD);
        server_await_all_closed(&server, CROWD);
        ck_assert_uint_gt(server_figure(&server, "datagrams_sent"), 0);
        server_stop(&server);
}
END_TEST

START_TEST(drain_ends_beside_a_flood_of_datagrams)
{
        const char *const arguments[] = { "--workers=1", NULL };
        static struct flood flood;

        server_start_at(&server, "udp:127.0.0.1:0", arguments);
        struct place place = place_ip4(server.port);
        start_flood(&flood, &place);
        server_await_figure_least(&server, "datagrams_received", 1000);
        server_stop(&server);
        stop_flood(&flood);
}
END_TEST

/* Most of them wait in the kernel, for a block. */
START_TEST(datagrams_come_back_beside_streams_that_nobody_reads)
{
        enum { MUTE_COUNT = 10 };
        const char *const arguments[] = { "udp:127.0.0.1:0", "--workers=1", "--buffer-memory=1M",
                                          "--stall-timeout=0", NULL };
        struct client mutes[MUTE_COUNT];
        struct datagram_client client;

        server_start(&server, arguments);
        struct place place = place_ip4(server_port(&server, 1));
        for (unsigned i = 0; i < MUTE_COUNT; i++)
                client_connect_small(&mutes[i], server.port, i);
        client_send_until_blocked(mutes, MUTE_COUNT);
        datagram_open(&client, &place, MUTE_COUNT);
        for (unsigned i = 0; i < 200; i++)
                datagram_exchange(&client, i, i * 100);
        figures_expect_sleep(&server.process);
        for (unsigned i = 0; i < MUTE_COUNT; i++)
                client_receive(&mutes[i]);
        client_close_all(mutes, MUTE_COUNT);
        datagram_close(&client);
        server_stop(&server);
}
END_TEST

static bool has_socat(void)
{
        static struct process process;
        const char *const arguments[] = { "socat", "-V", NULL };

        return process_run(&process, &(struct process_setup){ .arguments = arguments }) == 0;
}

/* It prints what comes back; datagrams have no end by which it could end, too. */
START_TEST(socat_gets_its_datagram_back)
{
        static struct process process;
        char address[64];
        const char *const arguments[] = { "socat", "SYSTEM:echo hello; exec cat >&2", address,
                                          NULL };

        if (!has_socat())
                return;
        server_start_at(&server, "udp:*:0", NULL);
        snprintf(address, sizeof(address), "UDP4:127.0.0.1:%u", server.port);
        process_start(&process, &(struct process_setup){ .arguments = arguments });
        ck_assert_msg(process_await(&process, "hello", 0) != NULL, "%s", process.output);
        server_await_datagrams(&server, 1);
        process_signal(&process, SIGTERM);
        (void)process_wait(&process);
        ck_assert_str_eq(process.output, "hello\n");
        server_stop(&server);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("datagram peers");

        tcase_add_test(tcase, streams_come_back_beside_a_flood_of_datagrams);
        tcase_add_test(tcase, drain_ends_beside_a_flood_of_datagrams);
        tcase_add_test(tcase, datagrams_come_back_beside_streams_that_nobody_reads);
        tcase_add_test(tcase, socat_gets_its_datagram_back);
        return suite_run(tcase);
}
