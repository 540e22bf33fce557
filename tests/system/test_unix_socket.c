/* SPDX-License-Identifier: MIT */
/* One server's Unix socket: how it is opened, what it looks like, what is left of it. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "suite.h"
#include "unix_path.h"

static struct unix_socket opened;

/* What the next listen(2) fails with; and whether the folder was locked during the last one. */
static int listen_error;
static bool was_locked;

static bool is_locked(void)
{
        int fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        ck_assert_int_ge(fd, 0);
        bool is_free = flock(fd, LOCK_SH | LOCK_NB) == 0;
        close(fd);
        return !is_free;
}

/* Stands before the C library's: nobody may look at the path between bind(2) and this. */
int listen(int fd, int backlog)
{
        int error = listen_error;

        was_locked = is_locked();
        listen_error = 0;
        errno = error;
        return error != 0 ? -1 : (int)syscall(SYS_listen, fd, backlog);
}

static int open_path(const char *path)
{
        struct address address = unix_path_address(path);

        memset(&opened, 0x5a, sizeof(opened));
        return unix_socket_open(&address, &opened);
}

static int open_name(const char *name)
{
        char path[FOLDER_PATH_SIZE];

        folder_join(&folder, name, path);
        return open_path(path);
}

static int last_descriptor(void)
{
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

        ck_assert_int_ge(fd, 0);
        close(fd);
        return fd;
}

/* The error; and neither a file, a descriptor nor a result is left of the attempt. */
static void expect_refused_path(const char *path, int error)
{
        unsigned file_count = folder_file_count(&folder);
        int fd = last_descriptor();

        int result = open_path(path);
        ck_assert_msg(result == error, "%s: %s", path, strerror(-result));
        ck_assert_uint_eq(folder_file_count(&folder), file_count);
        ck_assert_int_eq(last_descriptor(), fd);
        for (size_t i = 0; i < sizeof(opened); i++)
                ck_assert_uint_eq(((unsigned char *)&opened)[i], 0x5a);
}

static void expect_refused(const char *name, int error)
{
        char path[FOLDER_PATH_SIZE];

        folder_join(&folder, name, path);
        expect_refused_path(path, error);
}

START_TEST(opened_socket_answers)
{
        ck_assert_int_eq(open_name("s"), 0);
        ck_assert_int_eq(folder_connect(&folder, "s"), 0);
        int fd = accept(opened.fd, NULL, NULL);
        ck_assert_int_ge(fd, 0);
        close(fd);
        unix_path_finish(&opened);
}
END_TEST

START_TEST(descriptors_are_nonblocking_or_close_on_exec_as_they_must)
{
        ck_assert_int_eq(open_name("s"), 0);
        ck_assert_int_eq(accept(opened.fd, NULL, NULL), -1);
        ck_assert_int_eq(errno, EAGAIN);
        ck_assert_int_eq(fcntl(opened.fd, F_GETFD), FD_CLOEXEC);
        ck_assert_int_eq(fcntl(opened.folder_fd, F_GETFD), FD_CLOEXEC);
        ck_assert_int_eq(fcntl(opened.inode_fd, F_GETFD), FD_CLOEXEC);
        unix_path_finish(&opened);
}
END_TEST

START_TEST(mode_is_0666_without_the_umask)
{
        static const mode_t masks[] = { 0, 022, 027, 077, 002, 0111, 0777 };

        for (unsigned i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
                mode_t before = umask(masks[i]);
                int error = open_name("s");
                umask(before);
                ck_assert_int_eq(error, 0);
                ck_assert_uint_eq(folder_stat(&folder, "s").st_mode, S_IFSOCK | (0666 & ~masks[i]));
                unix_path_finish(&opened);
        }
}
END_TEST

START_TEST(nothing_but_the_socket_is_in_the_folder)
{
        ck_assert_int_eq(open_name("s"), 0);
        ck_assert_uint_eq(folder_file_count(&folder), 1);
        unix_path_finish(&opened);
        ck_assert_uint_eq(folder_file_count(&folder), 0);
}
END_TEST

START_TEST(lock_is_held_until_it_listens_and_not_while_it_serves)
{
        folder_leave_stale(&folder, "s");
        ck_assert_int_eq(open_name("s"), 0);
        ck_assert(was_locked);
        ck_assert(!is_locked());
        unix_path_finish(&opened);
        ck_assert(!is_locked());
}
END_TEST

START_TEST(socket_that_cannot_listen_leaves_nothing)
{
        listen_error = ENOBUFS;
        expect_refused("s", -ENOBUFS);
        listen_error = ENOBUFS;
        expect_refused_path("@echod-test", -ENOBUFS);
        ck_assert(!is_locked());
}
END_TEST

START_TEST(relative_path_is_removed_from_where_it_was_bound)
{
        int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        ck_assert_int_eq(chdir(folder.path), 0);
        ck_assert_int_eq(open_path("s"), 0);
        ck_assert_int_eq(fchdir(before), 0);
        close(before);
        ck_assert_int_eq(folder_connect(&folder, "s"), 0);
        unix_path_finish(&opened);
        ck_assert_uint_eq(folder_file_count(&folder), 0);
}
END_TEST

