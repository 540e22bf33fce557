/* SPDX-License-Identifier: MIT */
/* Messages to a service manager, by the kernel alone. */
#include "service/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "limit.h"
#include "suite.h"

static struct notify notify;
static struct folder folder;
static int manager_fd;

static struct sockaddr_un listen_for_messages(void)
{
        folder_make(&folder);
        manager_fd = folder_bind(&folder, "n", SOCK_DGRAM);
        notify_init(&notify);
        return folder_address(&folder, "n");
}

static void end(void)
{
        notify_close(&notify);
        ck_assert_int_eq(notify.fd, -1);
        close(manager_fd);
        folder_remove(&folder);
}

static void expect_message(const char *message)
{
        char text[64] = "";

        ssize_t got = recv(manager_fd, text, sizeof(text) - 1, MSG_DONTWAIT);
        ck_assert_int_eq(got, (ssize_t)strlen(message));
        ck_assert_str_eq(text, message);
}

START_TEST(message_is_one_datagram)
{
        struct sockaddr_un address = listen_for_messages();

        ck_assert_int_eq(notify_open(&notify, &address, sizeof(address)), 0);
        ck_assert_int_eq(fcntl(notify.fd, F_GETFD), FD_CLOEXEC);
        notify_send(&notify, "READY=1\nSTATUS=x", 1000);
        notify_send(&notify, "WATCHDOG=1", 0);
        expect_message("READY=1\nSTATUS=x");
        expect_message("WATCHDOG=1");
        end();
}
END_TEST

/* It was looked up once: what becomes of the path afterwards changes nothing. */
START_TEST(address_is_needed_at_the_start_alone)
{
        struct sockaddr_un address = listen_for_messages();

        ck_assert_int_eq(notify_open(&notify, &address, sizeof(address)), 0);
        ck_assert_int_eq(unlink(address.sun_path), 0);
        notify_send(&notify, "WATCHDOG=1", 0);
        expect_message("WATCHDOG=1");
        end();
}
END_TEST

START_TEST(nobody_is_told_when_nobody_listens)
{
        struct sockaddr_un address = listen_for_messages();

        notify_send(&notify, "WATCHDOG=1", 1000);
        ck_assert_int_eq(unlink(address.sun_path), 0);
        ck_assert_int_eq(notify_open(&notify, &address, sizeof(address)), -ENOENT);
        ck_assert_int_eq(notify.fd, -1);
        notify_send(&notify, "WATCHDOG=1", 1000);
        end();
}
END_TEST

START_TEST(who_reads_nothing_is_waited_for_as_long_as_said)
{
        struct sockaddr_un address = listen_for_messages();
        uint64_t before_ms;

        ck_assert_int_eq(notify_open(&notify, &address, sizeof(address)), 0);
        /* More than any queue takes (net.unix.max_dgram_qlen). */
        for (unsigned i = 0; i < 10000; i++)
                notify_send(&notify, "WATCHDOG=1", 0);
        before_ms = limit_now_ms();
        notify_send(&notify, "READY=1", 200);
        ck_assert_uint_ge(limit_now_ms() - before_ms, 200);
        end();
}
END_TEST

START_TEST(who_is_gone_is_not_missed)
{
        struct sockaddr_un address = listen_for_messages();

        ck_assert_int_eq(notify_open(&notify, &address, sizeof(address)), 0);
        close(manager_fd);
        manager_fd = -1;
        notify_send(&notify, "WATCHDOG=1", 0);
        notify_send(&notify, "READY=1", 1000);
        end();
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("notify");

        tcase_add_test(tcase, message_is_one_datagram);
        tcase_add_test(tcase, address_is_needed_at_the_start_alone);
        tcase_add_test(tcase, nobody_is_told_when_nobody_listens);
        tcase_add_test(tcase, who_reads_nothing_is_waited_for_as_long_as_said);
        tcase_add_test(tcase, who_is_gone_is_not_missed);
        return suite_run(tcase);
}
