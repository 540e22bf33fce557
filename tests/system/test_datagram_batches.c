/* SPDX-License-Identifier: MIT */
/* What the kernel hands over as one, because a client sent it so, is still many datagrams. */
#include <signal.h>
#include <stdio.h>

#include "limit.h"
#include "suite.h"
#include "support/random.h"
#include "ways.h"

static struct ways ways;

static void expect_batch(const struct datagram_client *client, unsigned index, unsigned count,
                         uint32_t size, uint32_t last_size)
{
        for (unsigned i = 0; i < count; i++)
                datagram_expect(client, index + i, i + 1 < count ? size : last_size);
}

static const struct {
        unsigned count;
        uint32_t size;
        uint32_t last_size;
} batches[] = {
        { DATAGRAM_BATCH_MOST, 1, 1 },
        { DATAGRAM_BATCH_MOST, 2, 1 },
        { DATAGRAM_BATCH_MOST, 32, 32 },
        { DATAGRAM_BATCH_MOST, 1000, 999 },
        { DATAGRAM_BATCH_MOST, 1000, 1 },
        { DATAGRAM_BATCH_MOST, 1000, 1000 },
        { DATAGRAM_BATCH_MOST, 1023, 507 },
        { DATAGRAM_BATCH_MOST - 1, 17, 3 },
        { 44, 1472, 1472 },
        { 2, 1400, 1 },
        { 2, 32000, 32000 },
        { 2, 32754, 32753 },
        { 1, 1000, 1000 },
};

enum { BATCH_COUNT = sizeof(batches) / sizeof(batches[0]) };

START_TEST(every_datagram_of_a_batch_comes_back)
{
        enum way way = (enum way)_i;
        struct datagram_client client;
        unsigned sum = 0;

        if (!ways_has(way))
                return;
        ways_open(&ways, NULL);
        datagram_open(&client, &ways.places[way], 1);
        for (unsigned i = 0; i < BATCH_COUNT; i++) {
                datagram_send_batch(&client, sum, batches[i].count, batches[i].size,
                                    batches[i].last_size);
                expect_batch(&client, sum, batches[i].count, batches[i].size, batches[i].last_size);
                sum += batches[i].count;
        }
        server_await_datagrams(&ways.server, sum);
        ck_assert_uint_eq(server_figure(&ways.server, "datagrams_sent"), sum);
        datagram_expect_nothing(&client);
        datagram_close(&client);
        server_stop(&ways.server);
}
END_TEST

/* A receive buffer of default size has room for all of it. */
static void send_mix(const struct datagram_client *client)
{
        datagram_send(client, 0, 700);
        datagram_send_batch(client, 1, 10, 700, 300);
        datagram_send(client, 11, 0);
        datagram_send_batch(client, 12, 20, 100, 100);
        datagram_send(client, 32, 20000);
        datagram_send(client, 33, 1);
        datagram_send_batch(client, 34, 2, 9000, 8999);
}

enum { MIX = 36 };

static void expect_mix(const struct datagram_client *client)
{
        datagram_expect(client, 0, 700);
        expect_batch(client, 1, 10, 700, 300);
        datagram_expect(client, 11, 0);
        expect_batch(client, 12, 20, 100, 100);
        datagram_expect(client, 32, 20000);
        datagram_expect(client, 33, 1);
        expect_batch(client, 34, 2, 9000, 8999);
}

/* All wait when the server continues, at the same socket or not. */
START_TEST(batches_among_single_datagrams_come_back_in_order)
{
        enum way way = (enum way)_i;
        struct datagram_client clients[2];

        if (!ways_has(way))
                return;
        ways_open(&ways, NULL);
        process_stop(&ways.server.process);
        for (unsigned i = 0; i < 2; i++) {
                datagram_open(&clients[i], &ways.places[way], i * MIX);
                send_mix(&clients[i]);
        }
        process_signal(&ways.server.process, SIGCONT);
        for (unsigned i = 0; i < 2; i++)
                expect_mix(&clients[i]);
        server_await_datagrams(&ways.server, 2ULL * MIX);
        for (unsigned i = 0; i < 2; i++) {
                datagram_expect_nothing(&clients[i]);
                datagram_close(&clients[i]);
        }
        server_stop(&ways.server);
}
END_TEST

/* One and the same time is that of all datagrams of a batch, so no token is added meanwhile. */
START_TEST(rate_cuts_a_batch_where_it_must)
{
        enum { RATE = 10, SIZE = 50 };
        const char *const arguments[] = { "--udp-rate=10", "--workers=1", NULL };
        enum way way = (enum way)_i;
        struct datagram_client client;

        if (!ways_has(way))
                return;
        ways_open(&ways, arguments);
        datagram_open(&client, &ways.places[way], 1);
        datagram_send_batch(&client, 0, DATAGRAM_BATCH_MOST, SIZE, 1);
        server_await_datagrams(&ways.server, DATAGRAM_BATCH_MOST);
        ck_assert_uint_eq(server_figure(&ways.server, "datagrams_sent"), 2ULL * RATE);
        ck_assert_uint_eq(server_figure(&ways.server, "dropped_rate"),
                          DATAGRAM_BATCH_MOST - 2ULL * RATE);
        expect_batch(&client, 0, 2 * RATE, SIZE, SIZE);
        datagram_expect_nothing(&client);
        datagram_close(&client);
        server_stop(&ways.server);
}
END_TEST

START_TEST(random_batches_come_back)
{
        enum { ROUNDS = 300 };
        enum way way = (enum way)_i;
        struct random random = random_from_environment();
        struct datagram_client client;
        unsigned sum = 0;

        if (!ways_has(way))
                return;
        ways_open(&ways, NULL);
        datagram_open(&client, &ways.places[way], 1);
        for (unsigned i = 0; i < ROUNDS; i++) {
                unsigned count = 1 + (unsigned)(random_next(&random) % DATAGRAM_BATCH_MOST);
                uint32_t size = 1 + (uint32_t)(random_next(&random) % (60000 / count));
                uint32_t last_size = 1 + (uint32_t)(random_next(&random) % size);
                datagram_send_batch(&client, sum, count, size, last_size);
                expect_batch(&client, sum, count, size, last_size);
                sum += count;
        }
        server_await_datagrams(&ways.server, sum);
        datagram_expect_nothing(&client);
        datagram_close(&client);
        server_stop(&ways.server);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("datagram batches");

        tcase_add_loop_test(tcase, every_datagram_of_a_batch_comes_back, 0, WAY_COUNT);
        tcase_add_loop_test(tcase, batches_among_single_datagrams_come_back_in_order, 0, WAY_COUNT);
        tcase_add_loop_test(tcase, rate_cuts_a_batch_where_it_must, 0, WAY_COUNT);
        tcase_add_loop_test(tcase, random_batches_come_back, 0, WAY_COUNT);
        return suite_run(tcase);
}
