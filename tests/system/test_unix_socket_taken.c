/* SPDX-License-Identifier: MIT */
/* A path that is not free: who gets it, who keeps it, who removes it. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"
#include "unix_path.h"

enum { NOBODY = 65534 };

static ino_t inode(void)
{
        return folder_stat(&folder, "s").st_ino;
}

/* Ends a server as a crash does: nothing is removed. */
static void lose(const struct unix_socket *socket)
{
        close(socket->fd);
        close(socket->folder_fd);
        close(socket->inode_fd);
}

START_TEST(stale_socket_is_replaced)
{
        struct unix_socket socket;

        folder_leave_stale(&folder, "s");
        ck_assert_int_eq(folder_connect(&folder, "s"), ECONNREFUSED);
        unix_path_expect_open(&socket);
        ck_assert_int_eq(folder_connect(&folder, "s"), 0);
        lose(&socket);
        ck_assert_int_eq(folder_connect(&folder, "s"), ECONNREFUSED);
        unix_path_expect_open(&socket);
        ck_assert_int_eq(folder_connect(&folder, "s"), 0);
        ck_assert_uint_eq(folder_file_count(&folder), 1);
        unix_path_finish(&socket);
        ck_assert_uint_eq(folder_file_count(&folder), 0);
}
END_TEST

START_TEST(stale_socket_of_another_type_is_replaced)
{
        struct unix_socket socket;

        close(folder_bind(&folder, "s", SOCK_DGRAM));
        unix_path_expect_open(&socket);
        ck_assert_int_eq(folder_connect(&folder, "s"), 0);
        unix_path_finish(&socket);
}
END_TEST

START_TEST(living_socket_is_refused_and_goes_on)
{
        struct unix_socket first;
        struct unix_socket second;

        unix_path_expect_open(&first);
        ino_t before = inode();
        ck_assert_int_eq(unix_path_open(&second), -EADDRINUSE);
        ck_assert_int_eq(unix_path_open(&second), -EADDRINUSE);
        ck_assert_uint_eq(inode(), before);
        ck_assert_int_eq(folder_connect(&folder, "s"), 0);
        unix_path_finish(&first);
}
END_TEST

START_TEST(server_too_busy_to_answer_is_alive)
{
        struct sockaddr_un address = folder_address(&folder, "s");
        struct unix_socket opened;
        int clients[8];
        unsigned client_count = 0;
        int fd = folder_bind(&folder, "s", SOCK_STREAM);
        int error = 0;

        ck_assert_int_eq(listen(fd, 0), 0);
        while (error == 0 && client_count < 8) {
                int client = clients[client_count++] =
                    socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
                error =
                    connect(client, (struct sockaddr *)&address, sizeof(address)) < 0 ? errno : 0;
        }
        ck_assert_int_eq(error, EAGAIN);
        ck_assert_int_eq(unix_path_open(&opened), -EADDRINUSE);
        while (client_count > 0)
                close(clients[--client_count]);
        close(fd);
}
END_TEST

START_TEST(living_socket_of_another_type_is_refused)
{
        struct unix_socket socket;
        int fd = folder_bind(&folder, "s", SOCK_DGRAM);

        ck_assert_int_eq(unix_path_open(&socket), -EADDRINUSE);
        close(fd);
}
END_TEST

/* The file systems that give an inode's number again do it here, unless it is kept. */
START_TEST(successor_keeps_its_socket_when_the_first_removes_its_own)
{
        struct unix_socket first;
        struct unix_socket second;

        for (unsigned i = 0; i < 16; i++) {
                unix_path_expect_open(&first);
                close(first.fd);
                unix_path_expect_open(&second);
                ck_assert_int_eq(unix_socket_remove(&first), 0);
                ck_assert_int_eq(folder_connect(&folder, "s"), 0);
                unix_path_finish(&second);
                ck_assert_uint_eq(folder_file_count(&folder), 0);
        }
}
END_TEST

