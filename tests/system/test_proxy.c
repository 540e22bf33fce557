/* SPDX-License-Identifier: MIT */
/* Connections that a proxy hands on: its header is taken off, and what is behind it comes back. */
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "doors.h"
#include "limit.h"
#include "preamble.h"
#include "suite.h"

enum { HEADERS_MAX = 24 };

static const char *const debug[] = { "--log-level=debug", NULL };

static struct doors doors;
static struct server *const server = &doors.server;

/* One of each kind that there is. */
static struct preamble headers[HEADERS_MAX];
static unsigned header_count;

static struct preamble *add(struct preamble header)
{
        ck_assert_uint_lt(header_count, HEADERS_MAX);
        headers[header_count] = header;
        return &headers[header_count++];
}

static void add_lines(void)
{
        add(preamble_of(1, "198.51.100.9"));
        add(preamble_of(1, "2001:db8::9"));
        add(preamble_of(1, "::ffff:198.51.100.9"));
        add(preamble_text("PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n"));
        add(preamble_text("PROXY UNKNOWN\r\n"));
        add(preamble_text("PROXY UNKNOWN ffff::1 ffff::2 65535 65535 and more\r\n"));
}

/* LOCAL, and families that are no TCP client: what is said of them does not count, but its size. */
static void add_skipped_blocks(void)
{
        add(preamble_block(PREAMBLE_LOCAL, PREAMBLE_UNSPEC));
        preamble_add_noise(add(preamble_block(PREAMBLE_LOCAL, 0x99)), 77);
        preamble_add_client(add(preamble_block(PREAMBLE_LOCAL, PREAMBLE_TCP4)), "198.51.100.9");
        preamble_add_noise(add(preamble_block(PREAMBLE_LOCAL, PREAMBLE_TCP6)), 3);
        add(preamble_block(PREAMBLE_PROXY, PREAMBLE_UNSPEC));
        preamble_add_noise(add(preamble_block(PREAMBLE_PROXY, PREAMBLE_UNSPEC)), 20);
        preamble_add_noise(add(preamble_block(PREAMBLE_PROXY, PREAMBLE_UNIX)), 216);
        preamble_add_client(add(preamble_block(PREAMBLE_PROXY, PREAMBLE_UDP4)), "198.51.100.9");
}

static void add_blocks(void)
{
        struct preamble *header;

        add(preamble_of(2, "198.51.100.9"));
        add(preamble_of(2, "2001:db8::9"));
        preamble_add_checksum(add(preamble_of(2, "198.51.100.9")), true);
        header = add(preamble_of(2, "2001:db8::9"));
        preamble_add_extension(header, 0x05, 128);
        preamble_add_extension(header, 0xea, 0);
        preamble_add_extension(header, 0x20, 300);
        preamble_add_checksum(header, true);
        /* The largest there may be: 16 + 4,096 bytes. */
        header = add(preamble_of(2, "198.51.100.9"));
        preamble_add_extension(header, 0x04, 4096 - 12 - 3);
}

static void open_doors(const char *const *arguments)
{
        header_count = 0;
        add_lines();
        add_skipped_blocks();
        add_blocks();
        doors_open_proxied(&doors, arguments);
}

/* It ends as it should, and what came and went is what the clients sent behind their headers. */
static void close_doors(uint64_t clients, uint64_t payload)
{
        server_await_all_closed(server, clients);
        ck_assert_uint_eq(server_figure(server, "closed_peer_finished"), clients);
        ck_assert_uint_eq(server_figure(server, "received_bytes"), payload);
        ck_assert_uint_eq(server_figure(server, "sent_bytes"), payload);
        doors_close(&doors);
}

static void leave(struct client *client)
{
        client_finish(client);
        client_receive(client);
        client_expect_end(client);
        client_close(client);
}

START_TEST(header_and_payload_may_come_together)
{
        enum { FIRST = 1000, MORE = 200000 };
        struct client client;

        open_doors(NULL);
        for (unsigned i = 0; i < header_count; i++) {
                doors_enter(&doors, (enum door)_i, &client, i);
                client_send_behind(&client, headers[i].bytes, headers[i].size, FIRST);
                client_receive(&client);
                client_exchange(&client, 1, MORE);
                leave(&client);
        }
        close_doors(header_count, (uint64_t)header_count * (FIRST + MORE));
}
END_TEST

START_TEST(payload_may_come_when_the_header_is_taken)
{
        enum { SIZE = 1000 };
        struct client clients[HEADERS_MAX];

        open_doors(NULL);
        doors_enter_all(&doors, (enum door)_i, clients, header_count);
        for (unsigned i = 0; i < header_count; i++)
                client_send_behind(&clients[i], headers[i].bytes, headers[i].size, 0);
        client_exchange(clients, header_count, SIZE);
        for (unsigned i = 0; i < header_count; i++)
                leave(&clients[i]);
        close_doors(header_count, (uint64_t)header_count * SIZE);
}
END_TEST

