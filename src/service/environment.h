/* SPDX-License-Identifier: MIT */
/*
 * What a service manager tells by the environment: sockets (sd_listen_fds(3)), whom to notify
 * (sd_notify(3)), and how often (sd_watchdog_enabled(3)). Pure: nothing here asks the process or
 * opens anything.
 *
 * An empty variable is as good as none. What is meant for another process, or does not say for
 * which, is ignored; what is meant for this one and makes no sense is wrong.
 */
#pragma once

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "words/complaint.h"

/* The first of the descriptors, and how many there may be; systemd has names of so many bytes. */
enum { ENVIRONMENT_FIRST_FD = 3, ENVIRONMENT_SOCKETS_MAX = 64, ENVIRONMENT_NAME_MAX = 255 };

/* The variables as they are; NULL = not set. */
struct environment_texts {
        const char *listen_pid;
        const char *listen_fds;
        const char *listen_fdnames;
        const char *notify_socket;
        const char *watchdog_pid;
        const char *watchdog_usec;
};

struct environment_name {
        const char *text; /* in the memory of LISTEN_FDNAMES; not terminated */
        size_t size;      /* bytes; 0 = it has no name */
};

struct environment {
        struct environment_name names[ENVIRONMENT_SOCKETS_MAX];
        uint32_t socket_count; /* descriptors, from ENVIRONMENT_FIRST_FD on */
        struct sockaddr_un notify;
        socklen_t notify_size; /* 0 = there is nobody to notify */
        uint64_t watchdog_ns;  /* so long the manager waits for a sign of life; 0 = for ever */
};

/* For a process of that number. True on success, and only then *ret is written; else complains. */
bool environment_read(const struct environment_texts *texts, uint64_t pid, struct environment *ret,
                      struct complaint *complaint);
