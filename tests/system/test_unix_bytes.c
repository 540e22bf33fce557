/* SPDX-License-Identifier: MIT */
/*
 * Unix sockets carry more than bytes: descriptors and out-of-band data end a recv(2) early, and a
 * server that takes that for "nothing more" leaves bytes behind.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "doors.h"
#include "figures.h"
#include "suite.h"
#include "support/pattern.h"

enum { PLAIN_SIZE = 100 };

static struct doors doors;

/* The next byte of the payload, and a descriptor with it. */
static void send_descriptor(struct client *client, int fd)
{
        unsigned char byte = pattern(client->number, client->sent);
        _Alignas(struct cmsghdr) unsigned char control[CMSG_SPACE(sizeof(fd))] = { 0 };
        struct iovec bytes = { .iov_base = &byte, .iov_len = 1 };
        struct msghdr message = { .msg_iov = &bytes,
                                  .msg_iovlen = 1,
                                  .msg_control = control,
                                  .msg_controllen = sizeof(control) };
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);

        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(fd));
        memcpy(CMSG_DATA(header), &fd, sizeof(fd));
        ck_assert_int_eq(sendmsg(client->fd, &message, MSG_NOSIGNAL), 1);
        client->sent++;
}

/* Sends '.' = plain bytes, '!' = an out-of-band byte, 'd' = a byte with a descriptor. */
static void send_script(struct client *client, const char *script, int fd)
{
        for (; *script != '\0'; script++) {
                if (*script == '.')
                        client_send(client, PLAIN_SIZE);
                else if (*script == '!')
                        client_send_urgent(client, 1);
                else
                        send_descriptor(client, fd);
        }
}

static void expect_echo(struct client *client)
{
        client_receive(client);
        client_finish(client);
        client_expect_end(client);
        client_close(client);
}

/* Once as the pieces come, once found all together with the end: then no later one helps. */
static void expect_echo_of(enum door door, const char *script, int fd)
{
        struct client client;

        doors_enter(&doors, door, &client, 1);
        send_script(&client, script, fd);
        expect_echo(&client);

        doors_enter(&doors, door, &client, 2);
        client_exchange(&client, 1, 1);
        process_stop(&doors.server.process);
        send_script(&client, script, fd);
        client_finish(&client);
        process_signal(&doors.server.process, SIGCONT);
        client_receive(&client);
        client_expect_end(&client);
        client_close(&client);
}

/* The pipe's other end sees when nobody has the passed one any more. */
static void expect_no_writer(int read_fd)
{
        struct pollfd wanted = { .fd = read_fd, .events = POLLIN };

        ck_assert_int_eq(poll(&wanted, 1, 10000), 1);
        ck_assert((wanted.revents & POLLHUP) != 0);
}

START_TEST(passed_descriptors_are_not_taken_and_no_byte_is_lost)
{
        enum door door = (enum door)_i;
        static const char *const scripts[] = {
                ".d.", "d.", "d", ".d", ".dd.", "d.d.d.", "..d..dd"
        };
        enum { SCRIPT_COUNT = sizeof(scripts) / sizeof(scripts[0]) };
        int pipe_fds[2];

        doors_open(&doors, NULL);
        unsigned before = figures_descriptors(&doors.server.process);
        ck_assert_int_eq(pipe(pipe_fds), 0);
        for (unsigned i = 0; i < SCRIPT_COUNT; i++)
                expect_echo_of(door, scripts[i], pipe_fds[1]);
        close(pipe_fds[1]);
        expect_no_writer(pipe_fds[0]);
        close(pipe_fds[0]);
        server_await_all_closed(&doors.server, 2 * SCRIPT_COUNT);
        ck_assert_uint_eq(figures_descriptors(&doors.server.process), before);
        doors_close(&doors);
}
END_TEST

