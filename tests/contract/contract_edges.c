/* SPDX-License-Identifier: MIT */
/* When epoll tells, what, and to whom. */
#include "contract.h"

enum { LEVEL_MASK = EPOLLIN | EPOLLRDHUP };

static int set(const struct wire *wire, int operation, uint32_t events)
{
        return sys_poll_set(contract.poll_fd, operation, wire->fd, events, wire_token(wire));
}

START_TEST(adding_tells_what_is_true_already)
{
        struct wire wire;

        wire_open(&wire);
        peer_send(&wire.peer, 1);
        peer_finish(&wire.peer);
        wire_watch(&wire, EDGES);
        expect_wire_events(&wire, FINISHED | EPOLLOUT);
        expect_silence(contract.poll_fd);
        wire_close(&wire);
}
END_TEST

START_TEST(each_arrival_is_an_edge_and_nothing_else_is)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EDGES);
        expect_wire_events(&wire, EPOLLOUT);
        for (unsigned i = 0; i < 3; i++) {
                peer_send(&wire.peer, 10);
                expect_wire_events(&wire, EPOLLIN | EPOLLOUT);
        }
        expect_silence(contract.poll_fd);
        wire_receive_part(&wire, 5);
        wire_receive(&wire, 25);
        expect_silence(contract.poll_fd);
        wire_close(&wire);
}
END_TEST

START_TEST(arrivals_before_a_wait_are_one_event)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EDGES);
        peer_send(&wire.peer, 10);
        peer_send(&wire.peer, 10);
        peer_finish(&wire.peer);
        expect_wire_events(&wire, FINISHED | EPOLLOUT);
        expect_silence(contract.poll_fd);
        wire_close(&wire);
}
END_TEST

START_TEST(what_is_no_longer_true_is_not_told)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EPOLLIN | EPOLLET);
        peer_send(&wire.peer, 10);
        wire_receive(&wire, 10);
        expect_silence(contract.poll_fd);
        wire_close(&wire);
}
END_TEST

START_TEST(arrival_does_not_wake_who_watches_for_room)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EPOLLOUT | EPOLLET);
        expect_wire_events(&wire, EPOLLOUT);
        peer_send(&wire.peer, 10);
        expect_silence(contract.poll_fd);
        wire_close(&wire);
}
END_TEST

START_TEST(level_is_told_until_it_falls)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, LEVEL_MASK);
        expect_silence(contract.poll_fd);
        peer_send(&wire.peer, 10);
        expect_wire_events(&wire, EPOLLIN);
        wire_receive_part(&wire, 9);
        expect_wire_events(&wire, EPOLLIN);
        wire_receive(&wire, 1);
        expect_silence(contract.poll_fd);
        peer_finish(&wire.peer);
        expect_wire_events(&wire, FINISHED);
        expect_wire_events(&wire, FINISHED);
        wire_close(&wire);
}
END_TEST

START_TEST(modifying_arms_again_with_the_new_mask_and_token)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EPOLLIN | EPOLLET);
        peer_send(&wire.peer, 10);
        expect_wire_events(&wire, EPOLLIN);
        expect_silence(contract.poll_fd);
        ck_assert_int_eq(sys_poll_set(contract.poll_fd, EPOLL_CTL_MOD, wire.fd, EDGES, UINT64_MAX),
                         0);
        expect_events(contract.poll_fd, UINT64_MAX, EPOLLIN | EPOLLOUT);
        expect_silence(contract.poll_fd);
        wire_close(&wire);
}
END_TEST

START_TEST(deleting_silences_what_was_to_be_told)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EDGES);
        peer_send(&wire.peer, 10);
        ck_assert_int_eq(set(&wire, EPOLL_CTL_DEL, 0), 0);
        expect_silence(contract.poll_fd);
        peer_send(&wire.peer, 10);
        expect_silence(contract.poll_fd);
        ck_assert_int_eq(set(&wire, EPOLL_CTL_ADD, EDGES), 0);
        expect_wire_events(&wire, EPOLLIN | EPOLLOUT);
        wire_close(&wire);
}
END_TEST

