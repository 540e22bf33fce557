/* SPDX-License-Identifier: MIT */
/* Descriptors of the simulated kernel: sockets from socket(2) to close(2), and eventfds. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "shell/sys.h"
#include "support/sim_state.h"

enum { FREE_PORT = 40000, UNSENT_MAX = 1 << 30 };

int sys_socket_tcp(int family)
{
        int fd = sim_enter(SIM_SOCKET_TCP);

        if (fd == 0)
                fd = sim_descriptor_open(SIM_SOCKET);
        if (fd >= 0)
                sim.descriptors[fd].options.unsent_max = UNSENT_MAX;
        sim_note("sys_socket_tcp", family, 0, fd);
        return fd;
}

static int set_socket_option(struct sim_options *options, int name, int value)
{
        switch (name) {
        case SO_OOBINLINE:
                options->urgent_in_line = value != 0;
                return 0;
        case SO_REUSEPORT:
                options->reuse_port = value != 0;
                return 0;
        case SO_REUSEADDR:
                options->reuse_address = value != 0;
                return 0;
        case SO_KEEPALIVE:
                return 0;
        default:
                return -ENOPROTOOPT;
        }
}

static int set_tcp_option(struct sim_options *options, int name, int value)
{
        switch (name) {
        case TCP_NODELAY:
                options->no_delay = value != 0;
                return 0;
        case TCP_NOTSENT_LOWAT:
                options->unsent_max = value > 0 ? (uint32_t)value : UNSENT_MAX;
                return 0;
        case TCP_USER_TIMEOUT:
                if (value < 0)
                        return -EINVAL;
                options->user_timeout_ns = (uint64_t)value * 1000000;
                return 0;
        default:
                return -ENOPROTOOPT;
        }
}

int sys_setsockopt_int(int fd, int level, int name, int value)
{
        struct sim_options *options = &sim_descriptor(fd, SIM_SOCKET)->options;
        int error = sim_enter(SIM_SETSOCKOPT_INT);

        if (error == 0)
                error = level == SOL_SOCKET    ? set_socket_option(options, name, value)
                        : level == IPPROTO_TCP ? set_tcp_option(options, name, value)
                                               : -ENOPROTOOPT;
        sim_note("sys_setsockopt_int", fd, name, error);
        return error;
}

/* Two sockets share a port if both say so, or if both would reuse it and neither listens. */
static bool is_conflict(const struct sim_descriptor *one, const struct sim_descriptor *other)
{
        if (one->options.reuse_port && other->options.reuse_port)
                return false;
        return !one->options.reuse_address || !other->options.reuse_address || other->is_listening;
}

/* Binding asks, and listening asks again. */
static int check_port(const struct sim_descriptor *socket, uint16_t port)
{
        for (int fd = 0; fd < SIM_DESCRIPTORS_MAX; fd++) {
                const struct sim_descriptor *other = &sim.descriptors[fd];
                if (other != socket && other->kind == SIM_SOCKET && port != 0 &&
                    other->port == port && is_conflict(socket, other))
                        return -EADDRINUSE;
        }
        return 0;
}

int sys_bind(int fd, const struct sockaddr *address, uint32_t size)
{
        struct sim_descriptor *socket = sim_descriptor(fd, SIM_SOCKET);
        struct sockaddr_in given = { 0 };
        int error = sim_enter(SIM_BIND);

        if (size != sizeof(given) || address->sa_family != AF_INET)
                sim_fail("only IPv4 addresses are known");
        memcpy(&given, address, sizeof(given));
        uint16_t port = ntohs(given.sin_port);
        for (uint16_t next = FREE_PORT; port == 0; next++)
                if (check_port(socket, next) == 0)
                        port = next;
        if (error == 0 && socket->port != 0)
                error = -EINVAL;
        if (error == 0)
                error = check_port(socket, port);
        if (error == 0)
                socket->port = port;
        sim_note("sys_bind", fd, port, error);
        return error;
}

int sys_getsockname(int fd, struct sockaddr *ret_address, uint32_t *size)
{
        const struct sim_descriptor *socket = sim_descriptor(fd, SIM_SOCKET);
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(socket->port) };
        int error = sim_enter(SIM_GETSOCKNAME);

        sim_note("sys_getsockname", fd, 0, error);
        if (error < 0)
                return error;
        memcpy(ret_address, &address, *size < sizeof(address) ? *size : sizeof(address));
        *size = sizeof(address);
        return 0;
}

int sys_listen(int fd, int backlog)
{
        struct sim_descriptor *socket = sim_descriptor(fd, SIM_SOCKET);
        int error = sim_enter(SIM_LISTEN);

        if (error == 0 && !socket->is_listening)
                error = check_port(socket, socket->port);
        sim_note("sys_listen", fd, backlog, error);
        if (backlog == 0 && sim.drain_ns == UINT64_MAX) {
                sim.drain_ns = sim.now_ns;
                for (unsigned i = 0; i < SIM_LINKS_MAX; i++) {
                        sim.links[i].drain_due = sim.links[i].sent;
                        sim.links[i].is_excused = false;
                }
        }
        if (error < 0)
                return error;
        socket->is_listening = true;
        socket->backlog = (uint32_t)backlog;
        return 0;
}