/* The last byte comes with the payload, and all before it has been looked at. */
START_TEST(header_may_come_in_two_parts)
{
        enum { SIZE = 1000 };
        struct client clients[HEADERS_MAX];

        open_doors(NULL);
        doors_enter_all(&doors, (enum door)_i, clients, header_count);
        for (unsigned i = 0; i < header_count; i++)
                client_send_behind(&clients[i], headers[i].bytes, headers[i].size - 1, 0);
        limit_watch(20);
        for (unsigned i = 0; i < header_count; i++)
                client_send_behind(&clients[i], headers[i].bytes + headers[i].size - 1, 1, SIZE);
        for (unsigned i = 0; i < header_count; i++)
                leave(&clients[i]);
        close_doors(header_count, (uint64_t)header_count * SIZE);
}
END_TEST

START_TEST(header_may_come_byte_by_byte)
{
        enum { SIZE = 100, VERSIONS = 2 };
        struct client client;

        open_doors(NULL);
        for (unsigned version = 1; version <= VERSIONS; version++) {
                struct preamble header = preamble_of(version, "2001:db8::9");
                doors_enter(&doors, (enum door)_i, &client, version);
                for (uint32_t i = 0; i < header.size; i++) {
                        client_send_behind(&client, &header.bytes[i], 1, 0);
                        limit_pause();
                }
                for (unsigned i = 0; i < SIZE; i++)
                        client_send(&client, 1);
                leave(&client);
        }
        close_doors(VERSIONS, (uint64_t)VERSIONS * SIZE);
}
END_TEST

START_TEST(payload_may_be_left_out)
{
        struct client client;

        open_doors(NULL);
        for (unsigned i = 0; i < header_count; i++) {
                doors_enter(&doors, (enum door)_i, &client, i);
                client_send_behind(&client, headers[i].bytes, headers[i].size, 0);
                leave(&client);
        }
        close_doors(header_count, 0);
}
END_TEST

/* As a health check that only connects. */
START_TEST(header_may_be_left_out_by_who_says_nothing)
{
        struct client client;

        open_doors(NULL);
        doors_enter(&doors, (enum door)_i, &client, 1);
        leave(&client);
        close_doors(1, 0);
}
END_TEST

START_TEST(urgent_byte_behind_the_header_comes_back)
{
        struct client client;

        open_doors(NULL);
        for (unsigned i = 0; i < header_count; i++) {
                doors_enter(&doors, (enum door)_i, &client, i);
                client_send_behind(&client, headers[i].bytes, headers[i].size, 0);
                client_send_urgent(&client, 1);
                client_send(&client, 100);
                leave(&client);
        }
        close_doors(header_count, (uint64_t)header_count * 101);
}
END_TEST

/* Sends what comes back as it is. */
static void exchange_header(const struct client *client, const struct preamble *header)
{
        unsigned char answer[PREAMBLE_SIZE_MAX];

        ck_assert_int_eq(send(client->fd, header->bytes, header->size, MSG_NOSIGNAL), header->size);
        ck_assert_int_eq(recv(client->fd, answer, header->size, MSG_WAITALL), header->size);
        ck_assert_mem_eq(answer, header->bytes, header->size);
}

START_TEST(second_header_is_payload)
{
        struct client client;
        uint64_t payload = 0;

        open_doors(NULL);
        for (unsigned i = 0; i < header_count; i++) {
                doors_enter(&doors, (enum door)_i, &client, i);
                client_send_behind(&client, headers[i].bytes, headers[i].size, 0);
                exchange_header(&client, &headers[i]);
                leave(&client);
                payload += headers[i].size;
        }
        close_doors(header_count, payload);
}
END_TEST

START_TEST(header_is_payload_where_none_is_required)
{
        struct client client;

        server_start(server, NULL);
        for (unsigned version = 1; version <= 2; version++) {
                struct preamble header = preamble_of(version, "198.51.100.9");
                client_connect(&client, server->port, version);
                exchange_header(&client, &header);
                leave(&client);
        }
        server_await_all_closed(server, 2);
        server_stop(server);
}
END_TEST

/* A client that is told with that in the log; `from` is where its lines begin. */
static void enter_told(enum door door, const struct preamble *header, const char *text)
{
        size_t from = server->process.output_size;
        struct client client;

        doors_enter(&doors, door, &client, door);
        client_send_behind(&client, header->bytes, header->size, 10);
        leave(&client);
        server_await_log(server, "event=connection_close ", from);
        server_await_log(server, " received=10 sent=10 ", from);
        server_await_log(server, doors_is_unix(door) ? " peer=unix\n" : " peer=", from);
        server_await_log(server, text, from);
}

