/* SPDX-License-Identifier: MIT */
#include "shell/waker.h"

#include <stdbool.h>

#include "shell/sys.h"

/* A descriptor that could not be opened hands on why. */
static int watch(int poll_fd, int fd, uint64_t token)
{
        if (fd < 0)
                return fd;
        return sys_poll_set(poll_fd, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET, token);
}

int waker_open(struct waker *waker, int poll_fd)
{
        waker->wake_fd = sys_wake_open();
        waker->timer_fd = sys_timer_open();
        waker->timer_ns = UINT64_MAX;
        int error = watch(poll_fd, waker->wake_fd, WAKER_TOKEN);
        if (error == 0)
                error = watch(poll_fd, waker->timer_fd, WAKER_TIMER_TOKEN);
        if (error < 0)
                waker_close(waker);
        return error;
}

void waker_wake(const struct waker *waker)
{
        (void)sys_wake(waker->wake_fd);
}

int waker_set(struct waker *waker, uint64_t deadline_ns, uint64_t now_ns)
{
        bool has_fired = waker->timer_ns <= now_ns;

        if (has_fired)
                waker->timer_ns = UINT64_MAX;
        if (waker->timer_ns <= deadline_ns)
                return 0;
        int error = sys_timer_set(waker->timer_fd, deadline_ns);
        if (error == 0)
                waker->timer_ns = deadline_ns;
        return error;
}

void waker_close(struct waker *waker)
{
        if (waker->wake_fd >= 0)
                (void)sys_close(waker->wake_fd);
        if (waker->timer_fd >= 0)
                (void)sys_close(waker->timer_fd);
}
