/* SPDX-License-Identifier: MIT */
/* Which datagrams a reflector takes, and when. */
#include "reflector_kernel.h"

START_TEST(datagram_is_answered_in_its_turn)
{
        start();
        const struct place *place = wait_at(0, 1);
        turn(0);
        check_calls("p");
        ck_assert_uint_eq(place->sent, 1);
        ck_assert_uint_eq(place->sent_size, 1);
        ck_assert_uint_eq(counter_read(&counters.datagrams_received), 1);
        ck_assert_uint_eq(counter_read(&counters.datagram_received_bytes), 1);
        ck_assert_uint_eq(counter_read(&counters.datagrams_sent), 1);
        stop();
}
END_TEST

START_TEST(several_are_asked_for_now_and_then)
{
        start();
        (void)wait_at(0, 100);
        turn_times(0, 16);
        check_calls("ppppppppppppppps");
        stop();
}
END_TEST

START_TEST(while_several_come_several_are_asked_for)
{
        start();
        (void)wait_at(0, 15 + 3 * INBOX_SLOTS + 2);
        turn_times(0, 15);
        call_count = 0;
        turn_times(0, 5);
        check_calls("sssss");
        ck_assert_uint_eq(places[0].waiting, 0);
        turn_times(0, 16);
        check_calls("ppppppppppppppps");
        stop();
}
END_TEST

START_TEST(when_one_comes_one_is_asked_for)
{
        start();
        (void)wait_at(0, 15 + INBOX_SLOTS + 1);
        turn_times(0, 15);
        call_count = 0;
        turn_times(0, 4);
        check_calls("sspp");
        stop();
}
END_TEST

START_TEST(each_socket_is_busy_by_itself)
{
        start();
        (void)wait_at(0, 200);
        (void)wait_at(1, 1);
        turn_times(0, 16);
        call_count = 0;
        turn(1);
        turn(0);
        check_calls("ps");
        stop();
}
END_TEST

START_TEST(turn_takes_what_has_room_and_leaves_the_rest)
{
        start();
        const struct place *place = wait_at(0, 15 + INBOX_SLOTS + 5);
        turn_times(0, 16);
        ck_assert_uint_eq(place->waiting, 5);
        ck_assert_uint_eq(counter_read(&counters.datagrams_sent), 15 + INBOX_SLOTS);
        stop();
}
END_TEST

START_TEST(error_costs_a_turn)
{
        start();
        struct place *place = wait_at(0, 1);
        place->error = -ECONNREFUSED;
        turn(0);
        ck_assert_uint_eq(counter_read(&counters.datagrams_received), 0);
        turn(0);
        ck_assert_uint_eq(counter_read(&counters.datagrams_sent), 1);
        stop();
}
END_TEST

START_TEST(error_of_the_call_for_several_leads_back_to_the_plain_one)
{
        start();
        struct place *place = wait_at(0, 100);
        turn_times(0, 16);
        place->error = -EINVAL;
        call_count = 0;
        turn_times(0, 2);
        check_calls("sp");
        stop();
}
END_TEST

START_TEST(event_of_others_is_none_of_its_business)
{
        start();
        (void)wait_at(0, 1);
        (void)wait_at(1, 1);
        reflector_turn(&reflector, 0, 1);
        reflector_turn(&reflector, REFLECTOR_TOKEN - 1, 1);
        reflector_turn(&reflector, REFLECTOR_TOKEN + SOCKETS, 1);
        reflector_turn(&reflector, UINT64_MAX, 1);
        check_calls("");
        stop();
}
END_TEST

START_TEST(draining_answers_what_waits_and_closes)
{
        start();
        (void)wait_at(0, 40);
        (void)wait_at(1, 1);
        reflector_drain(&reflector, 1);
        check_calls("ssssss");
        for (unsigned i = 0; i < SOCKETS; i++) {
                ck_assert_uint_eq(places[i].waiting, 0);
                ck_assert(places[i].is_closed);
        }
        ck_assert_uint_eq(counter_read(&counters.datagrams_sent), 41);
        /* An event that was fetched before. */
        turn(0);
        check_calls("");
        stop();
}
END_TEST

/* Its other owners would have the epoll told of what waits there for ever. */
START_TEST(shared_socket_is_no_longer_watched_when_it_is_closed)
{
        _Atomic uint32_t told = 0;

        for (unsigned is_drained = 0; is_drained < 2; is_drained++) {
                start_empty();
                shared[1] = &told;
                for (unsigned i = 0; i < SOCKETS; i++)
                        ck_assert_int_eq(add_socket(i, NULL), 0);
                ck_assert(is_watched[1]);
                if (is_drained)
                        reflector_drain(&reflector, 1);
                else
                        reflector_close(&reflector);
                ck_assert(places[1].is_closed);
                ck_assert(!is_watched[1]);
                stop();
        }
}
END_TEST

START_TEST(draining_goes_past_errors)
{
        const int errors[] = { -ECONNREFUSED, -EINTR };

        for (unsigned i = 0; i < 2; i++) {
                start();
                wait_at(0, 20)->error = errors[i];
                reflector_drain(&reflector, 1);
                ck_assert_uint_eq(counter_read(&counters.datagrams_sent), 20);
                stop();
        }
}
END_TEST

START_TEST(draining_has_a_bound)
{
        start();
        (void)wait_at(0, 1000000);
        reflector_drain(&reflector, 1);
        ck_assert_uint_eq(call_count, 64 + 1);
        ck_assert(places[0].is_closed);
        ck_assert(places[1].is_closed);
        stop();
}
END_TEST

START_TEST(memory_comes_with_the_first_socket)
{
        start_empty();
        ck_assert_uint_eq(reserved_size, 0);
        ck_assert_int_eq(add_socket(0, NULL), 0);
        ck_assert_uint_gt(reserved_size, INBOX_SLOTS * INBOX_SLOT_SIZE);
        ck_assert_uint_eq(watched_token, REFLECTOR_TOKEN);
        ck_assert_int_eq(add_socket(1, NULL), 0);
        ck_assert_uint_eq(watched_token, REFLECTOR_TOKEN + 1);
        stop();
        ck_assert(places[0].is_closed);
        ck_assert(places[1].is_closed);
}
END_TEST

START_TEST(socket_that_is_not_added_stays_the_callers)
{
        start_empty();
        is_memory_refused = true;
        ck_assert_int_eq(add_socket(0, NULL), -ENOMEM);
        is_memory_refused = false;
        watch_error = -ENOSPC;
        ck_assert_int_eq(add_socket(0, NULL), -ENOSPC);
        stop();
        ck_assert(!places[0].is_closed);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                datagram_is_answered_in_its_turn,
                several_are_asked_for_now_and_then,
                while_several_come_several_are_asked_for,
                when_one_comes_one_is_asked_for,
                each_socket_is_busy_by_itself,
                turn_takes_what_has_room_and_leaves_the_rest,
                error_costs_a_turn,
                error_of_the_call_for_several_leads_back_to_the_plain_one,
                event_of_others_is_none_of_its_business,
                draining_answers_what_waits_and_closes,
                shared_socket_is_no_longer_watched_when_it_is_closed,
                draining_goes_past_errors,
                draining_has_a_bound,
                memory_comes_with_the_first_socket,
                socket_that_is_not_added_stays_the_callers,
        };

        return SUITE_RUN("reflector", tests);
}
