/* SPDX-License-Identifier: MIT */
/* What one worker makes of the headers of proxies, on the simulated kernel. */
#include "one_worker.h"
#include "support/ips.h"

#define SECOND UINT64_C(1000000000)

enum { NODES = 16, CHAINS = 8, PAYLOAD = 50 };

static const struct siphash_key key = { .words = { 862, 7 } };
static uint16_t unix_port;
static struct access_entry entries[4];
static struct access_list access;
static struct source_node nodes[NODES];
static source_word chains[CHAINS];
static struct source_table sources;

/* One connection of a source; 198.51.100.0/24 may not come. */
static void start(void)
{
        static const struct sim_settings settings = { .descriptors = SIM_DESCRIPTORS_MAX,
                                                      .buffer_min = 5000,
                                                      .buffer_max = 5000 };
        struct worker_config config = {
                .connections = &quota,
                .admission = { .access = &access, .sources = &sources, .max_per_source = 1 },
                .max_connections = 8,
                .block_count = 4,
                .scratch_size = 4096,
                .limits = { .idle_ns = SECOND, .stall_ns = SECOND },
                .drain_timeout_ns = SECOND
        };
        struct network denied = network_around(ips_parse("198.51.100.0"), NETWORK_V4_BITS + 24);
        struct listener listener = { .is_unix = true, .is_proxied = true };

        access_init(&access, entries, 4);
        ck_assert_int_eq(access_add(&access, denied, false), ACCESS_ADDED);
        source_init(&sources, nodes, NODES, chains, CHAINS, &key);
        one_worker_open(&settings, &config, true);
        listener.fd = sim_listen_unix(&unix_port);
        sim_expect_headers(listener.fd);
        ck_assert_int_eq(worker_listen(&worker, &listener), 0);
}

static void stop(void)
{
        one_worker_close();
        ck_assert_uint_eq(source_check(&sources), 0);
}

static int enter(uint16_t to, enum header_kind kind, const char *source)
{
        struct header header = { .kind = kind, .source = ips_parse(source), .extension = 30 };
        int client = sim_client_connect(to);

        sim_client_set_header(client, &header);
        one_worker_step();
        return client;
}

static uint32_t header_size(int client)
{
        return sim_link(client)->header_size;
}

/* The same, and its header is sent at once. */
static int hand_on(uint16_t to, enum header_kind kind, const char *source)
{
        int client = enter(to, kind, source);

        (void)sim_client_send(client, header_size(client), false);
        one_worker_step();
        return client;
}

static uint64_t closed(enum conn_end why)
{
        return counter_read(&counters.closed[why]);
}

/* All of its payload came back, and nothing else. */
static void expect_echo(int client, uint64_t size)
{
        ck_assert_uint_eq(sim_client_readable(client), size);
        ck_assert_uint_eq(sim_client_receive(client, UINT32_MAX), size);
        ck_assert(!sim_link(client)->is_client_reset);
}

/* It was reset for that reason. */
static void expect_end(int client, enum conn_end why)
{
        ck_assert_str_eq(closed(why) == 1 ? counters_closed_name(why) : "another",
                         counters_closed_name(why));
        ck_assert(sim_link(client)->is_client_reset);
        sim_client_forget(client);
}

START_TEST(header_in_one_piece_with_its_payload_is_skipped)
{
        for (unsigned kind = HEADER_LINE; kind < HEADER_BAD_SIGNATURE; kind++) {
                start();
                int client = enter(kind % 2 == 0 ? port : unix_port, kind, "203.0.113.1");
                (void)sim_client_send(client, header_size(client) + PAYLOAD, false);
                one_worker_step();
                expect_echo(client, PAYLOAD);
                ck_assert_uint_eq(counter_read(&counters.received_bytes), PAYLOAD);
                ck_assert_uint_eq(counter_read(&counters.peek_turns), 0);
                sim_client_forget(client);
                stop();
        }
}
END_TEST

START_TEST(header_byte_by_byte_is_skipped)
{
        for (unsigned kind = HEADER_LINE; kind < HEADER_BAD_SIGNATURE; kind++) {
                start();
                int client = enter(port, kind, "2001:db8::1");
                for (uint32_t i = 0; i < header_size(client) + PAYLOAD; i++) {
                        (void)sim_client_send(client, 1, false);
                        one_worker_step();
                }
                expect_echo(client, PAYLOAD);
                sim_client_forget(client);
                stop();
        }
}
END_TEST

START_TEST(what_is_no_header_is_reset_at_the_byte_that_shows_it)
{
        for (unsigned kind = HEADER_BAD_SIGNATURE; kind < HEADER_KIND_COUNT; kind++) {
                start();
                int client = enter(kind % 2 == 0 ? port : unix_port, kind, "203.0.113.1");
                (void)sim_client_send(client, header_size(client) - 1, false);
                one_worker_step();
                ck_assert_uint_eq(quota_held(&quota), 1);
                (void)sim_client_send(client, 1, false);
                one_worker_step();
                expect_end(client, proxy_conn_end(header_verdict(kind)));
                stop();
        }
}
END_TEST

