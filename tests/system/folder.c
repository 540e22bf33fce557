/* SPDX-License-Identifier: MIT */
#include "folder.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void folder_make(struct folder *folder)
{
        const char *parent = getenv("TMPDIR");
        int size = snprintf(folder->path, sizeof(folder->path), "%s/echod-XXXXXX",
                            parent != NULL ? parent : "/tmp");

        ck_assert_int_lt(size, (int)sizeof(folder->path));
        ck_assert_ptr_nonnull(mkdtemp(folder->path));
}

void folder_share(const struct folder *folder)
{
        ck_assert_int_eq(chmod(folder->path, 01777), 0);
}

/* Calls back with each name but "." and ".."; returns how many there were. */
static unsigned each_name(const struct folder *folder,
                          void (*use)(const struct folder *folder, const char *name))
{
        DIR *names = opendir(folder->path);
        unsigned count = 0;
        struct dirent *next;

        ck_assert_ptr_nonnull(names);
        while ((next = readdir(names)) != NULL) {
                if (strcmp(next->d_name, ".") == 0 || strcmp(next->d_name, "..") == 0)
                        continue;
                if (use != NULL)
                        use(folder, next->d_name);
                count++;
        }
        closedir(names);
        return count;
}

static void remove_name(const struct folder *folder, const char *name)
{
        char path[FOLDER_PATH_SIZE];

        folder_join(folder, name, path);
        ck_assert_int_eq(remove(path), 0);
}

void folder_remove(const struct folder *folder)
{
        (void)each_name(folder, remove_name);
        ck_assert_int_eq(rmdir(folder->path), 0);
}

void folder_join(const struct folder *folder, const char *name, char ret_path[FOLDER_PATH_SIZE])
{
        int size = snprintf(ret_path, FOLDER_PATH_SIZE, "%s/%s", folder->path, name);

        ck_assert_int_lt(size, FOLDER_PATH_SIZE);
}

unsigned folder_file_count(const struct folder *folder)
{
        return each_name(folder, NULL);
}

struct stat folder_stat(const struct folder *folder, const char *name)
{
        char path[FOLDER_PATH_SIZE];
        struct stat status;

        folder_join(folder, name, path);
        ck_assert_msg(lstat(path, &status) == 0, "%s: %s", path, strerror(errno));
        return status;
}

struct sockaddr_un folder_address(const struct folder *folder, const char *name)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        folder_join(folder, name, address.sun_path);
        return address;
}

int folder_bind(const struct folder *folder, const char *name, int type)
{
        struct sockaddr_un address = folder_address(folder, name);
        int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        return fd;
}

void folder_leave_stale(const struct folder *folder, const char *name)
{
        close(folder_bind(folder, name, SOCK_STREAM));
}

int folder_connect(const struct folder *folder, const char *name)
{
        struct sockaddr_un address = folder_address(folder, name);
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        ck_assert_int_ge(fd, 0);
        int error = connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? errno : 0;
        close(fd);
        return error;
}
