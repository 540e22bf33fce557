/* SPDX-License-Identifier: MIT */
/* What the tests of unix_socket.h share: a folder of their own, and sockets opened in it. */
#pragma once

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "service/unix_socket.h"

static struct folder folder;

static inline void unix_path_setup(void)
{
        folder_make(&folder);
}

static inline void unix_path_teardown(void)
{
        folder_remove(&folder);
}

static inline struct address unix_path_address(const char *path)
{
        struct address address;
        struct complaint complaint;
        char text[160];

        snprintf(text, sizeof(text), "unix:%s", path);
        ck_assert_msg(address_parse(text, &address, &complaint), "%s", complaint.text);
        return address;
}

/* The path that servers meet at in tests of several. */
static inline struct address unix_path_common(void)
{
        char path[FOLDER_PATH_SIZE];

        folder_join(&folder, "s", path);
        return unix_path_address(path);
}

static inline int unix_path_open(struct unix_socket *ret_socket)
{
        struct address address = unix_path_common();

        return unix_socket_open(&address, ret_socket);
}

static inline void unix_path_expect_open(struct unix_socket *ret_socket)
{
        int error = unix_path_open(ret_socket);

        ck_assert_msg(error == 0, "%s", strerror(-error));
}

/* The end of a server in good order. */
static inline void unix_path_finish(struct unix_socket *socket)
{
        close(socket->fd);
        ck_assert_int_eq(unix_socket_remove(socket), 0);
}
