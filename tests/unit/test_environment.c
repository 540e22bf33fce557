/* SPDX-License-Identifier: MIT */
/* What a service manager tells by the environment. */
#include "service/environment.h"

#include <stddef.h>
#include <string.h>

#include "suite.h"

enum { PID = 862 };

static struct environment environment;
static struct complaint complaint;

static bool read_texts(struct environment_texts texts)
{
        environment = (struct environment){ .socket_count = UINT32_MAX };
        complaint.text[0] = '\0';
        return environment_read(&texts, PID, &environment, &complaint);
}

/* Wrong, by a sentence that begins with these words. */
static void expect_wrong(struct environment_texts texts, const char *beginning)
{
        ck_assert(!read_texts(texts));
        ck_assert_msg(strncmp(complaint.text, beginning, strlen(beginning)) == 0, "%s",
                      complaint.text);
        ck_assert_uint_eq(environment.socket_count, UINT32_MAX);
}

static void expect_nothing(struct environment_texts texts)
{
        ck_assert_msg(read_texts(texts), "%s", complaint.text);
        ck_assert_uint_eq(environment.socket_count, 0);
        ck_assert_uint_eq(environment.notify_size, 0);
        ck_assert_uint_eq(environment.watchdog_ns, 0);
}

static void expect_name(uint32_t index, const char *name)
{
        ck_assert_uint_eq(environment.names[index].size, strlen(name));
        ck_assert(memcmp(environment.names[index].text, name, strlen(name)) == 0);
}

START_TEST(nothing_is_set)
{
        expect_nothing((struct environment_texts){ .listen_pid = NULL });
}
END_TEST

START_TEST(empty_is_as_good_as_not_set)
{
        expect_nothing((struct environment_texts){
            .listen_pid = "862", .listen_fds = "", .notify_socket = "", .watchdog_usec = "" });
}
END_TEST

START_TEST(sockets_of_this_process_are_taken)
{
        ck_assert(read_texts((struct environment_texts){
            .listen_pid = "862", .listen_fds = "3", .listen_fdnames = "a.socket::unknown" }));
        ck_assert_uint_eq(environment.socket_count, 3);
        expect_name(0, "a.socket");
        expect_name(1, "");
        expect_name(2, "unknown");
}
END_TEST

START_TEST(sockets_need_no_names)
{
        const char *const names[] = { NULL, "" };

        for (unsigned i = 0; i < 2; i++) {
                ck_assert(read_texts((struct environment_texts){
                    .listen_pid = "862", .listen_fds = "64", .listen_fdnames = names[i] }));
                ck_assert_uint_eq(environment.socket_count, 64);
                ck_assert_uint_eq(environment.names[63].size, 0);
        }
}
END_TEST

START_TEST(sockets_of_another_process_are_ignored)
{
        const char *const pids[] = { "863", "8620", "86", "-862", "862 ", "0862x", "x", "", NULL };

        for (unsigned i = 0; i < sizeof(pids) / sizeof(pids[0]); i++) {
                /* Whatever it says is none of our business. */
                expect_nothing(
                    (struct environment_texts){ .listen_pid = pids[i], .listen_fds = "1" });
                expect_nothing((struct environment_texts){
                    .listen_pid = pids[i], .listen_fds = "nonsense", .listen_fdnames = "a:b" });
        }
}
END_TEST

START_TEST(names_without_sockets_are_ignored)
{
        expect_nothing((struct environment_texts){ .listen_pid = "862", .listen_fdnames = "a:b" });
        expect_nothing((struct environment_texts){
            .listen_pid = "862", .listen_fds = "0", .listen_fdnames = "" });
}
END_TEST

START_TEST(wrong_number_of_sockets_is_named)
{
        const char *const counts[] = { "x", "-1", "1x", " 1", "65", "18446744073709551616" };

        for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
                expect_wrong(
                    (struct environment_texts){ .listen_pid = "862", .listen_fds = counts[i] },
                    "LISTEN_FDS: ");
}
END_TEST

START_TEST(each_socket_has_one_name)
{
        const char *const names[] = { "a", "a:b:c", "a:b:", "::" };

        for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                expect_wrong((struct environment_texts){ .listen_pid = "862",
                                                         .listen_fds = "2",
                                                         .listen_fdnames = names[i] },
                             "LISTEN_FDNAMES: ");
}
END_TEST

