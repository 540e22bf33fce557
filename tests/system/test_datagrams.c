/* SPDX-License-Identifier: MIT */
/* A datagram of any length comes back as one datagram, from where it was sent, to who sent it. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"
#include "support/random.h"
#include "ways.h"

static struct ways ways;

/* Around what fits into a packet, of Ethernet too, into a page, and into a datagram. */
static const uint32_t middles[] = { 1452, 1472, 4096, 8192, 16384, 32768, 61440 };

enum { MIDDLE_COUNT = sizeof(middles) / sizeof(middles[0]), SMALL_MOST = 600, NEAR = 2 };

struct sums {
        unsigned count;
        uint64_t bytes;
};

static void exchange(const struct datagram_client *client, uint32_t size, struct sums *sums)
{
        datagram_exchange(client, sums->count++, size);
        sums->bytes += size;
}

/* Each was answered once, and nothing was dropped. */
static void expect_sums(const struct datagram_client *client, const struct sums *sums)
{
        struct server *server = &ways.server;

        server_await_datagrams(server, sums->count);
        ck_assert_uint_eq(server_figure(server, "datagrams_sent"), sums->count);
        ck_assert_uint_eq(server_figure(server, "datagram_received_bytes"), sums->bytes);
        ck_assert_uint_eq(server_figure(server, "datagram_sent_bytes"), sums->bytes);
        ck_assert_uint_eq(server_figure(server, "datagrams_overflowed"), 0);
        datagram_expect_nothing(client);
}

START_TEST(datagram_of_any_length_comes_back)
{
        enum way way = (enum way)_i;
        struct datagram_client client;
        struct sums sums = { 0 };

        if (!ways_has(way))
                return;
        ways_open(&ways, NULL);
        datagram_open(&client, &ways.places[way], 1);
        for (uint32_t size = 0; size <= SMALL_MOST; size++)
                exchange(&client, size, &sums);
        for (unsigned i = 0; i < MIDDLE_COUNT; i++)
                for (uint32_t size = middles[i] - NEAR; size <= middles[i] + NEAR; size++)
                        exchange(&client, size, &sums);
        for (uint32_t size = DATAGRAM_MOST_IP4 - NEAR; size <= ways_most(way); size++)
                exchange(&client, size, &sums);
        expect_sums(&client, &sums);
        datagram_close(&client);
        server_stop(&ways.server);
}
END_TEST

START_TEST(datagrams_of_random_lengths_come_back)
{
        enum way way = (enum way)_i;
        struct random random = random_from_environment();
        struct datagram_client client;
        struct sums sums = { 0 };

        if (!ways_has(way))
                return;
        ways_open(&ways, NULL);
        datagram_open(&client, &ways.places[way], 1);
        for (unsigned i = 0; i < 1000; i++)
                exchange(&client, (uint32_t)(random_next(&random) % (ways_most(way) + 1)), &sums);
        expect_sums(&client, &sums);
        datagram_close(&client);
        server_stop(&ways.server);
}
END_TEST

/* Every address of 127.0.0.0/8 is this machine's. */
static struct place draw_place(struct random *random, uint16_t port)
{
        struct in_addr address = { htonl(0x7f000001 + (uint32_t)(random_next(random) % 0xfffffd)) };
        char text[INET_ADDRSTRLEN];

        return place_at(inet_ntop(AF_INET, &address, text, sizeof(text)), port);
}

static const enum way wildcards[] = { WAY_ANY_IP4, WAY_ALL_IP4 };

START_TEST(answer_leaves_from_the_address_that_was_asked)
{
        enum { ADDRESSES = 300 };
        struct random random = random_from_environment();
        struct datagram_client client;

        ways_open(&ways, NULL);
        for (unsigned i = 0; i < ADDRESSES; i++) {
                struct place place = draw_place(&random, ways.ports[wildcards[_i]]);
                datagram_open(&client, &place, i);
                datagram_exchange(&client, 0, i % 3 * 700);
                datagram_close(&client);
        }
        server_await_datagrams(&ways.server, ADDRESSES);
        ck_assert_uint_eq(server_figure(&ways.server, "datagrams_sent"), ADDRESSES);
        server_stop(&ways.server);
}
END_TEST

static void expect_each(const struct datagram_client *clients, unsigned count, uint32_t size)
{
        for (unsigned i = 0; i < count; i++) {
                datagram_expect(&clients[i], 0, size + i);
                datagram_expect_nothing(&clients[i]);
                datagram_close(&clients[i]);
        }
}

