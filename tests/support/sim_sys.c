/* SPDX-License-Identifier: MIT */
/* The ends of descriptors of the simulated kernel, eventfds and timers. */
#include <errno.h>

#include "shell/sys.h"
#include "support/sim_state.h"

int sys_reset_on_close(int fd)
{
        struct sim_link *link = &sim.links[sim_descriptor(fd, SIM_STREAM)->link];
        int error = sim_enter(SIM_RESET_ON_CLOSE);

        if (error == 0)
                link->is_reset_on_close = true;
        sim_note("sys_reset_on_close", fd, 0, error);
        return error;
}

/*
 * tcp_close(): a reset if asked for, or if bytes were left unread; else FIN after what is queued.
 * Nothing of it if the connection is over.
 */
static void close_stream(struct sim_link *link)
{
        bool is_reset = link->is_reset_on_close && !link->is_unix;

        if (sim.watcher != NULL && sim.watcher->server_closes != NULL)
                sim.watcher->server_closes(link);
        if (!link->is_dead && (is_reset || sim_link_unread(link) > 0))
                sim_link_reset_client(link);
        if (link->is_watched)
                sim.polls[link->worker].has_closed_since_pause = true;
        sim_poll_forget(link->fd);
        sim_link_end(link);
}

int sys_close(int fd)
{
        struct sim_descriptor *descriptor = sim_descriptor(fd, SIM_FREE);
        int error = sim_enter(SIM_CLOSE);

        if (descriptor->kind == SIM_STREAM)
                close_stream(&sim.links[descriptor->link]);
        if (descriptor->kind == SIM_SOCKET)
                sim_socket_release(fd);
        if (descriptor->kind == SIM_POLL)
                sim_poll_close(descriptor);
        sim_poll_forget(fd);
        descriptor->kind = SIM_FREE;
        sim.progress++;
        /* close(2): the descriptor is gone, whatever is returned. */
        if (error == 0 && SIM_DRAW(SIM_INTERRUPTED) != SIM_NO_FAULT)
                error = -EINTR;
        sim_note("sys_close", fd, 0, error);
        return error;
}

int sys_wake_open(void)
{
        int fd = sim_enter(SIM_WAKE_OPEN);

        if (fd == 0)
                fd = sim_descriptor_open(SIM_EVENTFD);
        sim_note("sys_wake_open", 0, 0, fd);
        return fd;
}

int sys_wake(int wake_fd)
{
        struct sim_descriptor *descriptor = sim_descriptor(wake_fd, SIM_EVENTFD);
        int error = sim_enter(SIM_WAKE);

        if (error == 0) {
                descriptor->is_woken = true;
                sim_poll_wake(wake_fd, EPOLLIN);
        }
        sim_note("sys_wake", wake_fd, 0, error);
        return error;
}

bool sim_wake_take(int wake_fd)
{
        struct sim_descriptor *descriptor = sim_descriptor(wake_fd, SIM_EVENTFD);
        bool was_woken = descriptor->is_woken;

        descriptor->is_woken = false;
        return was_woken;
}

int sys_timer_open(void)
{
        int fd = sim_enter(SIM_TIMER_OPEN);

        if (fd == 0)
                fd = sim_descriptor_open(SIM_TIMER);
        if (fd >= 0)
                sim.descriptors[fd].timer.deadline_ns = UINT64_MAX;
        sim_note("sys_timer_open", 0, 0, fd);
        return fd;
}

/* timerfd_tmrproc(): each time is a wake-up, whether anybody has read the last one or not. */
static void fire_if_due(int fd)
{
        struct sim_descriptor *descriptor = &sim.descriptors[fd];

        if (descriptor->kind != SIM_TIMER || sim.now_ns < descriptor->timer.deadline_ns)
                return;
        descriptor->timer.deadline_ns = UINT64_MAX;
        descriptor->timer.has_fired = true;
        sim_poll_wake(fd, EPOLLIN);
}

void sim_timers_fire(void)
{
        for (int fd = 0; fd < SIM_DESCRIPTORS_MAX; fd++)
                fire_if_due(fd);
}

uint64_t sim_timers_next(uint32_t poll)
{
        uint64_t next_ns = UINT64_MAX;

        for (int fd = 0; fd < SIM_DESCRIPTORS_MAX; fd++) {
                const struct sim_descriptor *descriptor = &sim.descriptors[fd];
                const struct sim_watch *watch = &descriptor->watches[poll];
                if (descriptor->kind == SIM_TIMER && watch->is_used &&
                    (watch->events & EPOLLIN) != 0 && descriptor->timer.deadline_ns < next_ns)
                        next_ns = descriptor->timer.deadline_ns;
        }
        return next_ns;
}

int sys_timer_set(int timer_fd, uint64_t deadline_ns)
{
        struct sim_descriptor *descriptor = sim_descriptor(timer_fd, SIM_TIMER);
        int error = sim_enter(SIM_TIMER_SET);

        /* timerfd_settime(2) would disarm it. */
        if (deadline_ns == 0)
                sim_fail("a timer at 0 ns never fires");
        sim.figures.timer_sets++;
        if (error == 0) {
                descriptor->timer.deadline_ns = deadline_ns;
                descriptor->timer.has_fired = false;
                fire_if_due(timer_fd);
        }
        sim_note("sys_timer_set", timer_fd, (int64_t)deadline_ns, error);
        return error;
}