START_TEST(name_is_not_longer_than_systemd_has_them)
{
        char name[ENVIRONMENT_NAME_MAX + 2];
        struct environment_texts texts = { .listen_pid = "862",
                                           .listen_fds = "1",
                                           .listen_fdnames = name };

        memset(name, 'n', sizeof(name));
        name[ENVIRONMENT_NAME_MAX + 1] = '\0';
        expect_wrong(texts, "LISTEN_FDNAMES: ");
        name[ENVIRONMENT_NAME_MAX] = '\0';
        ck_assert(read_texts(texts));
        ck_assert_uint_eq(environment.names[0].size, ENVIRONMENT_NAME_MAX);
}
END_TEST

START_TEST(path_is_notified)
{
        ck_assert(read_texts((struct environment_texts){ .notify_socket = "/run/n" }));
        ck_assert_int_eq(environment.notify.sun_family, AF_UNIX);
        ck_assert_str_eq(environment.notify.sun_path, "/run/n");
        ck_assert_uint_eq(environment.notify_size, offsetof(struct sockaddr_un, sun_path) + 6);
}
END_TEST

START_TEST(abstract_name_is_notified)
{
        ck_assert(read_texts((struct environment_texts){ .notify_socket = "@run/n" }));
        ck_assert(memcmp(environment.notify.sun_path, "\0run/n", 7) == 0);
        ck_assert_uint_eq(environment.notify_size, offsetof(struct sockaddr_un, sun_path) + 6);
}
END_TEST

START_TEST(other_addresses_are_not_notified)
{
        const char *const texts[] = { "run/n", "/", "@", "vsock:2:9", " /run/n" };

        for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                expect_wrong((struct environment_texts){ .notify_socket = texts[i] },
                             "NOTIFY_SOCKET: ");
}
END_TEST

START_TEST(address_to_notify_fits_or_is_refused)
{
        char path[109];

        for (unsigned i = 0; i < 2; i++) {
                memset(path, 'p', sizeof(path));
                path[0] = i == 0 ? '/' : '@';
                path[108] = '\0';
                expect_wrong((struct environment_texts){ .notify_socket = path },
                             "NOTIFY_SOCKET: ");
                path[107] = '\0';
                ck_assert(read_texts((struct environment_texts){ .notify_socket = path }));
                ck_assert_uint_eq(environment.notify_size,
                                  offsetof(struct sockaddr_un, sun_path) + 107);
        }
}
END_TEST

START_TEST(watchdog_of_this_process_or_of_any_is_heard)
{
        const char *const pids[] = { "862", "", NULL };

        for (unsigned i = 0; i < 3; i++) {
                ck_assert(read_texts((struct environment_texts){ .watchdog_pid = pids[i],
                                                                 .watchdog_usec = "30000000" }));
                ck_assert_uint_eq(environment.watchdog_ns, UINT64_C(30000000000));
        }
}
END_TEST

START_TEST(watchdog_of_another_process_is_ignored)
{
        const char *const pids[] = { "863", "1", "x", "862 " };

        for (unsigned i = 0; i < 4; i++)
                expect_nothing((struct environment_texts){ .watchdog_pid = pids[i],
                                                           .watchdog_usec = "nonsense" });
}
END_TEST

START_TEST(wrong_watchdog_is_named)
{
        const char *const texts[] = { "0",   "x",  "-1",
                                      "30s", "1.", "18446744073709551615" /* systemd: infinity */ };

        for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                expect_wrong((struct environment_texts){ .watchdog_usec = texts[i] },
                             "WATCHDOG_USEC: ");
        /* The most that fits. */
        ck_assert(read_texts((struct environment_texts){ .watchdog_usec = "18446744073709551" }));
        expect_wrong((struct environment_texts){ .watchdog_usec = "18446744073709552" },
                     "WATCHDOG_USEC: ");
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                nothing_is_set,
                empty_is_as_good_as_not_set,
                sockets_of_this_process_are_taken,
                sockets_need_no_names,
                sockets_of_another_process_are_ignored,
                names_without_sockets_are_ignored,
                wrong_number_of_sockets_is_named,
                each_socket_has_one_name,
                name_is_not_longer_than_systemd_has_them,
                path_is_notified,
                abstract_name_is_notified,
                other_addresses_are_not_notified,
                address_to_notify_fits_or_is_refused,
                watchdog_of_this_process_or_of_any_is_heard,
                watchdog_of_another_process_is_ignored,
                wrong_watchdog_is_named,
        };

        return SUITE_RUN("environment", tests);
}