/* All wait when the server continues, so it takes several with one call. */
START_TEST(answers_taken_together_leave_from_the_address_that_each_asked)
{
        enum { CROWD = 64, SIZE = 100 };
        struct random random = random_from_environment();
        struct datagram_client clients[CROWD];

        ways_open(&ways, NULL);
        process_stop(&ways.server.process);
        for (unsigned i = 0; i < CROWD; i++) {
                struct place place = draw_place(&random, ways.ports[wildcards[_i]]);
                datagram_open(&clients[i], &place, i);
                datagram_send(&clients[i], 0, SIZE + i);
        }
        process_signal(&ways.server.process, SIGCONT);
        server_await_datagrams(&ways.server, CROWD);
        expect_each(clients, CROWD, SIZE);
        server_stop(&ways.server);
}
END_TEST

START_TEST(crowd_by_every_way_gets_one_answer_for_each_datagram)
{
        enum { CROWD = 120, ROUNDS = 20, SIZE = 10 };
        struct datagram_client clients[CROWD];
        enum way most = place_has_ip6() ? WAY_COUNT : 1;

        ways_open(&ways, NULL);
        for (unsigned i = 0; i < CROWD; i++)
                datagram_open(&clients[i], &ways.places[i % most], i);
        for (unsigned round = 0; round < ROUNDS; round++) {
                for (unsigned i = 0; i < CROWD; i++)
                        datagram_send(&clients[i], round, SIZE + i + round);
                for (unsigned i = 0; i < CROWD; i++)
                        datagram_expect(&clients[i], round, SIZE + i + round);
        }
        server_await_datagrams(&ways.server, CROWD * ROUNDS);
        ck_assert_uint_eq(server_figure(&ways.server, "datagrams_sent"), CROWD * ROUNDS);
        for (unsigned i = 0; i < CROWD; i++) {
                datagram_expect_nothing(&clients[i]);
                datagram_close(&clients[i]);
        }
        server_stop(&ways.server);
}
END_TEST

/* Their answers come back as ICMP errors, which are nobody else's. */
START_TEST(clients_that_leave_before_their_answer_do_not_disturb_the_others)
{
        enum { ROUNDS = 50, CROWD = 20, SIZE = 100 };
        enum way way = (enum way)_i;
        struct datagram_client stays;
        struct datagram_client leaves[CROWD];

        if (!ways_has(way))
                return;
        ways_open(&ways, NULL);
        datagram_open(&stays, &ways.places[way], CROWD);
        for (unsigned round = 0; round < ROUNDS; round++) {
                process_stop(&ways.server.process);
                for (unsigned i = 0; i < CROWD; i++) {
                        datagram_open(&leaves[i], &ways.places[way], i);
                        datagram_send(&leaves[i], round, SIZE);
                        datagram_close(&leaves[i]);
                }
                datagram_send(&stays, round, SIZE);
                process_signal(&ways.server.process, SIGCONT);
                datagram_expect(&stays, round, SIZE);
        }
        server_await_datagrams(&ways.server, ROUNDS * (CROWD + 1));
        datagram_expect_nothing(&stays);
        datagram_close(&stays);
        server_stop(&ways.server);
}
END_TEST

START_TEST(client_may_have_a_port_that_is_ours_in_the_other_family)
{
        struct datagram_client client;

        if (!place_has_ip6())
                return;
        ways_open(&ways, NULL);
        struct place from = place_ip4(ways.ports[WAY_IP6]);
        while (!datagram_try_open_from(&client, &from, &ways.places[WAY_IP4], 1)) {
                /* Somebody else has it. */
                server_stop(&ways.server);
                ways_open(&ways, NULL);
                from = place_ip4(ways.ports[WAY_IP6]);
        }
        datagram_exchange(&client, 0, 100);
        datagram_close(&client);
        server_stop(&ways.server);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("datagrams");

        tcase_add_loop_test(tcase, datagram_of_any_length_comes_back, 0, WAY_COUNT);
        tcase_add_loop_test(tcase, datagrams_of_random_lengths_come_back, 0, WAY_COUNT);
        tcase_add_loop_test(tcase, answer_leaves_from_the_address_that_was_asked, 0, 2);
        tcase_add_loop_test(tcase, answers_taken_together_leave_from_the_address_that_each_asked, 0,
                            2);
        tcase_add_test(tcase, client_may_have_a_port_that_is_ours_in_the_other_family);
        tcase_add_test(tcase, crowd_by_every_way_gets_one_answer_for_each_datagram);
        tcase_add_loop_test(tcase, clients_that_leave_before_their_answer_do_not_disturb_the_others,
                            0, WAY_COUNT);
        return suite_run(tcase);
}
