/* SPDX-License-Identifier: MIT */
/* What Landlock denies without the help of any filter. */
#include "service/landlock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "child.h"
#include "service/privileges.h"
#include "suite.h"

/* Two folders with a file each, one of which is to be left alone. */
static char paths[2][64];
static int folder_fds[2];

static void make_folder(unsigned index)
{
        char *path = paths[index];

        snprintf(path, sizeof(paths[index]), "/tmp/echod-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(path));
        folder_fds[index] = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(folder_fds[index], 0);
        ck_assert_int_eq(mkdirat(folder_fds[index], "folder", 0700), 0);
        int fd = openat(folder_fds[index], "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        ck_assert_int_ge(fd, 0);
        close(fd);
}

static void remove_folder(unsigned index)
{
        (void)unlinkat(folder_fds[index], "file", 0);
        (void)unlinkat(folder_fds[index], "folder", AT_REMOVEDIR);
        ck_assert_int_eq(rmdir(paths[index]), 0);
        close(folder_fds[index]);
}

static bool is_refused(int returned, int error)
{
        return returned < 0 && errno == error;
}

/* 0, or the number of what was not as it is to be. */
static int touch_files(const void *argument)
{
        int version = *(const int *)argument;

        if (privileges_gain_none() < 0 || landlock_enter(version, folder_fds, 1) < 0)
                return 1;
        if (!is_refused(open("/etc/passwd", O_RDONLY | O_CLOEXEC), EACCES))
                return 2;
        if (!is_refused(openat(folder_fds[0], "file", O_RDONLY | O_CLOEXEC), EACCES))
                return 3;
        if (!is_refused(openat(folder_fds[0], "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600), EACCES))
                return 4;
        if (!is_refused(mkdirat(folder_fds[0], "new", 0700), EACCES))
                return 5;
        if (!is_refused(unlinkat(folder_fds[0], "folder", AT_REMOVEDIR), EACCES))
                return 6;
        if (!is_refused(execl("/bin/true", "true", (char *)NULL), EACCES))
                return 7;
        if (!is_refused(unlinkat(folder_fds[1], "file", 0), EACCES))
                return 8;
        return unlinkat(folder_fds[0], "file", 0) == 0 ? 0 : 9;
}

START_TEST(no_file_can_be_touched_but_removed_from_a_folder)
{
        int version = landlock_version();

        if (version < 0)
                return;
        for (int as = 1; as <= version; as++) {
                make_folder(0);
                make_folder(1);
                ck_assert_int_eq(child_run(touch_files, &as), 0);
                remove_folder(0);
                remove_folder(1);
        }
}
END_TEST

static int use_tcp(const void *argument)
{
        int version = *(const int *)argument;
        struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                       .sin_port = htons(9) };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || privileges_gain_none() < 0 || landlock_enter(version, NULL, 0) < 0)
                return 1;
        if (!is_refused(connect(fd, (struct sockaddr *)&address, sizeof(address)), EACCES))
                return 2;
        address.sin_port = 0;
        return is_refused(bind(fd, (struct sockaddr *)&address, sizeof(address)), EACCES) ? 0 : 3;
}

START_TEST(no_tcp_socket_can_be_bound_or_connected)
{
        int version = landlock_version();

        if (version >= LANDLOCK_VERSION_TCP)
                ck_assert_int_eq(child_run(use_tcp, &version), 0);
}
END_TEST

static const char abstract_name[] = "\0echod-kernel-test";

static struct sockaddr_un abstract_address(socklen_t *ret_size)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        memcpy(address.sun_path, abstract_name, sizeof(abstract_name) - 1);
        *ret_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof(abstract_name) - 1);
        return address;
}

static int reach_out(const void *argument)
{
        int version = *(const int *)argument;
        socklen_t size;
        struct sockaddr_un address = abstract_address(&size);
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || privileges_gain_none() < 0 || landlock_enter(version, NULL, 0) < 0)
                return 1;
        if (!is_refused(kill(getppid(), 0), EPERM))
                return 2;
        return is_refused(connect(fd, (struct sockaddr *)&address, size), EPERM) ? 0 : 3;
}

START_TEST(no_process_outside_can_be_reached)
{
        int version = landlock_version();
        socklen_t size;
        struct sockaddr_un address = abstract_address(&size);
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
        ck_assert_int_eq(listen(fd, 1), 0);
        if (version >= LANDLOCK_VERSION_SCOPES)
                ck_assert_int_eq(child_run(reach_out, &version), 0);
        close(fd);
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                no_file_can_be_touched_but_removed_from_a_folder,
                no_tcp_socket_can_be_bound_or_connected,
                no_process_outside_can_be_reached,
        };

        if (landlock_version() < 0) {
                printf("skipped: no Landlock here: %s\n", strerror(-landlock_version()));
                return 77;
        }
        return SUITE_RUN("landlock", tests);
}
