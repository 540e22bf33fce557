/* SPDX-License-Identifier: MIT */
/*
 * A Unix stream socket that listens: how its path is taken, and given back at the end.
 *
 * Whoever takes or gives back a path holds flock(2) on the folder it is in, from looking at what is
 * there until the new socket listens. So two starts at once cannot take the path from each other:
 * the later one finds somebody who answers. The folder itself is locked: no lock file is left.
 */
#pragma once

#include <sys/types.h>

#include "words/address.h"

struct unix_socket {
        int fd;        /* listens; the caller's to close, before or after unix_socket_remove() */
        int folder_fd; /* where the path is; -1 for an abstract name, which needs no removal */
        int inode_fd;  /* keeps the number of the inode that was bound from being given again */
        char name[ADDRESS_PATH_MAX + 1]; /* within the folder */
};

/* So long a lock of others is waited for: they hold it for a moment, unless they are no echod. */
enum { UNIX_SOCKET_OPEN_MS = 2000, UNIX_SOCKET_REMOVE_MS = 200 };

/*
 * Opens a nonblocking socket that listens on an address of ADDRESS_UNIX. Its path gets mode 0666 &
 * ~umask; a socket that nobody answers on is replaced. On failure nothing is left behind, nothing
 * written to *ret_socket, and the result is
 *   -EADDRINUSE  somebody answers, or could: a full backlog, a socket of another type
 *   -EEXIST      the path exists and is not a socket (a link to one is none); -EISDIR: a folder
 *   -EBUSY       others hold the lock of the folder
 *   -EACCES      the folder may not be read or written, or the socket found there not be tried
 *   -EPERM       a socket that nobody answers on may not be removed
 *   -ENOENT, -ENOTDIR, -ELOOP, -EROFS  as bind(2) has it, of the folder
 * or another -errno of the system.
 *
 * No option of it reaches an accepted socket, not even SO_OOBINLINE: Linux makes that one anew.
 */
__attribute__((warn_unused_result)) int unix_socket_open(const struct address *address,
                                                         struct unix_socket *ret_socket);

/*
 * Gives the path to a user who may then remove it in a folder where each removes his own, such as
 * /tmp. 0, also of an abstract name; or -errno.
 */
int unix_socket_give(const struct unix_socket *socket, uid_t uid, gid_t gid);

/*
 * Removes the path if it still is what was bound; a successor's socket, or none, is left as it is.
 * 0, or -errno when the path could not be removed. Either way the socket has no path after this,
 * and `fd` is untouched. Needs neither the working directory nor the right to open a file.
 */
__attribute__((warn_unused_result)) int unix_socket_remove(struct unix_socket *socket);