START_TEST(adding_twice_and_changing_what_is_not_there_are_errors)
{
        struct wire wire;

        wire_open(&wire);
        ck_assert_int_eq(set(&wire, EPOLL_CTL_MOD, EDGES), -ENOENT);
        ck_assert_int_eq(set(&wire, EPOLL_CTL_DEL, 0), -ENOENT);
        wire_watch(&wire, EPOLLIN | EPOLLET);
        ck_assert_int_eq(set(&wire, EPOLL_CTL_ADD, EDGES), -EEXIST);
        peer_send(&wire.peer, 1);
        expect_wire_events(&wire, EPOLLIN);
        wire_close(&wire);
}
END_TEST

START_TEST(closed_descriptor_is_silent)
{
        struct wire wire;

        wire_open(&wire);
        wire_watch(&wire, EDGES);
        peer_send(&wire.peer, 10);
        wire_close_server(&wire);
        expect_silence(contract.poll_fd);
        wire_close(&wire);
}
END_TEST

/* Its events were handed out; the number is another's by the time they are looked at. */
START_TEST(closing_takes_no_event_back_and_its_number_starts_afresh)
{
        struct wire wires[2];
        struct epoll_event events[4] = { 0 };

        for (unsigned i = 0; i < 2; i++) {
                wire_open(&wires[i]);
                wire_watch(&wires[i], EDGES);
        }
        ck_assert_int_eq(sys_poll_wait(contract.poll_fd, events, 4, PATIENCE_MS), 2);
        int fd = wires[1].fd;
        uint64_t token = wire_token(&wires[1]);
        struct wire next = { 0 };
        ck_assert_int_eq(peer_connect(&next.peer, contract.port), 0);
        listener_await(contract.listen_fd);
        wire_close_server(&wires[1]);
        ck_assert_uint_eq(events[1].data.u64, token);
        next.fd = sys_accept(contract.listen_fd, NULL, NULL);
        ck_assert_int_eq(next.fd, fd);
        expect_silence(contract.poll_fd);
        ck_assert_int_eq(set(&next, EPOLL_CTL_MOD, EDGES), -ENOENT);
        wire_watch(&next, EDGES);
        expect_wire_events(&next, EPOLLOUT);
        wire_close(&wires[0]);
        wire_close(&wires[1]);
        wire_close(&next);
}
END_TEST

START_TEST(two_epolls_are_told_both)
{
        struct wire wire;
        int other_fd = sys_poll_open();

        wire_open(&wire);
        wire_watch(&wire, EPOLLIN | EPOLLET);
        ck_assert_int_eq(sys_poll_set(other_fd, EPOLL_CTL_ADD, wire.fd, EPOLLIN, 7), 0);
        peer_send(&wire.peer, 1);
        expect_wire_events(&wire, EPOLLIN);
        expect_silence(contract.poll_fd);
        expect_events(other_fd, 7, EPOLLIN);
        expect_events(other_fd, 7, EPOLLIN);
        ck_assert_int_eq(sys_close(other_fd), 0);
        wire_close(&wire);
}
END_TEST

START_TEST(events_that_did_not_fit_come_next_in_order)
{
        struct wire wires[4];
        struct epoll_event events[4] = { 0 };

        for (unsigned i = 0; i < 4; i++) {
                wire_open(&wires[i]);
                wire_watch(&wires[i], EPOLLIN | EPOLLET);
        }
        static const unsigned order[] = { 2, 0, 3, 1 };
        for (unsigned i = 0; i < 4; i++)
                peer_send(&wires[order[i]].peer, 1);
        ck_assert_int_eq(sys_poll_wait(contract.poll_fd, events, 3, PATIENCE_MS), 3);
        ck_assert_int_eq(sys_poll_wait(contract.poll_fd, events + 3, 1, PATIENCE_MS), 1);
        for (unsigned i = 0; i < 4; i++)
                ck_assert_uint_eq(events[i].data.u64, wire_token(&wires[order[i]]));
        expect_silence(contract.poll_fd);
        for (unsigned i = 0; i < 4; i++)
                wire_close(&wires[i]);
}
END_TEST

