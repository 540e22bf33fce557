/* SPDX-License-Identifier: MIT */
/* Which datagrams a reflector answers, and what it tells of each. */
#include "reflector_kernel.h"

static const struct siphash_key key = { { 862, 7 } };

START_TEST(batch_is_answered_with_its_last_short_datagram)
{
        start();
        struct place *place = wait_at(0, 1);
        place->size = 250;
        place->segment_size = 100;
        turn(0);
        ck_assert_uint_eq(place->sent, 1);
        ck_assert_uint_eq(place->sent_size, 250);
        ck_assert_uint_eq(counter_read(&counters.datagrams_received), 3);
        ck_assert_uint_eq(counter_read(&counters.datagram_received_bytes), 250);
        ck_assert_uint_eq(counter_read(&counters.datagrams_sent), 3);
        stop();
}
END_TEST

START_TEST(empty_datagram_is_answered)
{
        start();
        wait_at(0, 1)->size = 0;
        turn(0);
        ck_assert_uint_eq(places[0].sent, 1);
        ck_assert_uint_eq(places[0].sent_size, 0);
        ck_assert_uint_eq(counter_read(&counters.datagrams_sent), 1);
        stop();
}
END_TEST

START_TEST(dropped_datagram_is_not_answered)
{
        start();
        wait_at(0, 1)->peer_port = 0;
        turn(0);
        ck_assert_uint_eq(places[0].sent, 0);
        ck_assert_uint_eq(dropped(DATAGRAM_DROP_PORT_ZERO), 1);
        stop();
}
END_TEST

START_TEST(truncated_datagram_is_dropped_as_one)
{
        start();
        struct place *place = wait_at(0, 1);
        place->size = 250;
        place->segment_size = 100;
        place->is_truncated = true;
        turn(0);
        ck_assert_uint_eq(place->sent, 0);
        ck_assert_uint_eq(dropped(DATAGRAM_DROP_TRUNCATED), 1);
        ck_assert_uint_eq(counter_read(&counters.datagrams_received), 1);
        stop();
}
END_TEST

START_TEST(each_datagram_of_a_batch_is_decided_about)
{
        static _Alignas(64) bucket_word words[BUCKET_WAYS];
        struct bucket_table buckets;

        start_empty();
        bucket_init(&buckets, words, BUCKET_WAYS, 1, &key);
        rules.buckets = &buckets;
        ck_assert_int_eq(add_socket(0, NULL), 0);
        struct place *place = wait_at(0, 1);
        place->size = 300;
        place->segment_size = 100;
        turn(0);
        ck_assert_uint_eq(place->sent_size, 200);
        ck_assert_uint_eq(dropped(DATAGRAM_DROP_RATE), 1);
        stop();
}
END_TEST

START_TEST(datagram_of_ourselves_is_known_by_the_address_of_the_socket)
{
        start();
        struct place *place = wait_at(0, 1);
        place->is_from_self = true;
        place->peer_port = PORT;
        turn(0);
        ck_assert_uint_eq(place->sent, 0);
        ck_assert_uint_eq(dropped(DATAGRAM_DROP_SELF), 1);
        stop();
}
END_TEST

START_TEST(loops_end_at_the_listeners_that_guard_against_them)
{
        enum { COUNT = 1 + LOOP_GUARD_REPEATS + 2 * LOOP_GUARD_INTERVAL };

        start_empty();
        ck_assert_int_eq(add_socket(0, &key), 0);
        ck_assert_int_eq(add_socket(1, NULL), 0);
        for (unsigned i = 0; i < SOCKETS; i++) {
                uint64_t before = dropped(DATAGRAM_DROP_LOOP);
                (void)wait_at(i, COUNT);
                while (places[i].waiting > 0)
                        turn(i);
                ck_assert_uint_eq(dropped(DATAGRAM_DROP_LOOP) - before, i == 0 ? 2 : 0);
        }
        stop();
}
END_TEST

START_TEST(overflow_is_counted_once)
{
        start();
        wait_at(0, 3)->overflows = 5;
        turn_times(0, 2);
        ck_assert_uint_eq(counter_read(&counters.datagrams_overflowed), 5);
        places[0].overflows = 7;
        turn(0);
        ck_assert_uint_eq(counter_read(&counters.datagrams_overflowed), 7);
        /* The other socket has a count of its own. */
        wait_at(1, 1)->overflows = 2;
        turn(1);
        ck_assert_uint_eq(counter_read(&counters.datagrams_overflowed), 9);
        stop();
}
END_TEST

