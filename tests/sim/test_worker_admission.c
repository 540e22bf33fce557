/* SPDX-License-Identifier: MIT */
/* What one worker asks and gives back of the limits that know the peer, on the simulated kernel. */
#include "one_worker.h"
#include "support/ips.h"

#define SECOND UINT64_C(1000000000)

enum { BUCKETS = 64, NODES = 16, CHAINS = 8, RATE = 2, MOST = 4 };

static const struct siphash_key key = { .words = { 862, 7 } };
static struct access_entry entries[4];
static struct access_list access;
static _Alignas(64) bucket_word words[BUCKETS];
static struct bucket_table rate;
static struct source_node nodes[NODES];
static source_word chains[CHAINS];
static struct source_table sources;

/* Both families by one listener. */
static void start(const struct admission *admission)
{
        static const struct sim_settings settings = { .descriptors = SIM_DESCRIPTORS_MAX,
                                                      .buffer_max = 100 };
        struct worker_config config = { .connections = &quota,
                                        .admission = *admission,
                                        .max_connections = MOST,
                                        .block_count = 4,
                                        .scratch_size = 4096,
                                        .limits = { .idle_ns = SECOND, .stall_ns = SECOND } };

        one_worker_open(&settings, &config, false);
}

static void start_with_sources(uint32_t most)
{
        struct admission admission = { .sources = &sources, .max_per_source = most };

        source_init(&sources, nodes, NODES, chains, CHAINS, &key);
        start(&admission);
}

static uint64_t refused(enum counters_refused why)
{
        return counter_read(&counters.refused[why]);
}

/* A client that was let in. */
static int enter(const char *text)
{
        uint64_t before = counter_read(&counters.accepted);
        int client = sim_client_connect_from(port, ips_parse(text));

        one_worker_step();
        ck_assert_uint_eq(counter_read(&counters.accepted), before + 1);
        return client;
}

/* A client that was reset for that reason. */
static void fail_to_enter(const char *text, enum counters_refused why)
{
        uint64_t before = counter_read(&counters.accepted);
        uint64_t refused_before = refused(why);
        int client = sim_client_connect_from(port, ips_parse(text));

        one_worker_step();
        ck_assert_uint_eq(counter_read(&counters.accepted), before);
        ck_assert_uint_eq(refused(why), refused_before + 1);
        ck_assert(sim_link(client)->is_client_reset);
        sim_client_forget(client);
}

START_TEST(source_that_has_enough_is_reset_and_others_are_not)
{
        start_with_sources(2);
        int first = enter("192.0.2.1");
        int second = enter("192.0.2.1");
        fail_to_enter("192.0.2.1", REFUSED_SOURCE);
        int other = enter("192.0.2.2");
        ck_assert_uint_eq(source_check(&sources), 2);
        sim_client_forget(first);
        sim_client_forget(second);
        sim_client_forget(other);
        one_worker_close();
}
END_TEST

START_TEST(mapped_and_plain_are_one_source_and_so_is_a_64)
{
        start_with_sources(1);
        int ip4 = enter("192.0.2.1");
        fail_to_enter("::ffff:192.0.2.1", REFUSED_SOURCE);
        int ip6 = enter("2001:db8::1");
        fail_to_enter("2001:db8::ffff:2", REFUSED_SOURCE);
        int other = enter("2001:db8:0:1::1");
        sim_client_forget(ip4);
        sim_client_forget(ip6);
        sim_client_forget(other);
        one_worker_close();
}
END_TEST

START_TEST(place_is_free_again_after_a_fin)
{
        start_with_sources(1);
        int client = enter("192.0.2.1");
        sim_client_finish(client);
        one_worker_step();
        sim_client_forget(client);
        ck_assert_uint_eq(source_check(&sources), 0);
        sim_client_forget(enter("192.0.2.1"));
        one_worker_close();
}
END_TEST

START_TEST(place_is_free_again_after_a_reset)
{
        start_with_sources(1);
        int client = enter("192.0.2.1");
        sim_client_reset(client);
        one_worker_step();
        sim_client_forget(client);
        ck_assert_uint_eq(source_check(&sources), 0);
        sim_client_forget(enter("192.0.2.1"));
        one_worker_close();
}
END_TEST

START_TEST(place_is_free_again_after_a_timeout)
{
        start_with_sources(1);
        int client = enter("192.0.2.1");
        sim_client_vanish(client);
        sim_advance(2 * SECOND);
        one_worker_step();
        sim_client_forget(client);
        ck_assert_uint_eq(source_check(&sources), 0);
        sim_client_forget(enter("192.0.2.1"));
        one_worker_close();
}
END_TEST

START_TEST(places_are_free_after_the_worker)
{
        start_with_sources(2);
        int first = enter("192.0.2.1");
        int second = enter("192.0.2.2");
        sim_client_forget(first);
        sim_client_forget(second);
        one_worker_close();
        ck_assert_uint_eq(source_check(&sources), 0);
}
END_TEST

