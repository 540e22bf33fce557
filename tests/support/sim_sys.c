/* SPDX-License-Identifier: MIT */
/* The ends of descriptors of the simulated kernel, and eventfds. */
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
        if (!link->is_dead && (is_reset || link->sent > link->read))
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