START_TEST(levels_take_turns)
{
        struct wire wires[3];
        struct epoll_event event = { 0 };

        for (unsigned i = 0; i < 3; i++) {
                wire_open(&wires[i]);
                wire_watch(&wires[i], LEVEL_MASK);
        }
        for (unsigned i = 0; i < 3; i++)
                peer_send(&wires[i].peer, 1);
        for (unsigned i = 0; i < 9; i++) {
                ck_assert_int_eq(sys_poll_wait(contract.poll_fd, &event, 1, PATIENCE_MS), 1);
                ck_assert_uint_eq(event.data.u64, wire_token(&wires[i % 3]));
        }
        for (unsigned i = 0; i < 3; i++)
                wire_close(&wires[i]);
}
END_TEST

START_TEST(event_of_a_level_waits_behind_edges_that_came_later)
{
        struct wire level;
        struct wire edge;
        struct epoll_event events[2] = { 0 };

        wire_open(&level);
        wire_watch(&level, LEVEL_MASK);
        wire_open(&edge);
        wire_watch(&edge, EPOLLIN | EPOLLET);
        peer_send(&level.peer, 1);
        peer_send(&edge.peer, 1);
        expect_wire_events(&level, EPOLLIN);
        ck_assert_int_eq(sys_poll_wait(contract.poll_fd, events, 2, PATIENCE_MS), 2);
        ck_assert_uint_eq(events[0].data.u64, wire_token(&edge));
        ck_assert_uint_eq(events[1].data.u64, wire_token(&level));
        wire_close(&level);
        wire_close(&edge);
}
END_TEST

START_TEST(wake_is_an_edge_each_time_without_reading)
{
        int wake_fd = sys_wake_open();

        ck_assert_int_ge(wake_fd, 0);
        ck_assert_int_eq(
            sys_poll_set(contract.poll_fd, EPOLL_CTL_ADD, wake_fd, EPOLLIN | EPOLLET, 9), 0);
        expect_silence(contract.poll_fd);
        for (unsigned i = 0; i < 3; i++) {
                ck_assert_int_eq(sys_wake(wake_fd), 0);
                expect_events(contract.poll_fd, 9, EPOLLIN);
                expect_silence(contract.poll_fd);
        }
        ck_assert_int_eq(sys_wake(wake_fd), 0);
        ck_assert_int_eq(sys_wake(wake_fd), 0);
        expect_events(contract.poll_fd, 9, EPOLLIN);
        expect_silence(contract.poll_fd);
        ck_assert_int_eq(sys_close(wake_fd), 0);
}
END_TEST

START_TEST(wake_stays_as_a_level)
{
        int wake_fd = sys_wake_open();

        ck_assert_int_eq(sys_wake(wake_fd), 0);
        ck_assert_int_eq(
            sys_poll_set(contract.poll_fd, EPOLL_CTL_ADD, wake_fd, EPOLLIN | EPOLLOUT, 9), 0);
        expect_events(contract.poll_fd, 9, EPOLLIN | EPOLLOUT);
        expect_events(contract.poll_fd, 9, EPOLLIN | EPOLLOUT);
        ck_assert_int_eq(sys_close(wake_fd), 0);
        expect_silence(contract.poll_fd);
}
END_TEST

void contract_edges(TCase *tcase)
{
        tcase_add_test(tcase, adding_tells_what_is_true_already);
        tcase_add_test(tcase, each_arrival_is_an_edge_and_nothing_else_is);
        tcase_add_test(tcase, arrivals_before_a_wait_are_one_event);
        tcase_add_test(tcase, what_is_no_longer_true_is_not_told);
        tcase_add_test(tcase, arrival_does_not_wake_who_watches_for_room);
        tcase_add_test(tcase, level_is_told_until_it_falls);
        tcase_add_test(tcase, modifying_arms_again_with_the_new_mask_and_token);
        tcase_add_test(tcase, deleting_silences_what_was_to_be_told);
        tcase_add_test(tcase, adding_twice_and_changing_what_is_not_there_are_errors);
        tcase_add_test(tcase, closed_descriptor_is_silent);
        tcase_add_test(tcase, closing_takes_no_event_back_and_its_number_starts_afresh);
        tcase_add_test(tcase, two_epolls_are_told_both);
        tcase_add_test(tcase, events_that_did_not_fit_come_next_in_order);
        tcase_add_test(tcase, levels_take_turns);
        tcase_add_test(tcase, event_of_a_level_waits_behind_edges_that_came_later);
        tcase_add_test(tcase, wake_is_an_edge_each_time_without_reading);
        tcase_add_test(tcase, wake_stays_as_a_level);
}
