/* SPDX-License-Identifier: MIT */
/* What is no header, or comes too late: a reset, a reason that is counted, and nothing kept. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

#include "doors.h"
#include "figures.h"
#include "limit.h"
#include "preamble.h"
#include "suite.h"

enum {
        MISTAKES_MAX = 40,
        /* Tables, stacks, and pages that a first turn touches. */
        SMALL = 256 << 10,
};

struct mistake {
        struct preamble header;
        const char *reason; /* of its end, as the status line names it */
};

static struct doors doors;
static struct server *const server = &doors.server;
static struct mistake mistakes[MISTAKES_MAX];
static unsigned mistake_count;

static struct preamble *add(const char *reason, struct preamble header)
{
        ck_assert_uint_lt(mistake_count, MISTAKES_MAX);
        mistakes[mistake_count] = (struct mistake){ .header = header, .reason = reason };
        return &mistakes[mistake_count++].header;
}

static void add_lines(void)
{
        struct preamble endless = preamble_text("PROXY UNKNOWN ");

        while (endless.size < 107)
                endless.bytes[endless.size++] = 'x';
        add("header_too_long", endless);
        add("header_signature", preamble_text("GET / HTTP/1.1\r\nHost: echo\r\n\r\n"));
        add("header_signature", preamble_text("\x16\3\1\2\0\1\0\1\xfc\3\3"));
        add("header_signature", preamble_text("proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n"));
        add("header_family", preamble_text("PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n"));
        add("header_family", preamble_text("PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n"));
        add("header_address", preamble_text("PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n"));
        add("header_address", preamble_text("PROXY TCP4 192.0.2.1 192.0.2.02 1 2\r\n"));
        add("header_address", preamble_text("PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n"));
        add("header_address", preamble_text("PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n"));
        add("header_address", preamble_text("PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n"));
        add("header_line_end", preamble_text("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n"));
        add("header_line_end", preamble_text("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n"));
        add("header_line_end", preamble_text("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 garbage\r\n"));
        add("header_line_end", preamble_text("PROXY UNKNOWN\n"));
}

static void add_blocks(void)
{
        struct preamble *header;

        add("header_signature", preamble_of(2, "192.0.2.1"))->bytes[11] = '\r';
        add("header_version", preamble_block(0x11, PREAMBLE_TCP4));
        add("header_version", preamble_block(0x31, PREAMBLE_TCP4));
        add("header_command", preamble_block(0x22, PREAMBLE_TCP4));
        add("header_family", preamble_block(PREAMBLE_PROXY, 0x13));
        add("header_family", preamble_block(PREAMBLE_PROXY, 0x41));
        preamble_add_noise(add("header_too_short", preamble_block(PREAMBLE_PROXY, PREAMBLE_TCP4)),
                           11);
        preamble_add_noise(add("header_too_short", preamble_block(PREAMBLE_PROXY, PREAMBLE_TCP6)),
                           35);
        /* 4,113 bytes, one more than there may be. */
        preamble_add_extension(add("header_too_long", preamble_of(2, "192.0.2.1")), 4,
                               4097 - 12 - 3);
        preamble_add_noise(add("header_too_long", preamble_block(PREAMBLE_LOCAL, 0)), 4097);
        preamble_add_checksum(add("header_checksum", preamble_of(2, "192.0.2.1")), false);
        header = add("header_checksum", preamble_of(2, "2001:db8::1"));
        preamble_add_extension(header, 4, 2000);
        preamble_add_checksum(header, false);
        preamble_add_extension(add("header_extension", preamble_of(2, "192.0.2.1")), 3, 3);
        preamble_add(add("header_extension", preamble_of(2, "192.0.2.1")), "\4\0\1", 3);
        header = add("header_extension", preamble_of(2, "192.0.2.1"));
        preamble_add_checksum(header, true);
        preamble_add_checksum(header, true);
}

static void open_doors(const char *const *arguments)
{
        mistake_count = 0;
        add_lines();
        add_blocks();
        doors_open_proxied(&doors, arguments);
}

