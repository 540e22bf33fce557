/* SPDX-License-Identifier: MIT */
#include "service/notify.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void notify_init(struct notify *notify)
{
        notify->fd = -1;
}

int notify_open(struct notify *notify, const struct sockaddr_un *address, socklen_t size)
{
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return -errno;
        if (connect(fd, (const struct sockaddr *)address, size) < 0) {
                int error = -errno;
                close(fd);
                return error;
        }
        notify->fd = fd;
        return 0;
}

void notify_send(const struct notify *notify, const char *message, int patience_ms)
{
        struct pollfd room = { .fd = notify->fd, .events = POLLOUT };

        if (notify->fd < 0)
                return;
        if (patience_ms > 0)
                (void)poll(&room, 1, patience_ms);
        (void)send(notify->fd, message, strlen(message), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void notify_close(struct notify *notify)
{
        if (notify->fd >= 0)
                close(notify->fd);
        notify_init(notify);
}
