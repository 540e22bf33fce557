/* SPDX-License-Identifier: MIT */
/*
 * Landlock(7): what this process can never do again, whatever calls it still has. No file can be
 * opened, made or run; no TCP socket bound or connected; no signal and no abstract Unix socket
 * reaches a process outside.
 */
#pragma once

/* The versions that first know of TCP, and of signals and abstract sockets. */
enum { LANDLOCK_VERSION_TCP = 4, LANDLOCK_VERSION_SCOPES = 6 };

/* The version of the kernel's Landlock, 1 or more; else -errno, and there is none. */
int landlock_version(void);

/*
 * Binds the calling thread, and all that it starts, to the rules of a version. What stays allowed
 * is to remove files from these folders, and what is in them. Without new privileges (prctl(2))
 * only. 0 or -errno.
 */
__attribute__((warn_unused_result)) int landlock_enter(int version, const int *folder_fds,
                                                       unsigned count);