START_TEST(count_of_overflows_wraps)
{
        start();
        wait_at(0, 2)->overflows = UINT32_MAX;
        turn(0);
        places[0].overflows = 3;
        turn(0);
        ck_assert_uint_eq(counter_read(&counters.datagrams_overflowed), UINT64_C(0x100000003));
        stop();
}
END_TEST

/* Whoever receives there is told of the same ones, and of old ones after newer ones. */
START_TEST(overflow_of_a_shared_socket_is_counted_by_one_of_those_who_share_it)
{
        _Atomic uint32_t told = UINT32_MAX - 1;

        start_empty();
        shared[0] = &told;
        ck_assert_int_eq(add_socket(0, NULL), 0);
        wait_at(0, 4)->overflows = UINT32_MAX;
        turn(0);
        ck_assert_uint_eq(counter_read(&counters.datagrams_overflowed), 1);
        /* Another worker was told of more in between. */
        told = 7;
        places[0].overflows = 3;
        turn(0);
        places[0].overflows = 7;
        turn(0);
        ck_assert_uint_eq(counter_read(&counters.datagrams_overflowed), 1);
        places[0].overflows = 9;
        turn(0);
        ck_assert_uint_eq(counter_read(&counters.datagrams_overflowed), 3);
        ck_assert_uint_eq(told, 9);
        stop();
}
END_TEST

START_TEST(datagram_is_told_to_who_wants_to_know)
{
        const unsigned char source[] = { 192, 0, 2, 2 };
        struct event event;

        start();
        (void)wait_at(1, 2);
        places[1].size = 3;
        turn(1);
        ck_assert(!events_take(&events, &event));
        teller.is_verbose = true;
        turn(1);
        ck_assert(events_take(&events, &event));
        ck_assert_int_eq(event.kind, EVENT_DATAGRAM);
        ck_assert_uint_eq(event.listener, 4);
        ck_assert_uint_eq(event.time_ns, 1);
        ck_assert_int_eq(event.datagram.peer.family, AF_INET);
        ck_assert_uint_eq(event.datagram.peer.port, 40000);
        ck_assert(memcmp(event.datagram.peer.address, source, sizeof(source)) == 0);
        ck_assert_uint_eq(event.datagram.size, 3);
        ck_assert_uint_eq(event.datagram.shown, 3);
        ck_assert(memcmp(event.datagram.bytes, "xxx", 3) == 0);
        ck_assert_uint_eq(event.datagram.drop, DATAGRAM_DROP_NONE);
        ck_assert(!events_take(&events, &event));
        stop();
}
END_TEST

START_TEST(datagrams_of_a_batch_are_told_each_by_itself)
{
        const uint32_t sizes[] = { 100, 100, 50 };
        struct event event;

        start();
        teller.is_verbose = true;
        struct place *place = wait_at(0, 1);
        place->size = 250;
        place->segment_size = 100;
        place->peer_port = 0;
        turn(0);
        for (unsigned i = 0; i < 3; i++) {
                ck_assert(events_take(&events, &event));
                ck_assert_uint_eq(event.datagram.size, sizes[i]);
                ck_assert_uint_eq(event.datagram.drop, DATAGRAM_DROP_PORT_ZERO);
        }
        ck_assert(!events_take(&events, &event));
        stop();
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                batch_is_answered_with_its_last_short_datagram,
                empty_datagram_is_answered,
                dropped_datagram_is_not_answered,
                truncated_datagram_is_dropped_as_one,
                each_datagram_of_a_batch_is_decided_about,
                datagram_of_ourselves_is_known_by_the_address_of_the_socket,
                loops_end_at_the_listeners_that_guard_against_them,
                overflow_is_counted_once,
                count_of_overflows_wraps,
                overflow_of_a_shared_socket_is_counted_by_one_of_those_who_share_it,
                datagram_is_told_to_who_wants_to_know,
                datagrams_of_a_batch_are_told_each_by_itself,
        };

        return SUITE_RUN("reflector answers", tests);
}
