/* SPDX-License-Identifier: MIT */
/* Targets that no connection leads to: each is told at once, or when the time-out is over. */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "folder.h"
#include "place.h"
#include "port.h"
#include "probe.h"
#include "suite.h"

static struct probe probe;
static char target[PROBE_TARGET_SIZE];
static struct folder folder;

/* What never comes is not awaited for long. */
static void run(const char *options)
{
        char words[256];

        snprintf(words, sizeof(words), "--timeout 500ms %s", options);
        probe_run(&probe, target, words);
}

START_TEST(port_where_nobody_listens_is_refused)
{
        int fd = -1;

        probe_target_tcp(target, port_reserve(&fd));
        run("-c 3 -d 5s");
        probe_expect(&probe, "refused", "connection 0: connect: Connection refused");
        ck_assert_uint_eq(probe_count(&probe, "faults.refused"), 3);
        ck_assert_uint_eq(probe_count(&probe, "opened"), 0);
        ck_assert(!probe_has(&probe, "latency_ns"));
        close(fd);
}
END_TEST

START_TEST(refused_churn_ends)
{
        int fd = -1;

        probe_target_tcp(target, port_reserve(&fd));
        run("--mode churn -c 3 -d 20s");
        probe_expect(&probe, "refused", "connection 0: connect: Connection refused");
        close(fd);
}
END_TEST

START_TEST(refused_idle_ends)
{
        int fd = -1;

        probe_target_tcp(target, port_reserve(&fd));
        run("--mode idle -c 30 -d 20s");
        probe_expect(&probe, "refused", "connect: Connection refused");
        /* Where the first find nobody, the others do not try. */
        ck_assert_uint_lt(probe_count(&probe, "faults.refused"), 30);
        close(fd);
}
END_TEST

static void expect_refused_path(const char *name, const char *reason)
{
        char path[FOLDER_PATH_SIZE];

        folder_join(&folder, name, path);
        snprintf(target, sizeof(target), "unix:%s", path);
        run("-c 2 -d 5s");
        probe_expect(&probe, "refused", reason);
        ck_assert_uint_eq(probe_count(&probe, "faults.refused"), 1);
}

START_TEST(path_that_is_not_there_is_refused)
{
        folder_make(&folder);
        expect_refused_path("none", "connection 0: connect: No such file or directory");
        folder_remove(&folder);
}
END_TEST

START_TEST(path_that_nobody_answers_on_is_refused)
{
        folder_make(&folder);
        folder_leave_stale(&folder, "stale");
        expect_refused_path("stale", "connection 0: connect: Connection refused");
        folder_remove(&folder);
}
END_TEST

START_TEST(path_that_is_no_socket_is_refused)
{
        char path[FOLDER_PATH_SIZE];

        folder_make(&folder);
        folder_join(&folder, "file", path);
        FILE *file = fopen(path, "w");
        ck_assert_ptr_nonnull(file);
        fclose(file);
        expect_refused_path("file", "connection 0: connect: Connection refused");
        folder_remove(&folder);
}
END_TEST

START_TEST(path_of_another_kind_of_socket_is_refused)
{
        folder_make(&folder);
        int fd = folder_bind(&folder, "datagrams", SOCK_DGRAM);
        expect_refused_path("datagrams", "connection 0: connect: Protocol wrong type");
        close(fd);
        folder_remove(&folder);
}
END_TEST

/* No connection can lead there, and the kernel knows at once. */
START_TEST(address_that_no_way_leads_to_is_refused)
{
        static const char *const targets[] = {
                "tcp:255.255.255.255:7",
                "tcp:[ff0e::1]:7",
        };

        for (unsigned i = 0; i < 1U + place_has_ip6(); i++) {
                probe_run(&probe, targets[i], "-c 2 -d 5s");
                probe_expect(&probe, "refused", "connection 0: connect: Network is unreachable");
        }
}
END_TEST

/* Takes all room there is in the backlog; then it does not accept. */
static void fill_backlog(const struct place *place, int listener, int *fds, unsigned count)
{
        ck_assert_int_eq(listen(listener, 0), 0);
        for (unsigned i = 0; i < count; i++) {
                fds[i] =
                    socket(place->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
                ck_assert_int_ge(fds[i], 0);
                (void)connect(fds[i], (const struct sockaddr *)&place->address, place->size);
        }
}

static void close_all(const int *fds, unsigned count)
{
        for (unsigned i = 0; i < count; i++)
                close(fds[i]);
}

START_TEST(server_that_accepts_nothing_is_a_timeout)
{
        int listener = -1;
        int fds[4];
        struct place place = place_ip4(port_occupy(&listener));
        const struct sockaddr_in *address = (const struct sockaddr_in *)&place.address;

        fill_backlog(&place, listener, fds, 4);
        probe_target_tcp(target, ntohs(address->sin_port));
        run("-c 3 -d 20s");
        probe_expect(&probe, "timeout", "no connection for ");
        close_all(fds, 4);
        close(listener);
}
END_TEST

START_TEST(path_that_accepts_nothing_is_a_timeout)
{
        char path[FOLDER_PATH_SIZE];
        int fds[4];

        folder_make(&folder);
        folder_join(&folder, "s", path);
        int listener = folder_bind(&folder, "s", SOCK_STREAM);
        struct place place = place_path(path);
        fill_backlog(&place, listener, fds, 4);
        snprintf(target, sizeof(target), "unix:%s", path);
        run("-d 20s");
        probe_expect(&probe, "timeout", "connection 0: ");
        close_all(fds, 4);
        close(listener);
        folder_remove(&folder);
}
END_TEST

/* Nobody accepts, and the backlog is full. All wait at once: in turn, they would take 100 s. */
START_TEST(full_backlog_of_a_path_is_one_timeout_for_all)
{
        folder_make(&folder);
        int listener = folder_bind(&folder, "s", SOCK_STREAM);
        struct sockaddr_un address = folder_address(&folder, "s");

        ck_assert_int_eq(listen(listener, 0), 0);
        snprintf(target, sizeof(target), "unix:%s", address.sun_path);
        run("-c 200 --timeout 500ms");
        probe_expect(&probe, "timeout", "");
        ck_assert_uint_eq(probe_count(&probe, "faults.timeout"), 200);
        close(listener);
        folder_remove(&folder);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("probe refusals");

        tcase_add_test(tcase, port_where_nobody_listens_is_refused);
        tcase_add_test(tcase, refused_churn_ends);
        tcase_add_test(tcase, refused_idle_ends);
        tcase_add_test(tcase, path_that_is_not_there_is_refused);
        tcase_add_test(tcase, path_that_nobody_answers_on_is_refused);
        tcase_add_test(tcase, path_that_is_no_socket_is_refused);
        tcase_add_test(tcase, path_of_another_kind_of_socket_is_refused);
        tcase_add_test(tcase, address_that_no_way_leads_to_is_refused);
        tcase_add_test(tcase, server_that_accepts_nothing_is_a_timeout);
        tcase_add_test(tcase, path_that_accepts_nothing_is_a_timeout);
        tcase_add_test(tcase, full_backlog_of_a_path_is_one_timeout_for_all);
        return suite_run(tcase);
}
