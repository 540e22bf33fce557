/* SPDX-License-Identifier: MIT */
/* The echo of xinetd, which is another RFC 862 server; skipped where it is not installed. */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "port.h"
#include "probe.h"
#include "suite.h"

#define XINETD "/usr/sbin/xinetd"

static struct process xinetd;
static struct probe probe;
static struct folder folder;
static char target[PROBE_TARGET_SIZE];

static void add_service(FILE *file, const char *type, const char *protocol, const char *wait,
                        uint16_t port)
{
        const struct passwd *user = getpwuid(geteuid());

        ck_assert_ptr_nonnull(user);
        fprintf(file,
                "service echo\n{\n type = INTERNAL UNLISTED\n id = echo-%s\n socket_type = %s\n"
                " protocol = %s\n wait = %s\n user = %s\n bind = 127.0.0.1\n port = %u\n}\n",
                type, type, protocol, wait, user->pw_name, port);
}

static void start_xinetd(uint16_t tcp_port, uint16_t udp_port)
{
        char configuration[FOLDER_PATH_SIZE];
        char pid_file[FOLDER_PATH_SIZE];

        folder_make(&folder);
        folder_join(&folder, "xinetd.conf", configuration);
        folder_join(&folder, "pid", pid_file);
        FILE *file = fopen(configuration, "w");
        ck_assert_ptr_nonnull(file);
        fputs(
            "defaults\n{\n log_type = FILE /dev/null\n instances = UNLIMITED\n cps = 0 0\n"
            " per_source = UNLIMITED\n}\n",
            file);
        add_service(file, "stream", "tcp", "no", tcp_port);
        add_service(file, "dgram", "udp", "yes", udp_port);
        fclose(file);
        const char *const arguments[] = { XINETD,     "-dontfork", "-f",         configuration,
                                          "-pidfile", pid_file,    "-filelog",   "/dev/null",
                                          "-limit",   "1024",      "-stayalive", NULL };
        process_start(&xinetd, &(struct process_setup){ .arguments = arguments });
        port_await(tcp_port);
        port_await_udp(udp_port);
}

static void stop_xinetd(void)
{
        process_kill_all();
        folder_remove(&folder);
}

static void run_tcp(const char *options)
{
        int fd = -1;
        uint16_t port = port_reserve(&fd);

        probe_target_tcp(target, port);
        start_xinetd(port, port_find_udp());
        probe_run(&probe, target, options);
        probe_expect_ok(&probe);
        stop_xinetd();
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
        run_tcp("--mode stream -c 2 -n 100 --half-close");
}
END_TEST

START_TEST(churn_by_tcp_is_ok)
{
        run_tcp("--mode churn -n 50");
}
END_TEST

START_TEST(cost_of_its_children_is_told)
{
        int fd = -1;
        uint16_t port = port_reserve(&fd);
        char options[64];

        probe_target_tcp(target, port);
        start_xinetd(port, port_find_udp());
        snprintf(options, sizeof(options), "-n 5000 --server-pid %d", xinetd.pid);
        probe_run(&probe, target, options);
        probe_expect_ok(&probe);
        ck_assert_uint_gt(probe_count(&probe, "server.cpu_ns"), 0);
        stop_xinetd();
        close(fd);
}
END_TEST

/* It throws away what came while it answered: lossy is the truth, and corrupt would not be. */
START_TEST(datagram_by_udp_comes_back_or_is_lost)
{
        int fd = -1;
        uint16_t port = port_find_udp();

        probe_target_udp(target, port);
        start_xinetd(port_reserve(&fd), port);
        probe_run(&probe, target, "--rate 20 -n 10 -s 100 --timeout 2s");
        probe_expect(&probe, probe.code == 0 ? "ok" : "lossy", "");
        ck_assert_uint_gt(probe_count(&probe, "messages"), 0);
        ck_assert_uint_eq(probe_count(&probe, "messages") + probe_count(&probe, "lost"), 10);
        ck_assert_uint_eq(probe_count(&probe, "corrupt"), 0);
        stop_xinetd();
        close(fd);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("probe xinetd");

        if (access(XINETD, X_OK) < 0)
                return SUITE_SKIPPED;
        tcase_add_test(tcase, echo_by_tcp_is_ok);
        tcase_add_test(tcase, stream_by_tcp_is_ok);
        tcase_add_test(tcase, churn_by_tcp_is_ok);
        tcase_add_test(tcase, cost_of_its_children_is_told);
        tcase_add_test(tcase, datagram_by_udp_comes_back_or_is_lost);
        return suite_run(tcase);
}
