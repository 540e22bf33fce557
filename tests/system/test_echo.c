/* SPDX-License-Identifier: MIT */
/* What is sent comes back: sizes, segments and half-closed streams. */
#include "client.h"
#include "port.h"
#include "server.h"
#include "suite.h"

static struct server server;

/* Around the sizes of a block, a chunk and a kernel buffer; 64 MB are more than all buffers. */
static const uint64_t sizes[] = {
        1,
        2,
        1000,
        16 << 10,
        (64 << 10) - 1,
        256 << 10,
        (256 << 10) + 1,
        1000000,
        UINT64_C(64) << 20,
};

enum { SIZE_COUNT = sizeof(sizes) / sizeof(sizes[0]) };

START_TEST(stream_of_any_size_comes_back)
{
        struct client client;

        server_start(&server, NULL);
        client_connect(&client, server.port, 1);
        client_exchange(&client, 1, sizes[_i]);
        client_finish(&client);
        client_expect_end(&client);
        client_close(&client);
        server_await_all_closed(&server, 1);
        ck_assert_uint_eq(server_figure(&server, "received_bytes"), sizes[_i]);
        ck_assert_uint_eq(server_figure(&server, "sent_bytes"), sizes[_i]);
        ck_assert_uint_eq(server_figure(&server, "closed_peer_finished"), 1);
        server_stop(&server);
}
END_TEST

START_TEST(one_byte_segments_come_back)
{
        struct client client;

        server_start(&server, NULL);
        client_connect(&client, server.port, 2);
        for (unsigned i = 0; i < 2000; i++)
                client_send(&client, 1);
        client_receive(&client);
        client_finish(&client);
        client_expect_end(&client);
        client_close(&client);
        server_stop(&server);
}
END_TEST

START_TEST(late_reader_gets_every_byte_after_its_half_close)
{
        struct client client;

        server_start(&server, NULL);
        client_connect(&client, server.port, 3);
        client_send_until_blocked(&client, 1);
        server_await_figure(&server, "parked", 1);
        client_finish(&client);
        client_receive(&client);
        client_expect_end(&client);
        client_close(&client);
        server_await_all_closed(&server, 1);
        server_stop(&server);
}
END_TEST

START_TEST(stream_without_bytes_is_ended)
{
        struct client client;

        server_start(&server, NULL);
        client_connect(&client, server.port, 4);
        client_finish(&client);
        client_expect_end(&client);
        client_close(&client);
        server_stop(&server);
}
END_TEST

START_TEST(every_listener_serves)
{
        const char *const more[] = { "tcp:127.0.0.1:0", "tcp:127.0.0.1:0", NULL };
        struct client clients[3];

        server_start(&server, more);
        for (unsigned i = 0; i < 3; i++) {
                client_connect(&clients[i], server_port(&server, i), i);
                ck_assert(i == 0 || server_port(&server, i) != server_port(&server, i - 1));
        }
        client_exchange(clients, 3, 100000);
        client_close_all(clients, 3);
        server_stop(&server);
        for (unsigned i = 0; i < 3; i++)
                ck_assert(port_is_refused(server_port(&server, i)));
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("echo");

        tcase_add_loop_test(tcase, stream_of_any_size_comes_back, 0, SIZE_COUNT);
        tcase_add_test(tcase, one_byte_segments_come_back);
        tcase_add_test(tcase, late_reader_gets_every_byte_after_its_half_close);
        tcase_add_test(tcase, stream_without_bytes_is_ended);
        tcase_add_test(tcase, every_listener_serves);
        return suite_run(tcase);
}