START_TEST(path_of_107_bytes_is_served)
{
        char path[160];
        size_t size = strlen(folder.path);

        memset(path, 'x', sizeof(path));
        memcpy(path, folder.path, size);
        path[size] = '/';
        path[ADDRESS_PATH_MAX] = '\0';
        ck_assert_int_eq(open_path(path), 0);
        ck_assert_uint_eq(folder_file_count(&folder), 1);
        unix_path_finish(&opened);
        ck_assert_uint_eq(folder_file_count(&folder), 0);
}
END_TEST

START_TEST(abstract_name_leaves_no_file_and_needs_no_removal)
{
        char name[FOLDER_PATH_SIZE];
        struct sockaddr_un bound;
        socklen_t size = sizeof(bound);

        snprintf(name, sizeof(name), "@echod-test-%d", getpid());
        ck_assert_int_eq(open_path(name), 0);
        ck_assert_int_eq(getsockname(opened.fd, (struct sockaddr *)&bound, &size), 0);
        ck_assert_uint_eq(size, unix_path_address(name).size);
        struct unix_socket first = opened;
        expect_refused_path(name, -EADDRINUSE);
        ck_assert_int_eq(unix_socket_remove(&first), 0);
        expect_refused_path(name, -EADDRINUSE);
        close(first.fd);
        ck_assert_int_eq(open_path(name), 0);
        unix_path_finish(&opened);
}
END_TEST

START_TEST(path_that_no_socket_can_have_is_refused_by_its_errno)
{
        char file[FOLDER_PATH_SIZE];

        folder_join(&folder, "file", file);
        close(open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        expect_refused("none/s", -ENOENT);
        expect_refused("none/", -ENOENT);
        expect_refused("file/s", -ENOTDIR);
        expect_refused("file/", -ENOTDIR);
        expect_refused("", -EISDIR);
        expect_refused(".", -EISDIR);
        expect_refused("..", -EISDIR);
        expect_refused_path(folder.path, -EISDIR);
        expect_refused_path("/", -EISDIR);
        expect_refused_path(".", -EISDIR);
}
END_TEST

START_TEST(what_is_not_a_socket_is_refused_and_untouched)
{
        char path[FOLDER_PATH_SIZE];

        folder_join(&folder, "file", path);
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        ck_assert_int_eq((int)write(fd, "mine", 4), 4);
        close(fd);
        expect_refused("file", -EEXIST);
        ck_assert_int_eq(folder_stat(&folder, "file").st_size, 4);
        folder_join(&folder, "pipe", path);
        ck_assert_int_eq(mkfifo(path, 0600), 0);
        expect_refused("pipe", -EEXIST);
        ck_assert(S_ISFIFO(folder_stat(&folder, "pipe").st_mode));
        folder_join(&folder, "folder", path);
        ck_assert_int_eq(mkdir(path, 0700), 0);
        expect_refused("folder", -EISDIR);
}
END_TEST

/* A link is not followed: what it leads to may be anybody's. */
START_TEST(link_to_a_stale_socket_or_to_nothing_is_refused_and_untouched)
{
        char path[FOLDER_PATH_SIZE];

        folder_leave_stale(&folder, "stale");
        folder_join(&folder, "link", path);
        ck_assert_int_eq(symlink("stale", path), 0);
        expect_refused("link", -EEXIST);
        ck_assert(S_ISLNK(folder_stat(&folder, "link").st_mode));
        ck_assert(S_ISSOCK(folder_stat(&folder, "stale").st_mode));
        folder_join(&folder, "dangling", path);
        ck_assert_int_eq(symlink("none", path), 0);
        expect_refused("dangling", -EEXIST);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("unix socket");

        tcase_add_checked_fixture(tcase, unix_path_setup, unix_path_teardown);
        tcase_add_test(tcase, opened_socket_answers);
        tcase_add_test(tcase, descriptors_are_nonblocking_or_close_on_exec_as_they_must);
        tcase_add_test(tcase, mode_is_0666_without_the_umask);
        tcase_add_test(tcase, nothing_but_the_socket_is_in_the_folder);
        tcase_add_test(tcase, lock_is_held_until_it_listens_and_not_while_it_serves);
        tcase_add_test(tcase, socket_that_cannot_listen_leaves_nothing);
        tcase_add_test(tcase, relative_path_is_removed_from_where_it_was_bound);
        tcase_add_test(tcase, path_of_107_bytes_is_served);
        tcase_add_test(tcase, abstract_name_leaves_no_file_and_needs_no_removal);
        tcase_add_test(tcase, path_that_no_socket_can_have_is_refused_by_its_errno);
        tcase_add_test(tcase, what_is_not_a_socket_is_refused_and_untouched);
        tcase_add_test(tcase, link_to_a_stale_socket_or_to_nothing_is_refused_and_untouched);
        return suite_run(tcase);
}
