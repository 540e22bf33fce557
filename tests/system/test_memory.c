/* SPDX-License-Identifier: MIT */
/* Slow and stalled readers: memory stays within its bounds, and no byte is lost. */
#include "doors.h"
#include "figures.h"
#include "suite.h"

static struct doors doors;

/*
 * 8 blocks for 200 clients: most wait in the kernel, without a block. What the process may grow by:
 * the pool, a scratch buffer for each worker, and small change for tables (200 connections are 4
 * pages), stacks, and pages that a first turn touches.
 */
START_TEST(crowd_of_stalled_clients_gets_every_byte_and_bounded_memory)
{
        enum {
                CROWD = 200,
                POOL = 2 << 20,
                SCRATCH = DOORS_WORKERS * (256 << 10),
                SMALL = 256 << 10
        };
        const char *const arguments[] = { "--buffer-memory=2M", "--stall-timeout=0", NULL };
        struct client clients[CROWD];

        doors_open(&doors, arguments);
        uint64_t before = figures_memory(&doors.server.process);
        for (unsigned i = 0; i < CROWD; i++)
                client_connect_small_to(&clients[i], &doors.places[i % DOOR_IP6], i);
        client_send_until_blocked(clients, CROWD);
        server_await_figure_least(&doors.server, "parked", 4);
        ck_assert_uint_gt(server_figure(&doors.server, "peek_turns"), 0);
        figures_expect_sleep(&doors.server.process);
        figures_await_memory(&doors.server.process, before + POOL + SCRATCH + SMALL);
        for (unsigned i = 0; i < CROWD; i++) {
                client_finish(&clients[i]);
                client_receive(&clients[i]);
                client_expect_end(&clients[i]);
        }
        client_close_all(clients, CROWD);
        server_await_all_closed(&doors.server, CROWD);
        /* Blocks are given back; a worker's scratch buffer is not. */
        figures_await_memory(&doors.server.process, before + SCRATCH + SMALL);
        doors_close(&doors);
}
END_TEST

/*
 * A reader of 20 KB/s must not be taken for a stalled one, at the 30 s that are the default: it
 * takes 600 KB in that time, and a chunk must have left by then. What counts is that ratio of bytes
 * to a stall timeout, as buffers do not scale: 600 KB in 2 s are 300 KB/s, and 2 MB are more than
 * three timeouts. With the 8 MB of the real case it would be thirteen of them, and 27 s.
 */
START_TEST(slow_reader_is_not_cut)
{
        const char *const arguments[] = { "--stall-timeout=2s", NULL };
        struct client client;

        doors_open(&doors, arguments);
        doors_enter(&doors, (enum door)_i, &client, 1);
        client_exchange_slowly(&client, 2000000, 300000);
        ck_assert_uint_eq(server_figure(&doors.server, "open"), 1);
        client_finish(&client);
        client_expect_end(&client);
        client_close(&client);
        server_await_all_closed(&doors.server, 1);
        ck_assert_uint_eq(server_figure(&doors.server, "closed_peer_finished"), 1);
        doors_close(&doors);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("memory");

        tcase_add_test(tcase, crowd_of_stalled_clients_gets_every_byte_and_bounded_memory);
        tcase_add_loop_test(tcase, slow_reader_is_not_cut, DOOR_IP4, DOOR_IP4 + 1);
        tcase_add_loop_test(tcase, slow_reader_is_not_cut, DOOR_PATH, DOOR_PATH + 1);
        return suite_run(tcase);
}
