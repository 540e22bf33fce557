/* SPDX-License-Identifier: MIT */
/*
 * The simulated kernel's own tests: a misuse ends the process, each in a child that must die of
 * it; what is no misuse does not.
 */
#include <errno.h>
#include <netinet/in.h>

#include "shell/sys.h"
#include "support/payload.h"
#include "support/sim.h"
#include "trap_suite.h"

enum { PORT = 7, PAGE = 4096, BUFFER_SIZE = 4096 };

static struct choice choice;
static unsigned char data[BUFFER_SIZE];
static int listen_fd;
static int fd;
static int client;

static void start(void)
{
        static const struct sim_settings settings = { .descriptors = SIM_DESCRIPTORS_MAX,
                                                      .buffer_min = BUFFER_SIZE,
                                                      .buffer_max = BUFFER_SIZE };

        choice = choice_from_bytes(NULL, 0);
        sim_open(&choice, &settings, NULL);
}

static void start_listener(void)
{
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(PORT) };

        start();
        listen_fd = sys_socket_tcp(AF_INET);
        ck_assert_int_eq(sys_bind(listen_fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

/* A connection whose client sent and whose server read 100 bytes. */
static void start_connected(void)
{
        start_listener();
        ck_assert_int_eq(sys_listen(listen_fd, 8), 0);
        client = sim_client_connect(PORT);
        fd = sys_accept(listen_fd, NULL, NULL);
        ck_assert_int_ge(fd, 0);
        ck_assert_uint_eq(sim_client_send(client, 100, false), 100);
        ck_assert_int_eq(sys_recv(fd, data, sizeof(data), 0), 100);
}

static void end_connected(void)
{
        ck_assert_int_eq(sys_close(fd), 0);
        sim_client_forget(client);
        ck_assert_int_eq(sys_close(listen_fd), 0);
}

/* A proxy that has sent its header. */
static void start_proxied(void)
{
        static const struct header header = { .kind = HEADER_LOCAL };

        start_listener();
        sim_expect_headers(listen_fd);
        ck_assert_int_eq(sys_listen(listen_fd, 8), 0);
        client = sim_client_connect(PORT);
        fd = sys_accept(listen_fd, NULL, NULL);
        sim_client_set_header(client, &header);
        ck_assert_uint_eq(sim_client_send(client, 100, false), 100);
}

#define TRAP(name, ...) START_TEST(name){ __VA_ARGS__ } END_TEST

/* clang-format off */
TRAP(closing_twice, start_connected(); (void)sys_close(fd); (void)sys_close(fd);)
TRAP(closing_what_was_never_open, start(); (void)sys_close(3);)
TRAP(receiving_from_a_closed_descriptor,
     start_connected(); (void)sys_close(fd); (void)sys_recv(fd, data, 1, 0);)
TRAP(sending_to_a_closed_descriptor,
     start_connected(); (void)sys_close(fd); (void)sys_send(fd, data, 1);)
TRAP(watching_a_closed_descriptor,
     start_connected(); int poll_fd = sys_poll_open(); (void)sys_close(fd);
     (void)sys_poll_set(poll_fd, EPOLL_CTL_ADD, fd, EPOLLIN, 0);)
TRAP(receiving_from_a_listener, start_connected(); (void)sys_recv(listen_fd, data, 1, 0);)
TRAP(waiting_for_what_is_no_epoll,
     start_connected(); struct epoll_event event; (void)sys_poll_wait(fd, &event, 1, 0);)
TRAP(waiting_for_no_events,
     start(); struct epoll_event event; (void)sys_poll_wait(sys_poll_open(), &event, 0, 0);)
TRAP(setting_what_is_no_timer, start(); (void)sys_timer_set(sys_wake_open(), 1);)
TRAP(setting_a_timer_to_no_time, start(); (void)sys_timer_set(sys_timer_open(), 0);)
TRAP(receiving_to_nowhere, start_connected(); (void)sys_recv(fd, NULL, 1, 0);)
TRAP(receiving_no_bytes, start_connected(); (void)sys_recv(fd, data, 0, 0);)
TRAP(sending_from_nowhere, start_connected(); (void)sys_send(fd, NULL, 1);)
TRAP(sending_no_bytes, start_connected(); (void)sys_send(fd, data, 0);)
TRAP(echoing_a_byte_that_was_never_sent,
     start_connected(); payload_fill(data, 101, 0, 0); (void)sys_send(fd, data, 101);)
TRAP(echoing_a_wrong_byte, start_connected(); data[99] ^= 1; (void)sys_send(fd, data, 100);)
TRAP(echoing_from_the_wrong_place, start_connected(); (void)sys_send(fd, data + 1, 99);)
TRAP(echoing_twice,
     start_connected(); (void)sys_send(fd, data, 50); (void)sys_send(fd, data, 50);)
TRAP(echoing_what_another_connection_sent,
     start_connected(); payload_fill(data, 100, 1, 0); (void)sys_send(fd, data, 100);)
TRAP(closing_a_copy_that_is_watched,
     start_listener(); int poll_fd = sys_poll_open(); (void)sim_duplicate(listen_fd);
     (void)sys_poll_set(poll_fd, EPOLL_CTL_ADD, listen_fd, EPOLLIN, 0); (void)sys_close(listen_fd);)
TRAP(leaving_a_descriptor_open, start_connected(); sys_close(fd); sim_client_forget(client);
     sim_close();)
TRAP(leaving_a_connection, start_connected(); sys_close(fd); sys_close(listen_fd); sim_close();)
TRAP(leaving_memory_reserved, start(); (void)sys_reserve(PAGE); sim_close();)
TRAP(round_of_too_many_calls, start(); for (unsigned i = 0; i < 1000000; i++) (void)sys_clock();)
TRAP(reserving_for_too_many_workers,
     start(); for (unsigned i = 0; i <= 2 * SIM_POLLS_MAX; i++) (void)sys_reserve(PAGE);)
TRAP(giving_back_part,
     start(); void *pages = sys_reserve(2 * PAGE); (void)sys_unreserve(pages, PAGE);)
TRAP(releasing_what_was_not_reserved,
     start(); void *pages = sys_reserve(PAGE); (void)sys_release(pages, 2 * PAGE);)
TRAP(releasing_within_a_page,
     start(); unsigned char *pages = sys_reserve(2 * PAGE); (void)sys_release(pages + 8, PAGE);)
TRAP(accepting_without_listening, start_listener(); (void)sys_accept(listen_fd, NULL, NULL);)
TRAP(binding_to_another_family,
     start(); struct sockaddr_in6 address = { .sin6_family = AF_INET6 };
     (void)sys_bind(sys_socket_tcp(AF_INET), (struct sockaddr *)&address, sizeof(address));)
TRAP(opening_too_many_epolls,
     start(); for (unsigned i = 0; i <= SIM_POLLS_MAX; i++) (void)sys_poll_open();)
TRAP(client_that_sends_after_its_end,
     start_connected(); sim_client_finish(client); (void)sim_client_send(client, 1, false);)
TRAP(header_that_is_read_unseen, start_proxied(); (void)sys_recv(fd, data, 16, 0);)
TRAP(header_that_is_half_seen,
     start_proxied(); (void)sys_recv(fd, data, 15, MSG_PEEK); (void)sys_recv(fd, data, 16, 0);)
TRAP(header_that_is_echoed,
     start_proxied(); (void)sys_recv(fd, data, 100, MSG_PEEK); (void)sys_send(fd, data, 16);)
TRAP(header_that_nobody_waits_for,
     start_connected(); static const struct header header; sim_client_set_header(client, &header);)
TRAP(client_that_is_not_known, start(); (void)sim_client_send(0, 1, false);)
/* clang-format on */

START_TEST(nothing_left_is_no_failure)
{
        start_connected();
        ck_assert_int_eq(sys_send(fd, data, 100), 100);
        end_connected();
        void *pages = sys_reserve(PAGE);
        ck_assert_int_eq(sys_unreserve(pages, PAGE), 0);
        sim_close();
}
END_TEST

START_TEST(next_round_may_call_again)
{
        start();
        for (unsigned round = 0; round < 3; round++) {
                sim_step(0);
                for (unsigned i = 0; i < 60000; i++)
                        (void)sys_clock();
        }
        sim_close();
}
END_TEST

START_TEST(same_calls_have_the_same_hash_and_others_another)
{
        uint64_t hashes[3];

        for (unsigned i = 0; i < 3; i++) {
                start_connected();
                ck_assert_int_eq(sys_send(fd, data, i < 2 ? 100 : 99), i < 2 ? 100 : 99);
                end_connected();
                sim_close();
                hashes[i] = sim_hash();
        }
        ck_assert_uint_eq(hashes[0], hashes[1]);
        ck_assert_uint_ne(hashes[0], hashes[2]);
}
END_TEST

START_TEST(time_stands_still_until_it_is_told_to_move)
{
        start();
        uint64_t before = sys_clock();
        ck_assert_uint_eq(sys_clock(), before);
        sim_advance(5);
        ck_assert_uint_eq(sys_clock(), before + 5);
        sim_close();
}
END_TEST

/* Returns until when it sleeps. */
static uint64_t wait_at(int poll_fd, int timeout_ms)
{
        struct epoll_event event;

        sim_step(0);
        ck_assert_int_eq(sys_poll_wait(poll_fd, &event, 1, timeout_ms), 0);
        return sim_sleeps_until(0);
}

START_TEST(who_waits_sleeps_until_the_first_timer_or_the_timeout)
{
        start();
        int poll_fd = sys_poll_open();
        uint64_t now_ns = sys_clock();
        int timers[2];
        for (unsigned i = 0; i < 2; i++) {
                timers[i] = sys_timer_open();
                ck_assert_int_eq(sys_timer_set(timers[i], now_ns + 5000000 + i), 0);
        }
        ck_assert_uint_eq(wait_at(poll_fd, -1), UINT64_MAX);
        for (unsigned i = 2; i-- > 0;) {
                ck_assert_int_eq(
                    sys_poll_set(poll_fd, EPOLL_CTL_ADD, timers[i], EPOLLIN | EPOLLET, i), 0);
                ck_assert_uint_eq(wait_at(poll_fd, -1), now_ns + 5000000 + i);
        }
        ck_assert_uint_eq(wait_at(poll_fd, 4), now_ns + 4000000);
        ck_assert_uint_eq(wait_at(poll_fd, 6), now_ns + 5000000);
        ck_assert_uint_eq(wait_at(poll_fd, 0), 0);
        for (unsigned i = 0; i < 2; i++)
                ck_assert_int_eq(sys_close(timers[i]), 0);
        ck_assert_int_eq(sys_close(poll_fd), 0);
        sim_close();
}
END_TEST

START_TEST(injected_error_fails_those_calls_and_no_others)
{
        struct sim_injection injection = {
                .call = SIM_WAKE_OPEN, .first = 2, .count = 2, .error = ENFILE
        };
        int results[5];

        start();
        sim_inject(&injection);
        for (unsigned i = 0; i < 5; i++)
                results[i] = sys_wake_open();
        ck_assert_int_eq(results[0], 3);
        ck_assert_int_eq(results[1], -ENFILE);
        ck_assert_int_eq(results[2], -ENFILE);
        ck_assert_int_eq(results[3], 4);
        ck_assert_int_eq(results[4], 5);
        ck_assert_uint_eq(sim_figures()->injected, 2);
        for (int open_fd = 3; open_fd <= 5; open_fd++)
                ck_assert_int_eq(sys_close(open_fd), 0);
        sim_close();
}
END_TEST

/* Else a queue that is full would leave byte by byte, in a million events. */
START_TEST(clients_have_room_when_the_faults_are_over)
{
        static const struct sim_settings settings = { .descriptors = SIM_DESCRIPTORS_MAX,
                                                      .buffer_max = 1 };
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(PORT) };

        choice = choice_from_bytes(NULL, 0);
        sim_open(&choice, &settings, NULL);
        listen_fd = sys_socket_tcp(AF_INET);
        ck_assert_int_eq(sys_bind(listen_fd, (struct sockaddr *)&address, sizeof(address)), 0);
        ck_assert_int_eq(sys_listen(listen_fd, 8), 0);
        client = sim_client_connect(PORT);
        fd = sys_accept(listen_fd, NULL, NULL);
        do {
                ck_assert_uint_eq(sim_client_send(client, 1, false), 1);
                ck_assert_int_eq(sys_recv(fd, data, 1, 0), 1);
        } while (sys_send(fd, data, 1) == 1);
        ck_assert_uint_eq(sim_events(fd) & EPOLLOUT, 0);
        sim_heal();
        ck_assert_uint_ne(sim_events(fd) & EPOLLOUT, 0);
        ck_assert_int_eq(sys_send(fd, data, 1), 1);
        sim_client_reset(client);
        end_connected();
        sim_close();
}
END_TEST

START_TEST(released_pages_read_as_zeros)
{
        start();
        unsigned char *pages = sys_reserve(2 * PAGE);
        pages[0] = 1;
        pages[PAGE] = 2;
        ck_assert_int_eq(sys_release(pages, PAGE), 0);
        ck_assert_uint_eq(pages[0], 0);
        ck_assert_uint_eq(pages[PAGE], 2);
        ck_assert_int_eq(sys_unreserve(pages, 2 * PAGE), 0);
        sim_close();
}
END_TEST

int main(void)
{
        const TTest *const traps[] = {
                closing_twice,
                closing_what_was_never_open,
                receiving_from_a_closed_descriptor,
                sending_to_a_closed_descriptor,
                watching_a_closed_descriptor,
                closing_a_copy_that_is_watched,
                receiving_from_a_listener,
                waiting_for_what_is_no_epoll,
                waiting_for_no_events,
                setting_what_is_no_timer,
                setting_a_timer_to_no_time,
                receiving_to_nowhere,
                receiving_no_bytes,
                sending_from_nowhere,
                sending_no_bytes,
                echoing_a_byte_that_was_never_sent,
                echoing_a_wrong_byte,
                echoing_from_the_wrong_place,
                echoing_twice,
                echoing_what_another_connection_sent,
                leaving_a_descriptor_open,
                leaving_a_connection,
                leaving_memory_reserved,
                round_of_too_many_calls,
                reserving_for_too_many_workers,
                giving_back_part,
                releasing_what_was_not_reserved,
                releasing_within_a_page,
                accepting_without_listening,
                binding_to_another_family,
                opening_too_many_epolls,
                client_that_sends_after_its_end,
                header_that_is_read_unseen,
                header_that_is_half_seen,
                header_that_is_echoed,
                header_that_nobody_waits_for,
                client_that_is_not_known,
        };
        const TTest *const rest[] = {
                nothing_left_is_no_failure,
                next_round_may_call_again,
                same_calls_have_the_same_hash_and_others_another,
                time_stands_still_until_it_is_told_to_move,
                who_waits_sleeps_until_the_first_timer_or_the_timeout,
                injected_error_fails_those_calls_and_no_others,
                clients_have_room_when_the_faults_are_over,
                released_pages_read_as_zeros,
        };

        return TRAP_SUITE_RUN("simulator", traps, rest);
}