START_TEST(both_addresses_are_told)
{
        static const char ip4[] = " connection=1 client=198.51.100.9:4242 server=192.0.2.7:7\n";
        static const char ip6[] =
            " connection=1 client=[2001:db8::9]:4242 server=[2001:db8::7]:7\n";

        doors_open_proxied(&doors, debug);
        ck_assert_uint_eq(server_count_lines(server, " proxy=1\n"), place_has_ip6() ? 5 : 4);
        doors_close(&doors);
        for (unsigned version = 1; version <= 2; version++) {
                struct preamble headers_told[] = { preamble_of(version, "198.51.100.9"),
                                                   preamble_of(version, "2001:db8::9") };
                for (unsigned i = 0; i < 2; i++) {
                        doors_open_proxied(&doors, debug);
                        enter_told((enum door)_i, &headers_told[i], i == 0 ? ip4 : ip6);
                        ck_assert_uint_eq(server_count_lines(server, "connection_proxied "), 1);
                        doors_close(&doors);
                }
        }
}
END_TEST

START_TEST(who_has_no_client_is_told_by_its_own_address_alone)
{
        struct preamble local = preamble_block(PREAMBLE_LOCAL, PREAMBLE_TCP4);
        struct preamble unknown = preamble_text("PROXY UNKNOWN\r\n");

        preamble_add_client(&local, "198.51.100.9");
        doors_open_proxied(&doors, debug);
        enter_told((enum door)_i, &local, " reason=peer_finished\n");
        enter_told((enum door)_i, &unknown, " reason=peer_finished\n");
        ck_assert_uint_eq(server_count_lines(server, "connection_proxied "), 0);
        doors_close(&doors);
}
END_TEST

/* Nothing is owed to who has not said yet for whom it comes; but to the others. */
START_TEST(drain_waits_for_no_header)
{
        struct preamble header = preamble_of(2, "198.51.100.9");
        struct client half;
        struct client silent;
        struct client whole;

        doors_open_proxied(&doors, NULL);
        doors_enter(&doors, (enum door)_i, &half, 1);
        doors_enter(&doors, (enum door)_i, &silent, 2);
        doors_enter(&doors, (enum door)_i, &whole, 3);
        client_send_behind(&half, header.bytes, header.size - 1, 0);
        client_send_behind(&whole, header.bytes, header.size, 0);
        client_exchange(&whole, 1, 100000);
        server_await_figure(server, "open", 3);
        client_send(&whole, 1000);
        process_signal(&server->process, SIGTERM);
        client_receive(&whole);
        client_expect_end(&whole);
        client_expect_end(&half);
        client_expect_end(&silent);
        client_send_behind(&half, header.bytes + header.size - 1, 1, 100);
        client_close(&whole);
        client_finish(&half);
        client_close(&silent);
        ck_assert_int_eq(process_wait(&server->process), 0);
        ck_assert_uint_eq(server_logged(server, "drain_end", "left"), 0);
        ck_assert_uint_eq(server_logged(server, "stopped", "closed_drained"), 3);
        ck_assert_uint_eq(server_logged(server, "stopped", "sent_bytes"), 101000);
        client_close(&half);
        doors_expect_gone(&doors);
}
END_TEST

/* They came in time, and are only accepted now. */
START_TEST(drain_serves_whole_headers_of_the_backlog)
{
        struct preamble header = preamble_of(1, "198.51.100.9");
        struct client clients[20];

        doors_open_proxied(&doors, NULL);
        process_stop(&server->process);
        for (unsigned i = 0; i < 20; i++) {
                doors_enter(&doors, (enum door)_i, &clients[i], i);
                client_send_behind(&clients[i], header.bytes, header.size, 1000);
        }
        process_signal(&server->process, SIGTERM);
        process_signal(&server->process, SIGCONT);
        for (unsigned i = 0; i < 20; i++) {
                client_receive(&clients[i]);
                client_expect_end(&clients[i]);
        }
        client_close_all(clients, 20);
        ck_assert_int_eq(process_wait(&server->process), 0);
        ck_assert_uint_eq(server_logged(server, "stopped", "sent_bytes"), 20000);
        doors_expect_gone(&doors);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("proxy");
        int all = place_has_ip6() ? DOOR_COUNT : DOOR_IP6;

        tcase_add_loop_test(tcase, header_and_payload_may_come_together, 0, all);
        tcase_add_loop_test(tcase, payload_may_come_when_the_header_is_taken, 0, all);
        tcase_add_loop_test(tcase, header_may_come_in_two_parts, 0, all);
        tcase_add_loop_test(tcase, header_may_come_byte_by_byte, 0, all);
        tcase_add_loop_test(tcase, payload_may_be_left_out, 0, all);
        tcase_add_loop_test(tcase, header_may_be_left_out_by_who_says_nothing, 0, all);
        tcase_add_loop_test(tcase, urgent_byte_behind_the_header_comes_back, 0, all);
        tcase_add_loop_test(tcase, second_header_is_payload, 0, all);
        tcase_add_test(tcase, header_is_payload_where_none_is_required);
        tcase_add_loop_test(tcase, both_addresses_are_told, 0, all);
        tcase_add_loop_test(tcase, who_has_no_client_is_told_by_its_own_address_alone, 0, all);
        tcase_add_loop_test(tcase, drain_waits_for_no_header, 0, all);
        tcase_add_loop_test(tcase, drain_serves_whole_headers_of_the_backlog, 0, all);
        return suite_run(tcase);
}
