/* SPDX-License-Identifier: MIT */
/* Peers that behave badly, beside others that must not notice. */
#include "client.h"
#include "server.h"
#include "suite.h"

enum { CROWD = 200, MUTE_COUNT = 30 };

static struct server server;

/* In mid-stream, each kind as often: a reset, a close with unread bytes, a close right away. */
static void leave_abruptly(struct client *client, unsigned kind)
{
        client_send(client, 10000);
        if (kind == 0) {
                client_reset(client);
                return;
        }
        if (kind == 1)
                client_receive(client);
        client_close(client);
}

START_TEST(abrupt_peers_do_not_disturb_the_others)
{
        struct client stays[CROWD / 2];
        struct client leaves[CROWD / 2];

        server_start(&server, NULL);
        for (unsigned i = 0; i < CROWD / 2; i++) {
                client_connect(&stays[i], server.port, 2 * i);
                client_connect(&leaves[i], server.port, 2 * i + 1);
        }
        client_exchange(stays, CROWD / 2, 1000);
        client_exchange(leaves, CROWD / 2, 1000);
        for (unsigned i = 0; i < CROWD / 2; i++) {
                leave_abruptly(&leaves[i], i % 3);
                if (i % 10 == 0)
                        client_exchange(stays, CROWD / 2, 5000);
        }
        client_exchange(stays, CROWD / 2, 100000);
        for (unsigned i = 0; i < CROWD / 2; i++) {
                client_finish(&stays[i]);
                client_expect_end(&stays[i]);
        }
        server_await_all_closed(&server, CROWD);
        ck_assert_uint_ge(server_figure(&server, "closed_peer_finished"), CROWD / 2);
        ck_assert_uint_ge(server_figure(&server, "closed_peer_reset"), CROWD / 2 / 3);
        client_close_all(stays, CROWD / 2);
        server_stop(&server);
}
END_TEST

START_TEST(reader_is_served_beside_a_peer_that_never_reads)
{
        struct client mute;
        struct client reader;

        server_start(&server, NULL);
        client_connect(&mute, server.port, 1);
        client_connect(&reader, server.port, 2);
        client_send_until_blocked(&mute, 1);
        server_await_figure(&server, "parked", 1);
        client_exchange(&reader, 1, 16 << 20);
        client_finish(&reader);
        client_expect_end(&reader);
        client_close(&reader);
        client_receive(&mute);
        client_close(&mute);
        server_await_all_closed(&server, 2);
        server_stop(&server);
}
END_TEST

/* Four blocks, and thirty peers that would each fill one: the rest stays in the kernel. */
static void start_without_free_blocks(struct client *mutes)
{
        const char *const arguments[] = { "--buffer-memory=1M", "--stall-timeout=0", NULL };

        server_start(&server, arguments);
        for (unsigned i = 0; i < MUTE_COUNT; i++)
                client_connect_small(&mutes[i], server.port, i);
        client_send_until_blocked(mutes, MUTE_COUNT);
        server_await_figure(&server, "parked", 4);
}

/* Those with a block are reset first, and then those who could have it have waited as long. */
START_TEST(peers_that_take_nothing_are_reset_without_a_free_block)
{
        const char *const arguments[] = { "--buffer-memory=1M", "--stall-timeout=4s", NULL };
        struct client mutes[MUTE_COUNT];

        server_start(&server, arguments);
        for (unsigned i = 0; i < MUTE_COUNT; i++)
                client_connect_small(&mutes[i], server.port, i);
        client_send_until_blocked(mutes, MUTE_COUNT);
        server_await_all_closed(&server, MUTE_COUNT);
        for (unsigned i = 0; i < MUTE_COUNT; i++)
                client_expect_reset(&mutes[i]);
        client_close_all(mutes, MUTE_COUNT);
        ck_assert_uint_gt(server_figure(&server, "peek_turns"), 0);
        ck_assert_uint_eq(server_figure(&server, "closed_stall"), MUTE_COUNT);
        server_stop(&server);
}
END_TEST

START_TEST(everyone_is_served_without_a_free_block)
{
        struct client mutes[MUTE_COUNT];
        struct client reader;

        start_without_free_blocks(mutes);
        client_connect(&reader, server.port, MUTE_COUNT);
        client_exchange(&reader, 1, 4 << 20);
        client_finish(&reader);
        client_expect_end(&reader);
        client_close(&reader);
        ck_assert_uint_gt(server_figure(&server, "peek_turns"), 0);
        for (unsigned i = 0; i < MUTE_COUNT; i++) {
                client_finish(&mutes[i]);
                client_receive(&mutes[i]);
                client_expect_end(&mutes[i]);
        }
        client_close_all(mutes, MUTE_COUNT);
        server_await_all_closed(&server, MUTE_COUNT + 1);
        server_stop(&server);
}
END_TEST

START_TEST(peers_without_a_free_block_may_leave_abruptly)
{
        struct client mutes[MUTE_COUNT];
        struct client reader;

        start_without_free_blocks(mutes);
        for (unsigned i = 0; i < MUTE_COUNT; i++)
                client_reset(&mutes[i]);
        server_await_all_closed(&server, MUTE_COUNT);
        client_connect(&reader, server.port, MUTE_COUNT);
        client_send_until_blocked(&reader, 1);
        server_await_figure(&server, "parked", 1);
        client_receive(&reader);
        client_close(&reader);
        server_stop(&server);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("peers");

        tcase_add_test(tcase, abrupt_peers_do_not_disturb_the_others);
        tcase_add_test(tcase, reader_is_served_beside_a_peer_that_never_reads);
        tcase_add_test(tcase, peers_that_take_nothing_are_reset_without_a_free_block);
        tcase_add_test(tcase, everyone_is_served_without_a_free_block);
        tcase_add_test(tcase, peers_without_a_free_block_may_leave_abruptly);
        return suite_run(tcase);
}