/* Takes the connection that waits longest out of the backlog. */
static uint32_t take_waiting(struct sim_descriptor *listener)
{
        uint32_t index = listener->waiting[listener->waiting_first];

        listener->waiting_first = (listener->waiting_first + 1) % SIM_LINKS_MAX;
        listener->waiting_count--;
        sim.waiting--;
        return index;
}

static void lose_waiting(struct sim_descriptor *listener)
{
        struct sim_link *link = &sim.links[take_waiting(listener)];

        sim_link_reset_client(link);
        sim_link_end(link);
        sim.progress++;
}

static int accept_waiting(struct sim_descriptor *listener)
{
        int fd = sim_descriptor_open(SIM_STREAM);

        if (fd < 0)
                return fd;
        uint32_t index = take_waiting(listener);
        struct sim_link *link = &sim.links[index];
        sim.descriptors[fd].link = index;
        link->fd = fd;
        link->listen_fd = -1;
        link->moved_ns = sim.now_ns;
        link->touched_step = sim.steps;
        sim.progress++;
        return fd;
}

/* Errors of a connection that was lost while it waited (accept(2)). */
static const int gone[] = { ECONNABORTED, EPROTO,      EPERM,    ENETDOWN,
                            ENOPROTOOPT,  EHOSTDOWN,   ENONET,   EHOSTUNREACH,
                            EOPNOTSUPP,   ENETUNREACH, ETIMEDOUT };
enum { GONE_COUNT = sizeof(gone) / sizeof(gone[0]) };

static bool is_gone(int error)
{
        for (unsigned i = 0; i < GONE_COUNT; i++)
                if (error == -gone[i])
                        return true;
        return false;
}

static int fail_accept(void)
{
        static const int full[] = { EMFILE, ENFILE, ENOBUFS, ENOMEM };

        if (sim.sticky_left > 0) {
                sim.sticky_left--;
                return -sim.sticky_error;
        }
        switch ((int)SIM_DRAW(SIM_INTERRUPTED, SIM_AGAIN, SIM_ACCEPT_GONE,
                              SIM_ACCEPT_NO_DESCRIPTORS, SIM_ACCEPT_NO_MEMORY, SIM_ACCEPT_STICKY)) {
        case SIM_INTERRUPTED:
                return -EINTR;
        case SIM_AGAIN:
                return -EAGAIN;
        case SIM_ACCEPT_GONE:
                return -gone[choice_below(sim.choice, GONE_COUNT)];
        case SIM_ACCEPT_NO_DESCRIPTORS:
                return -full[choice_below(sim.choice, 2)];
        case SIM_ACCEPT_NO_MEMORY:
                return -full[2 + choice_below(sim.choice, 2)];
        case SIM_ACCEPT_STICKY:
                sim.sticky_error = full[choice_below(sim.choice, 4)];
                sim.sticky_left = choice_size(sim.choice, 64);
                return -sim.sticky_error;
        default:
                return 0;
        }
}

int sys_accept(int listen_fd)
{
        struct sim_descriptor *listener = sim_descriptor(listen_fd, SIM_SOCKET);
        int fd = sim_enter(SIM_ACCEPT);

        if (!listener->is_listening)
                sim_fail("descriptor %d does not listen", listen_fd);
        if (fd == 0 && listener->waiting_count > 0)
                fd = fail_accept();
        if (is_gone(fd) && listener->waiting_count > 0)
                lose_waiting(listener);
        else if (is_gone(fd) || (fd == 0 && listener->waiting_count == 0))
                fd = -EAGAIN;
        else if (fd == 0)
                fd = accept_waiting(listener);
        listener->last_accept = fd;
        if (fd >= 0) {
                sim.figures.accepts[0]++;
        } else if (fd != -EAGAIN && fd != -EINTR) {
                sim.figures.accepts[1]++;
                sim.has_closed_since_pause = false;
        }
        sim_note("sys_accept", listen_fd, 0, fd);
        return fd;
}

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
        if (sim.watcher != NULL && sim.watcher->server_closes != NULL)
                sim.watcher->server_closes(link);
        if (!link->is_dead && (link->is_reset_on_close || link->sent > link->read))
                sim_link_reset_client(link);
        if (link->is_watched)
                sim.has_closed_since_pause = true;
        sim_poll_forget(link->fd);
        sim_link_end(link);
}

static void close_listener(int fd, struct sim_descriptor *listener)
{
        if (sim.watcher != NULL && sim.watcher->listener_closes != NULL)
                sim.watcher->listener_closes(fd, listener->waiting_count, listener->last_accept);
        while (listener->waiting_count > 0)
                lose_waiting(listener);
}

int sys_close(int fd)
{
        struct sim_descriptor *descriptor = sim_descriptor(fd, SIM_FREE);
        int error = sim_enter(SIM_CLOSE);

        if (descriptor->kind == SIM_STREAM)
                close_stream(&sim.links[descriptor->link]);
        if (descriptor->kind == SIM_SOCKET)
                close_listener(fd, descriptor);
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
