/* SPDX-License-Identifier: MIT */
/* Starts at the same time on one path, and the lock between them. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "limit.h"
#include "suite.h"
#include "unix_path.h"

enum { RACE_COUNT = 100, RACER_COUNT = 4 };

/* The test's own lock. Explicitly released: a child that was forked has it open, too. */
static int lock_folder(void)
{
        int fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
        return fd;
}

static void unlock_folder(int lock_fd)
{
        ck_assert_int_eq(flock(lock_fd, LOCK_UN), 0);
        close(lock_fd);
}

START_TEST(lock_that_is_never_released_is_an_error_and_not_a_hang)
{
        struct unix_socket socket;
        int lock_fd = lock_folder();

        ck_assert_int_eq(unix_path_open(&socket), -EBUSY);
        ck_assert_uint_eq(folder_file_count(&folder), 0);
        unlock_folder(lock_fd);
        unix_path_expect_open(&socket);
        lock_fd = lock_folder();
        close(socket.fd);
        ck_assert_int_eq(unix_socket_remove(&socket), -EBUSY);
        ck_assert_uint_eq(folder_file_count(&folder), 1);
        unlock_folder(lock_fd);
}
END_TEST

struct race {
        int start_fds[2]; /* the racers wait until all write ends are closed */
        int end_fds[2];
        int result_fds[2];
        pid_t racers[RACER_COUNT];
};

static void await_closed(int fd)
{
        char byte;

        if (read(fd, &byte, 1) != 0)
                _exit(1);
}

/* In the child: one start of a server, which tells its result and lives until the race is over. */
_Noreturn static void start_server(struct race *race, const struct address *address, bool is_tidy)
{
        struct unix_socket socket;

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(race->start_fds[1]);
        close(race->end_fds[1]);
        await_closed(race->start_fds[0]);
        int result = unix_socket_open(address, &socket);
        if (write(race->result_fds[1], &result, sizeof(result)) != sizeof(result))
                _exit(1);
        await_closed(race->end_fds[0]);
        _exit(result == 0 && is_tidy ? unix_socket_remove(&socket) != 0 : 0);
}

static void start_race(struct race *race, unsigned racer_count, bool is_tidy)
{
        struct address address = unix_path_common();

        ck_assert_int_eq(pipe2(race->start_fds, O_CLOEXEC), 0);
        ck_assert_int_eq(pipe2(race->end_fds, O_CLOEXEC), 0);
        ck_assert_int_eq(pipe2(race->result_fds, O_CLOEXEC), 0);
        for (unsigned i = 0; i < racer_count; i++) {
                race->racers[i] = fork();
                ck_assert_int_ge(race->racers[i], 0);
                if (race->racers[i] == 0)
                        start_server(race, &address, is_tidy);
        }
        close(race->start_fds[1]);
}

static bool has_result(const struct race *race, int timeout_ms)
{
        struct pollfd result = { .fd = race->result_fds[0], .events = POLLIN };

        return poll(&result, 1, timeout_ms) == 1;
}

static int read_result(const struct race *race)
{
        int result = 1;

        ck_assert_msg(has_result(race, LIMIT_MS), "a start hangs");
        ck_assert_int_eq((int)read(race->result_fds[0], &result, sizeof(result)), sizeof(result));
        return result;
}

static void end_race(struct race *race, unsigned racer_count)
{
        int status = 0;

        close(race->end_fds[1]);
        for (unsigned i = 0; i < racer_count; i++) {
                ck_assert_int_eq(waitpid(race->racers[i], &status, 0), race->racers[i]);
                ck_assert_int_eq(status, 0);
        }
        close(race->start_fds[0]);
        close(race->end_fds[0]);
        close(race->result_fds[0]);
        close(race->result_fds[1]);
}

/* Every other race leaves a stale socket to the next, so both kinds of start are raced for. */
START_TEST(one_of_several_starts_at_once_wins)
{
        for (unsigned i = 0; i < RACE_COUNT; i++) {
                struct race race;
                unsigned won = 0;
                start_race(&race, RACER_COUNT, i % 2 == 1);
                for (unsigned j = 0; j < RACER_COUNT; j++) {
                        int result = read_result(&race);
                        ck_assert_msg(result == 0 || result == -EADDRINUSE, "%s",
                                      strerror(-result));
                        won += result == 0;
                }
                ck_assert_uint_eq(won, 1);
                ck_assert_int_eq(folder_connect(&folder, "s"), 0);
                end_race(&race, RACER_COUNT);
                ck_assert_uint_eq(folder_file_count(&folder), i % 2 == 0);
        }
}
END_TEST

START_TEST(start_waits_for_the_lock_of_another)
{
        struct race race;
        int lock_fd = lock_folder();

        start_race(&race, 1, true);
        ck_assert(!has_result(&race, 50));
        ck_assert_uint_eq(folder_file_count(&folder), 0);
        unlock_folder(lock_fd);
        ck_assert_int_eq(read_result(&race), 0);
        end_race(&race, 1);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("unix socket race");

        tcase_add_checked_fixture(tcase, unix_path_setup, unix_path_teardown);
        tcase_add_test(tcase, lock_that_is_never_released_is_an_error_and_not_a_hang);
        tcase_add_test(tcase, one_of_several_starts_at_once_wins);
        tcase_add_test(tcase, start_waits_for_the_lock_of_another);
        return suite_run(tcase);
}