static uint64_t count_of(const char *reason)
{
        char key[64];

        snprintf(key, sizeof(key), "closed_%s", reason);
        return server_figure(server, key);
}

static void await_count(const char *reason, uint64_t count)
{
        char key[64];

        snprintf(key, sizeof(key), "closed_%s", reason);
        server_await_figure(server, key, count);
}

/* Payload behind it changes nothing. */
static void make_mistake(enum door door, const struct mistake *mistake)
{
        struct client client;

        doors_enter(&doors, door, &client, 1);
        client_send_behind(&client, mistake->header.bytes, mistake->header.size, 100);
        ck_assert_int_eq(client_await_reset(&client), ECONNRESET);
        client_close(&client);
}

static void close_doors(uint64_t clients)
{
        server_await_all_closed(server, clients);
        ck_assert_uint_eq(server_figure(server, "received_bytes"), 0);
        ck_assert_uint_eq(server_figure(server, "sent_bytes"), 0);
        doors_close(&doors);
}

START_TEST(each_mistake_is_reset_and_counted)
{
        open_doors(NULL);
        for (unsigned i = 0; i < mistake_count; i++) {
                uint64_t before = count_of(mistakes[i].reason);
                make_mistake((enum door)_i, &mistakes[i]);
                await_count(mistakes[i].reason, before + 1);
        }
        close_doors(mistake_count);
}
END_TEST

START_TEST(reason_is_told)
{
        const char *const arguments[] = { "--log-level=debug", NULL };
        char text[64];

        open_doors(arguments);
        for (unsigned i = 0; i < mistake_count; i++) {
                size_t from = server->process.output_size;
                make_mistake(DOOR_IP4, &mistakes[i]);
                snprintf(text, sizeof(text), " reason=%s\n", mistakes[i].reason);
                server_await_log(server, text, from);
        }
        ck_assert_uint_eq(server_count_lines(server, "connection_proxied "), 0);
        close_doors(mistake_count);
}
END_TEST

START_TEST(thousands_of_mistakes_leave_memory_as_it_was)
{
        enum { ROUNDS = 150 };
        uint64_t before = 0;

        open_doors(NULL);
        for (unsigned round = 0; round < ROUNDS; round++) {
                for (unsigned i = 0; i < mistake_count; i++)
                        make_mistake(i % DOOR_IP6, &mistakes[i]);
                if (round == 0)
                        before = figures_memory(&server->process);
                ck_assert_uint_eq(count_of("header_timeout"), 0);
        }
        figures_await_memory(&server->process, before + SMALL);
        close_doors((uint64_t)ROUNDS * mistake_count);
}
END_TEST

/* Peeked at, never stored: all but a byte of each header, which makes a megabyte together. */
START_TEST(waiting_headers_take_no_memory)
{
        enum { CROWD = 250 };
        struct preamble header = preamble_of(2, "192.0.2.1");
        struct client clients[CROWD];

        preamble_add_extension(&header, 4, 4096 - 12 - 3);
        open_doors(NULL);
        make_mistake(DOOR_IP4, &mistakes[0]);
        make_mistake(DOOR_PATH, &mistakes[0]);
        uint64_t before = figures_memory(&server->process);
        for (unsigned i = 0; i < CROWD; i++) {
                doors_enter(&doors, i % DOOR_IP6, &clients[i], i);
                client_send_behind(&clients[i], header.bytes, header.size - 1, 0);
        }
        server_await_figure(server, "open", CROWD);
        figures_await_memory(&server->process, before + SMALL);
        /* Nobody's time was up meanwhile. */
        ck_assert_uint_eq(server_figure(server, "open"), CROWD);
        client_close_all(clients, CROWD);
        server_await_all_closed(server, CROWD + 2);
        doors_close(&doors);
}
END_TEST