START_TEST(whom_the_process_refuses_takes_no_place)
{
        int clients[MOST];

        start_with_sources(MOST);
        for (unsigned i = 0; i < MOST; i++)
                clients[i] = enter("192.0.2.1");
        fail_to_enter("192.0.2.2", REFUSED_LIMIT);
        ck_assert_uint_eq(source_check(&sources), 1);
        for (unsigned i = 0; i < MOST; i++)
                sim_client_forget(clients[i]);
        one_worker_close();
}
END_TEST

/* Its source is looked at before the connections of all, so that it is told the nearer reason. */
START_TEST(source_is_refused_before_the_process_is_full)
{
        int clients[MOST];

        start_with_sources(MOST);
        for (unsigned i = 0; i < MOST; i++)
                clients[i] = enter("192.0.2.1");
        fail_to_enter("192.0.2.1", REFUSED_SOURCE);
        for (unsigned i = 0; i < MOST; i++)
                sim_client_forget(clients[i]);
        one_worker_close();
}
END_TEST

START_TEST(whom_the_kernel_refuses_takes_no_place)
{
        static const uint32_t rates[SIM_FAULT_COUNT] = { [SIM_WATCH_REFUSED] = 65536 };

        start_with_sources(1);
        sim_disturb(rates);
        fail_to_enter("192.0.2.1", REFUSED_NO_MEMORY);
        ck_assert_uint_eq(source_check(&sources), 0);
        ck_assert_uint_eq(quota_held(&quota), 0);
        one_worker_close();
}
END_TEST

START_TEST(unix_sockets_have_no_source)
{
        struct admission admission = { .access = &access, .rate = &rate, .sources = &sources };
        int clients[3];
        uint16_t unix_port = 0;

        admission.max_per_source = 1;
        access_init(&access, entries, 4);
        ck_assert_int_eq(access_add(&access, network_around(ips_parse("0.0.0.0"), 0), false),
                         ACCESS_ADDED);
        bucket_init(&rate, words, BUCKETS, 1, &key);
        source_init(&sources, nodes, NODES, chains, CHAINS, &key);
        start(&admission);
        struct listener listener = { .fd = sim_listen_unix(&unix_port), .is_unix = true };
        ck_assert_int_eq(worker_listen(&worker, &listener), 0);
        for (unsigned i = 0; i < 3; i++)
                clients[i] = sim_client_connect(unix_port);
        one_worker_step();
        ck_assert_uint_eq(counter_read(&counters.accepted), 3);
        for (unsigned i = 0; i < 3; i++)
                sim_client_forget(clients[i]);
        one_worker_close();
}
END_TEST

START_TEST(who_comes_too_often_is_reset_until_time_has_passed)
{
        struct admission admission = { .rate = &rate };

        bucket_init(&rate, words, BUCKETS, RATE, &key);
        start(&admission);
        for (unsigned i = 0; i < 2 * RATE; i++) {
                int client = enter("192.0.2.1");
                sim_client_reset(client);
                one_worker_step();
                sim_client_forget(client);
        }
        fail_to_enter("192.0.2.1", REFUSED_RATE);
        sim_client_forget(enter("192.0.2.2"));
        sim_advance(SECOND / RATE);
        sim_client_forget(enter("192.0.2.1"));
        fail_to_enter("192.0.2.1", REFUSED_RATE);
        one_worker_close();
}
END_TEST

START_TEST(who_may_not_come_is_reset_also_as_mapped)
{
        struct admission admission = { .access = &access };
        struct network network = network_around(ips_parse("192.0.2.0"), NETWORK_V4_BITS + 24);

        access_init(&access, entries, 4);
        ck_assert_int_eq(access_add(&access, network, false), ACCESS_ADDED);
        start(&admission);
        fail_to_enter("192.0.2.1", REFUSED_ACCESS);
        fail_to_enter("::ffff:192.0.2.1", REFUSED_ACCESS);
        sim_client_forget(enter("192.0.3.1"));
        sim_client_forget(enter("2001:db8::1"));
        one_worker_close();
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                source_that_has_enough_is_reset_and_others_are_not,
                mapped_and_plain_are_one_source_and_so_is_a_64,
                place_is_free_again_after_a_fin,
                place_is_free_again_after_a_reset,
                place_is_free_again_after_a_timeout,
                places_are_free_after_the_worker,
                whom_the_process_refuses_takes_no_place,
                source_is_refused_before_the_process_is_full,
                whom_the_kernel_refuses_takes_no_place,
                unix_sockets_have_no_source,
                who_comes_too_often_is_reset_until_time_has_passed,
                who_may_not_come_is_reset_also_as_mapped,
        };

        return SUITE_RUN("worker admission", tests);
}
