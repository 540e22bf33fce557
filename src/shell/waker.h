/* SPDX-License-Identifier: MIT */
/*
 * What wakes a worker when no socket does: another thread, or its next deadline. The timer stands
 * for the timeout of epoll_wait(2), which would cost the kernel a timer of its own for each wait,
 * more than all that is done in user space for a message.
 *
 * Both descriptors are watched edge-triggered: each wake is an edge, and each time the timer fires,
 * so neither is ever read.
 */
#pragma once

#include <stdint.h>

struct waker {
        int wake_fd;
        int timer_fd;
        uint64_t timer_ns; /* when the timer fires; UINT64_MAX = never */
};

/* What their events bring: no connection's token, and no listener's. */
#define WAKER_TOKEN UINT64_C(0xffffffff)
#define WAKER_TIMER_TOKEN UINT64_C(0xfffffffe)

/* Watched by that epoll from now on; 0 or -errno, and nothing is left open on failure. */
__attribute__((warn_unused_result)) int waker_open(struct waker *waker, int poll_fd);

/* From any thread. */
void waker_wake(const struct waker *waker);

/*
 * The timer will fire at deadline_ns or before; who is woken too early sets it again. So it is
 * seldom set: not for a deadline that is later than another, nor when one is gone. 0 or -errno.
 */
__attribute__((warn_unused_result)) int waker_set(struct waker *waker, uint64_t deadline_ns,
                                                  uint64_t now_ns);

void waker_close(struct waker *waker);
