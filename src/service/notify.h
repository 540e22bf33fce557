/* SPDX-License-Identifier: MIT */
/*
 * Tells a service manager how it goes: one datagram a message, fire and forget (sd_notify(3)).
 * Whoever does not listen, or no longer, is not missed.
 */
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

struct notify {
        int fd; /* -1 = there is nobody to tell */
};

void notify_init(struct notify *notify);

/*
 * From now on messages go to that address, which is looked up once, now. 0; or -errno, and there
 * still is nobody to tell.
 */
__attribute__((warn_unused_result)) int
notify_open(struct notify *notify, const struct sockaddr_un *address, socklen_t size);

/*
 * Assignments with newlines between them. Waits so long for the manager to have room, or not at
 * all; else the message is lost.
 */
void notify_send(const struct notify *notify, const char *message, int patience_ms);

void notify_close(struct notify *notify);