START_TEST(half_a_header_is_reset_when_its_time_is_up)
{
        start();
        int client = enter(port, HEADER_BLOCK, "203.0.113.1");
        (void)sim_client_send(client, header_size(client) / 2, false);
        one_worker_step();
        sim_advance(CONN_HEADER_NS - SECOND);
        (void)sim_client_send(client, 1, false);
        one_worker_step();
        ck_assert_uint_eq(quota_held(&quota), 1);
        sim_advance(SECOND + SECOND / 100);
        one_worker_step();
        expect_end(client, CONN_END_HEADER_TIMEOUT);
        stop();
}
END_TEST

/* The idle timeout is shorter than what a header may take, and counts from its end. */
START_TEST(deadline_after_the_header_is_the_idle_one)
{
        start();
        int client = enter(port, HEADER_BLOCK, "203.0.113.1");
        sim_advance(2 * SECOND);
        (void)sim_client_send(client, header_size(client), false);
        one_worker_step();
        sim_advance(SECOND - SECOND / 100);
        one_worker_step();
        ck_assert_uint_eq(quota_held(&quota), 1);
        sim_advance(SECOND / 50);
        one_worker_step();
        ck_assert_uint_eq(closed(CONN_END_IDLE), 1);
        sim_client_forget(client);
        stop();
}
END_TEST

START_TEST(who_leaves_before_a_header_has_finished)
{
        start();
        int client = enter(port, HEADER_LINE, "203.0.113.1");
        sim_client_finish(client);
        one_worker_step();
        ck_assert_uint_eq(closed(CONN_END_PEER_FINISHED), 1);
        sim_client_forget(client);
        stop();
}
END_TEST

START_TEST(client_behind_the_proxy_is_charged_and_not_the_proxy)
{
        start();
        int first = hand_on(port, HEADER_LINE, "203.0.113.1");
        int second = hand_on(port, HEADER_BLOCK, "203.0.113.2");
        int third = hand_on(unix_port, HEADER_BLOCK, "::ffff:203.0.113.1");
        ck_assert_uint_eq(source_check(&sources), 2);
        expect_end(third, CONN_END_SOURCE);
        sim_client_reset(first);
        one_worker_step();
        ck_assert_uint_eq(source_check(&sources), 1);
        sim_client_forget(first);
        sim_client_forget(second);
        stop();
}
END_TEST

START_TEST(proxy_that_comes_for_itself_is_charged)
{
        start();
        int first = hand_on(port, HEADER_LOCAL, "203.0.113.1");
        int second = hand_on(port, HEADER_LINE_ALONE, "203.0.113.1");
        expect_end(second, CONN_END_SOURCE);
        sim_client_forget(first);
        stop();
}
END_TEST

START_TEST(client_that_may_not_come_is_reset)
{
        start();
        int client = enter(port, HEADER_BLOCK_CHECKED, "198.51.100.7");
        (void)sim_client_send(client, header_size(client) + PAYLOAD, false);
        one_worker_step();
        expect_end(client, CONN_END_ACCESS);
        ck_assert_uint_eq(counter_read(&counters.received_bytes), 0);
        stop();
}
END_TEST

START_TEST(proxy_that_may_not_come_is_refused_unheard)
{
        start();
        int client = sim_client_connect_from(port, ips_parse("198.51.100.7"));
        one_worker_step();
        ck_assert_uint_eq(counter_read(&counters.refused[REFUSED_ACCESS]), 1);
        ck_assert(sim_link(client)->is_client_reset);
        sim_client_forget(client);
        stop();
}
END_TEST

START_TEST(draining_echoes_behind_a_whole_header_and_discards_half_a_one)
{
        start();
        int whole = enter(port, HEADER_BLOCK, "203.0.113.1");
        int half = enter(port, HEADER_BLOCK, "203.0.113.2");
        (void)sim_client_send(half, 10, false);
        one_worker_step();
        (void)sim_client_send(whole, header_size(whole) + PAYLOAD, false);
        worker_drain(&worker);
        one_worker_step();
        expect_echo(whole, PAYLOAD);
        expect_echo(half, 0);
        ck_assert(sim_client_is_at_end(half));
        (void)sim_client_send(half, header_size(half), false);
        sim_client_finish(whole);
        sim_client_finish(half);
        one_worker_step();
        ck_assert_uint_eq(closed(CONN_END_DRAINED), 2);
        ck_assert(!sim_link(half)->is_client_reset);
        sim_client_forget(whole);
        sim_client_forget(half);
        stop();
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                header_in_one_piece_with_its_payload_is_skipped,
                header_byte_by_byte_is_skipped,
                what_is_no_header_is_reset_at_the_byte_that_shows_it,
                half_a_header_is_reset_when_its_time_is_up,
                deadline_after_the_header_is_the_idle_one,
                who_leaves_before_a_header_has_finished,
                client_behind_the_proxy_is_charged_and_not_the_proxy,
                proxy_that_comes_for_itself_is_charged,
                client_that_may_not_come_is_reset,
                proxy_that_may_not_come_is_refused_unheard,
                draining_echoes_behind_a_whole_header_and_discards_half_a_one,
        };

        return SUITE_RUN("worker header", tests);
}