/* False on kernels before 5.15, and those built without it. */
static bool has_out_of_band(void)
{
        int fds[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        ssize_t sent = send(fds[0], "x", 1, MSG_OOB);
        close(fds[0]);
        close(fds[1]);
        return sent == 1;
}

START_TEST(out_of_band_bytes_come_back_in_their_places)
{
        enum door door = (enum door)_i;
        static const char *const scripts[] = { ".!.",  "!.",    "!",    ".!",
                                               ".!!.", ".!.!.", "!.!.", ".!d.!." };
        enum { SCRIPT_COUNT = sizeof(scripts) / sizeof(scripts[0]) };

        if (!has_out_of_band())
                return;
        doors_open(&doors, NULL);
        for (unsigned i = 0; i < SCRIPT_COUNT; i++)
                expect_echo_of(door, scripts[i], STDIN_FILENO);
        server_await_all_closed(&doors.server, 2 * SCRIPT_COUNT);
        doors_close(&doors);
}
END_TEST

/* Eight blocks, four a worker, all of them taken: the rest is peeked at. */
START_TEST(descriptors_and_out_of_band_bytes_come_back_without_a_free_block)
{
        enum { MUTE_COUNT = 60 };
        const char *const arguments[] = { "--buffer-memory=2M", "--stall-timeout=0", NULL };
        struct client mutes[MUTE_COUNT];

        doors_open(&doors, arguments);
        for (unsigned i = 0; i < MUTE_COUNT; i++)
                client_connect_small_to(&mutes[i], &doors.places[i % 2 == 0 ? DOOR_IP4 : DOOR_PATH],
                                        i);
        client_send_until_blocked(mutes, MUTE_COUNT);
        server_await_figure_least(&doors.server, "parked", 4);
        for (unsigned i = 0; i < 10; i++) {
                expect_echo_of(DOOR_PATH, "..d..d.", STDIN_FILENO);
                if (has_out_of_band())
                        expect_echo_of(DOOR_PATH, "..!..d!.", STDIN_FILENO);
        }
        for (unsigned i = 0; i < MUTE_COUNT; i++)
                client_receive(&mutes[i]);
        client_close_all(mutes, MUTE_COUNT);
        doors_close(&doors);
}
END_TEST

START_TEST(reader_is_served_beside_a_peer_that_never_reads)
{
        enum door door = (enum door)_i;
        struct client mute;
        struct client reader;

        doors_open(&doors, NULL);
        doors_enter(&doors, door, &mute, 1);
        doors_enter(&doors, door, &reader, 2);
        client_send_until_blocked(&mute, 1);
        server_await_figure(&doors.server, "parked", 1);
        client_exchange(&reader, 1, 16 << 20);
        expect_echo(&reader);
        client_receive(&mute);
        client_close(&mute);
        server_await_all_closed(&doors.server, 2);
        doors_close(&doors);
}
END_TEST

START_TEST(idle_connection_is_finished)
{
        enum door door = (enum door)_i;
        const char *const arguments[] = { "--idle-timeout=200ms", NULL };
        struct client client;

        doors_open(&doors, arguments);
        doors_enter(&doors, door, &client, 1);
        client_exchange(&client, 1, 1000);
        client_expect_end(&client);
        client_close(&client);
        server_await_all_closed(&doors.server, 1);
        ck_assert_uint_eq(server_figure(&doors.server, "closed_idle"), 1);
        doors_close(&doors);
}
END_TEST

/* A Unix socket knows no reset: what was read before the end shows that it came too early. */
START_TEST(stalled_peer_is_cut)
{
        enum door door = (enum door)_i;
        const char *const arguments[] = { "--stall-timeout=300ms", NULL };
        struct client client;

        doors_open(&doors, arguments);
        doors_enter(&doors, door, &client, 1);
        client_send_until_blocked(&client, 1);
        server_await_all_closed(&doors.server, 1);
        client_expect_cut(&client);
        client_close(&client);
        ck_assert_uint_eq(server_figure(&doors.server, "closed_stall"), 1);
        doors_close(&doors);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("unix bytes");

        tcase_add_loop_test(tcase, passed_descriptors_are_not_taken_and_no_byte_is_lost, DOOR_PATH,
                            DOOR_NAME + 1);
        tcase_add_loop_test(tcase, out_of_band_bytes_come_back_in_their_places, DOOR_PATH,
                            DOOR_NAME + 1);
        tcase_add_test(tcase, descriptors_and_out_of_band_bytes_come_back_without_a_free_block);
        tcase_add_loop_test(tcase, reader_is_served_beside_a_peer_that_never_reads, DOOR_PATH,
                            DOOR_NAME + 1);
        tcase_add_loop_test(tcase, idle_connection_is_finished, DOOR_PATH, DOOR_NAME + 1);
        tcase_add_loop_test(tcase, stalled_peer_is_cut, DOOR_PATH, DOOR_NAME + 1);
        return suite_run(tcase);
}