/* What has come of a header stays readable, and wakes nobody. */
START_TEST(waiting_headers_take_no_time)
{
        enum { CROWD = 10 };
        struct preamble header = preamble_of(2, "192.0.2.1");
        struct client clients[CROWD];

        open_doors(NULL);
        doors_enter_mixed(&doors, clients, CROWD);
        for (unsigned i = 0; i < CROWD; i++)
                client_send_behind(&clients[i], header.bytes, header.size - 1, 0);
        server_await_figure(server, "accepted", CROWD);
        figures_expect_sleep(&server->process);
        client_close_all(clients, CROWD);
        server_await_all_closed(server, CROWD);
        doors_close(&doors);
}
END_TEST

static bool has_ended(const struct client *client)
{
        struct pollfd wanted = { .fd = client->fd };

        return poll(&wanted, 1, 0) > 0;
}

/* A byte a second, from the beginning, as long as there is somebody to send to. */
static void trickle(struct client *clients, const struct preamble *headers, unsigned count)
{
        enum { SECOND = 1000, SLICE = 50 };
        struct limit limit = limit_start();
        unsigned ended = 0;

        for (unsigned ms = 0; ended < count; ms += SLICE) {
                ended = 0;
                for (unsigned i = 0; i < count; i++) {
                        if (has_ended(&clients[i]))
                                ended++;
                        else if (ms % SECOND == 0)
                                /* In vain, if it has just ended. */
                                (void)send(clients[i].fd, &headers[i].bytes[ms / SECOND], 1,
                                           MSG_NOSIGNAL);
                }
                ck_assert_msg(limit_left_ms(&limit) > 0, "%u of %u never end", count - ended,
                              count);
                limit_watch(SLICE);
        }
}

/*
 * No other timeout is needed for that. The late ones are the clock: who has sent its header, and
 * then nothing for as long, is served.
 */
START_TEST(late_header_is_reset_and_counted)
{
        enum { LATE = 2, HALF, SILENT };
        const char *const arguments[] = { "--idle-timeout=0", "--stall-timeout=0", NULL };
        const struct preamble headers[] = { preamble_of(1, "192.0.2.1"),
                                            preamble_of(2, "192.0.2.1") };
        struct client clients[SILENT + 1];
        struct client patient;

        open_doors(arguments);
        doors_enter(&doors, (enum door)_i, &patient, SILENT + 1);
        client_send_behind(&patient, headers[0].bytes, headers[0].size, 0);
        doors_enter_all(&doors, (enum door)_i, clients, SILENT + 1);
        client_send_behind(&clients[LATE], headers[0].bytes, headers[0].size - 1, 0);
        client_send_behind(&clients[HALF], headers[1].bytes, headers[1].size / 2, 0);
        trickle(clients, headers, LATE);
        await_count("header_timeout", SILENT + 1);
        ck_assert_int_eq(client_await_reset(&clients[HALF]), ECONNRESET);
        /* Of a Unix socket the kernel makes a reset only if something was left unread. */
        if (!doors_is_unix((enum door)_i))
                ck_assert_int_eq(client_await_reset(&clients[SILENT]), ECONNRESET);
        client_exchange(&patient, 1, 1000);
        client_close_all(clients, SILENT + 1);
        client_close(&patient);
        server_await_all_closed(server, SILENT + 2);
        doors_close(&doors);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("proxy refused");
        int all = place_has_ip6() ? DOOR_COUNT : DOOR_IP6;

        tcase_add_loop_test(tcase, each_mistake_is_reset_and_counted, 0, all);
        tcase_add_test(tcase, reason_is_told);
        tcase_add_test(tcase, thousands_of_mistakes_leave_memory_as_it_was);
        tcase_add_test(tcase, waiting_headers_take_no_memory);
        tcase_add_test(tcase, waiting_headers_take_no_time);
        tcase_add_loop_test(tcase, late_header_is_reset_and_counted, DOOR_ANY_IP4,
                            DOOR_ANY_IP4 + 1);
        tcase_add_loop_test(tcase, late_header_is_reset_and_counted, DOOR_PATH, DOOR_PATH + 1);
        return suite_run(tcase);
}