START_TEST(file_in_the_place_of_the_socket_is_left)
{
        struct unix_socket socket;
        char path[FOLDER_PATH_SIZE];

        folder_join(&folder, "s", path);
        unix_path_expect_open(&socket);
        ck_assert_int_eq(unlink(path), 0);
        close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        unix_path_finish(&socket);
        ck_assert(S_ISREG(folder_stat(&folder, "s").st_mode));
}
END_TEST

START_TEST(removal_finds_nothing_left_and_may_be_repeated)
{
        struct unix_socket socket;
        char path[FOLDER_PATH_SIZE];

        folder_join(&folder, "s", path);
        unix_path_expect_open(&socket);
        ck_assert_int_eq(unlink(path), 0);
        unix_path_finish(&socket);
        ck_assert_int_eq(unix_socket_remove(&socket), 0);
}
END_TEST

START_TEST(removal_leaves_the_descriptor_serving)
{
        struct unix_socket socket;
        struct unix_socket successor;

        unix_path_expect_open(&socket);
        ck_assert_int_eq(unix_socket_remove(&socket), 0);
        ck_assert_int_eq(folder_connect(&folder, "s"), ENOENT);
        ck_assert_int_eq(accept(socket.fd, NULL, NULL), -1);
        ck_assert_int_eq(errno, EAGAIN);
        unix_path_expect_open(&successor);
        unix_path_finish(&successor);
        close(socket.fd);
}
END_TEST

/* In a child without rights, which shares nothing of the folder but reading. */
static int open_as_nobody(mode_t mode)
{
        struct address address = unix_path_common();
        int status = 0;

        ck_assert_int_eq(chmod(folder.path, mode), 0);
        pid_t pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
                struct unix_socket socket;
                if (geteuid() == 0 &&
                    (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
                        _exit(255);
                _exit(-unix_socket_open(&address, &socket));
        }
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_int_eq(chmod(folder.path, 0700), 0);
        ck_assert(WIFEXITED(status));
        return -WEXITSTATUS(status);
}

START_TEST(folder_without_the_right_to_it_is_refused)
{
        ck_assert_int_eq(open_as_nobody(0555), -EACCES);
        ck_assert_int_eq(open_as_nobody(0000), -EACCES);
        ck_assert_uint_eq(folder_file_count(&folder), 0);
}
END_TEST

START_TEST(socket_that_may_not_be_tried_is_refused_and_untouched)
{
        struct unix_socket socket;
        mode_t before = umask(0777);
        int error = unix_path_open(&socket);

        umask(before);
        ck_assert_int_eq(error, 0);
        ck_assert_int_eq(open_as_nobody(0777), -EACCES);
        ck_assert_uint_eq(folder_file_count(&folder), 1);
        unix_path_finish(&socket);
}
END_TEST

START_TEST(stale_socket_of_another_user_stays_in_a_sticky_folder)
{
        mode_t before = umask(0);

        folder_leave_stale(&folder, "s");
        umask(before);
        if (geteuid() == 0)
                ck_assert_int_eq(open_as_nobody(01777), -EPERM);
        ck_assert_uint_eq(folder_file_count(&folder), 1);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("unix socket taken");

        tcase_add_checked_fixture(tcase, unix_path_setup, unix_path_teardown);
        tcase_add_test(tcase, stale_socket_is_replaced);
        tcase_add_test(tcase, stale_socket_of_another_type_is_replaced);
        tcase_add_test(tcase, living_socket_is_refused_and_goes_on);
        tcase_add_test(tcase, server_too_busy_to_answer_is_alive);
        tcase_add_test(tcase, living_socket_of_another_type_is_refused);
        tcase_add_test(tcase, successor_keeps_its_socket_when_the_first_removes_its_own);
        tcase_add_test(tcase, file_in_the_place_of_the_socket_is_left);
        tcase_add_test(tcase, removal_finds_nothing_left_and_may_be_repeated);
        tcase_add_test(tcase, removal_leaves_the_descriptor_serving);
        tcase_add_test(tcase, folder_without_the_right_to_it_is_refused);
        tcase_add_test(tcase, socket_that_may_not_be_tried_is_refused_and_untouched);
        tcase_add_test(tcase, stale_socket_of_another_user_stays_in_a_sticky_folder);
        return suite_run(tcase);
}
