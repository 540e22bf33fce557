/* SPDX-License-Identifier: MIT */
/* An echo made of socat, a process for each connection; skipped where it is not installed. */
#include <stdio.h>
#include <unistd.h>

#include "folder.h"
#include "limit.h"
#include "port.h"
#include "probe.h"
#include "suite.h"

#define SOCAT "/usr/bin/socat"

static struct process socat;
static struct probe probe;
static char target[PROBE_TARGET_SIZE];

static void start_socat(const char *listener)
{
        const char *const arguments[] = { SOCAT, listener, "PIPE", NULL };

        process_start(&socat, &(struct process_setup){ .arguments = arguments });
}

static void run_tcp(const char *options)
{
        char listener[96];
        int fd = -1;
        uint16_t port = port_reserve(&fd);

        snprintf(listener, sizeof(listener), "TCP4-LISTEN:%u,bind=127.0.0.1,reuseaddr,fork", port);
        start_socat(listener);
        port_await(port);
        probe_target_tcp(target, port);
        probe_run(&probe, target, options);
        probe_expect_ok(&probe);
        close(fd);
}

START_TEST(echo_by_tcp_is_ok)
{
        run_tcp("-c 5 -n 1000 -s 1000");
        ck_assert_uint_eq(probe_count(&probe, "messages"), 1000);
}
END_TEST

START_TEST(stream_by_tcp_is_ok)
{
        run_tcp("--mode stream -n 1000 -s 8K --depth 4");
}
END_TEST

START_TEST(churn_by_tcp_is_ok)
{
        run_tcp("--mode churn -n 50");
}
END_TEST

START_TEST(echo_by_unix_is_ok)
{
        struct folder folder;
        char path[FOLDER_PATH_SIZE];
        char listener[FOLDER_PATH_SIZE + 32];

        folder_make(&folder);
        folder_join(&folder, "s", path);
        snprintf(listener, sizeof(listener), "UNIX-LISTEN:%s,fork", path);
        snprintf(target, sizeof(target), "unix:%s", path);
        start_socat(listener);
        struct limit limit = limit_start();
        while (folder_connect(&folder, "s") != 0 && limit_left_ms(&limit) > 0)
                limit_pause();
        probe_run(&probe, target, "-c 3 -n 300");
        probe_expect_ok(&probe);
        process_kill_all();
        folder_remove(&folder);
}
END_TEST

START_TEST(echo_by_udp_is_ok)
{
        char listener[96];
        uint16_t port = port_find_udp();

        snprintf(listener, sizeof(listener), "UDP4-RECVFROM:%u,bind=127.0.0.1,fork", port);
        start_socat(listener);
        port_await_udp(port);
        probe_target_udp(target, port);
        probe_run(&probe, target, "-n 100 -s 500");
        probe_expect_ok(&probe);
        ck_assert_uint_eq(probe_count(&probe, "messages"), 100);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("probe socat");

        if (access(SOCAT, X_OK) < 0)
                return SUITE_SKIPPED;
        tcase_add_test(tcase, echo_by_tcp_is_ok);
        tcase_add_test(tcase, stream_by_tcp_is_ok);
        tcase_add_test(tcase, churn_by_tcp_is_ok);
        tcase_add_test(tcase, echo_by_unix_is_ok);
        tcase_add_test(tcase, echo_by_udp_is_ok);
        return suite_run(tcase);
}
