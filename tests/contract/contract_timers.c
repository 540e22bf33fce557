/* SPDX-License-Identifier: MIT */
/* A timer that is watched edge-triggered and never read. */
#include "contract.h"

static const uint64_t soon_ns = 10000000;
static const uint64_t far_ns = UINT64_C(3600) * 1000000000;

static const uint64_t token = 9;

static int timer_fd;

static void open_timer(void)
{
        timer_fd = sys_timer_open();
        ck_assert_int_ge(timer_fd, 0);
}

static void watch(uint32_t events)
{
        ck_assert_int_eq(sys_poll_set(contract.poll_fd, EPOLL_CTL_ADD, timer_fd, events, token), 0);
}

static void open_watched(void)
{
        open_timer();
        watch(EPOLLIN | EPOLLET);
}

static void close_timer(void)
{
        ck_assert_int_eq(sys_close(timer_fd), 0);
}

static void set(uint64_t deadline_ns)
{
        ck_assert_int_eq(sys_timer_set(timer_fd, deadline_ns), 0);
}

/* Returns when it will fire. */
static uint64_t set_soon(void)
{
        uint64_t deadline_ns = sys_clock() + soon_ns;

        set(deadline_ns);
        return deadline_ns;
}

static void expect_firing(void)
{
        expect_events(contract.poll_fd, token, EPOLLIN);
}

START_TEST(timer_that_was_never_set_is_silent)
{
        open_watched();
        expect_silence(contract.poll_fd);
        close_timer();
}
END_TEST

START_TEST(timer_fires_when_its_time_has_come_and_not_before)
{
        open_watched();
        set(sys_clock() + far_ns);
        expect_silence(contract.poll_fd);
        uint64_t deadline_ns = set_soon();
        kernel_await(deadline_ns);
        expect_firing();
        ck_assert_uint_ge(sys_clock(), deadline_ns);
        close_timer();
}
END_TEST

START_TEST(timer_fires_once)
{
        open_watched();
        kernel_await(set_soon());
        expect_firing();
        expect_silence(contract.poll_fd);
        kernel_await(sys_clock() + soon_ns);
        expect_silence(contract.poll_fd);
        close_timer();
}
END_TEST

START_TEST(each_firing_is_an_edge_though_none_is_read)
{
        open_watched();
        for (unsigned i = 0; i < 3; i++) {
                kernel_await(set_soon());
                expect_firing();
        }
        expect_silence(contract.poll_fd);
        close_timer();
}
END_TEST

START_TEST(time_that_has_passed_fires_at_once)
{
        open_watched();
        set(1);
        expect_firing();
        set(sys_clock());
        expect_firing();
        expect_silence(contract.poll_fd);
        close_timer();
}
END_TEST

START_TEST(setting_takes_back_a_firing_that_was_not_fetched)
{
        open_watched();
        kernel_await(set_soon());
        set(sys_clock() + far_ns);
        expect_silence(contract.poll_fd);
        close_timer();
}
END_TEST

START_TEST(firing_that_was_not_fetched_does_not_hide_the_next)
{
        open_watched();
        kernel_await(set_soon());
        kernel_await(set_soon());
        expect_firing();
        expect_silence(contract.poll_fd);
        close_timer();
}
END_TEST

START_TEST(setting_replaces_what_was_set)
{
        open_watched();
        uint64_t deadline_ns = set_soon();
        set(deadline_ns + far_ns);
        kernel_await(deadline_ns);
        expect_silence(contract.poll_fd);
        kernel_await(set_soon());
        expect_firing();
        close_timer();
}
END_TEST

START_TEST(timer_set_to_never_is_silent)
{
        open_watched();
        uint64_t deadline_ns = set_soon();
        set(UINT64_MAX);
        kernel_await(deadline_ns);
        expect_silence(contract.poll_fd);
        close_timer();
}
END_TEST

START_TEST(time_that_is_out_of_reach_is_silent)
{
        open_watched();
        set(UINT64_MAX - 1);
        expect_silence(contract.poll_fd);
        close_timer();
}
END_TEST

START_TEST(timer_that_fired_tells_who_comes_to_watch_it)
{
        open_timer();
        kernel_await(set_soon());
        watch(EPOLLIN | EPOLLET);
        expect_firing();
        expect_silence(contract.poll_fd);
        close_timer();
}
END_TEST

/* Why the server watches it edge-triggered. */
START_TEST(level_triggered_timer_that_is_not_read_never_rests)
{
        open_timer();
        watch(EPOLLIN);
        kernel_await(set_soon());
        expect_firing();
        expect_firing();
        set(sys_clock() + far_ns);
        expect_silence(contract.poll_fd);
        close_timer();
}
END_TEST

void contract_timers(TCase *tcase)
{
        tcase_add_test(tcase, timer_that_was_never_set_is_silent);
        tcase_add_test(tcase, timer_fires_when_its_time_has_come_and_not_before);
        tcase_add_test(tcase, timer_fires_once);
        tcase_add_test(tcase, each_firing_is_an_edge_though_none_is_read);
        tcase_add_test(tcase, time_that_has_passed_fires_at_once);
        tcase_add_test(tcase, setting_takes_back_a_firing_that_was_not_fetched);
        tcase_add_test(tcase, firing_that_was_not_fetched_does_not_hide_the_next);
        tcase_add_test(tcase, setting_replaces_what_was_set);
        tcase_add_test(tcase, timer_set_to_never_is_silent);
        tcase_add_test(tcase, time_that_is_out_of_reach_is_silent);
        tcase_add_test(tcase, timer_that_fired_tells_who_comes_to_watch_it);
        tcase_add_test(tcase, level_triggered_timer_that_is_not_read_never_rests);
}
