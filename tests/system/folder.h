/* SPDX-License-Identifier: MIT */
/* A temporary folder of a test, and Unix sockets in it. Whatever cannot be done fails the test. */
#pragma once

#include <sys/stat.h>
#include <sys/un.h>

enum { FOLDER_PATH_SIZE = 108 };

struct folder {
        char path[FOLDER_PATH_SIZE - 32];
};

void folder_make(struct folder *folder);

/* Everybody may put files there, and take his own away: also the user that a server becomes. */
void folder_share(const struct folder *folder);

/* With all files in it, and folders that are empty. */
void folder_remove(const struct folder *folder);

/* The path of a name in it, of 31 bytes at most. */
void folder_join(const struct folder *folder, const char *name, char ret_path[FOLDER_PATH_SIZE]);

unsigned folder_file_count(const struct folder *folder);

/* Of the name itself, not of what it links to. */
struct stat folder_stat(const struct folder *folder, const char *name);

struct sockaddr_un folder_address(const struct folder *folder, const char *name);

/* Binds a socket of SOCK_STREAM or another type, and does not listen. */
int folder_bind(const struct folder *folder, const char *name, int type);

/* A socket that nobody answers on any more. */
void folder_leave_stale(const struct folder *folder, const char *name);

/* The errno of connecting to a stream socket there, 0 = somebody answers. */
int folder_connect(const struct folder *folder, const char *name);
