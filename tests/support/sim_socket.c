/* SPDX-License-Identifier: MIT */
/* Sockets of the simulated kernel from socket(2) to the connections that accept(2) takes. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "shell/sys.h"
#include "support/sim_state.h"

enum { FREE_PORT = 40000, UNSENT_MAX = 1 << 30 };

struct sim_socket *sim_socket(int fd)
{
        return &sim.sockets[sim_descriptor(fd, SIM_SOCKET)->socket];
}

static int open_socket(uint16_t family)
{
        uint32_t index = 0;

        while (index < SIM_SOCKETS_MAX && sim.sockets[index].references > 0)
                index++;
        if (index == SIM_SOCKETS_MAX)
                sim_fail("more than %d sockets", SIM_SOCKETS_MAX);
        int fd = sim_descriptor_open(SIM_SOCKET);
        if (fd < 0)
                return fd;
        sim.descriptors[fd].socket = index;
        sim.sockets[index] = (struct sim_socket){ .references = 1, .family = family };
        sim.sockets[index].options.unsent_max = UNSENT_MAX;
        return fd;
}

int sys_socket_tcp(int family)
{
        int fd = sim_enter(SIM_SOCKET_TCP);

        if (fd == 0)
                fd = open_socket((uint16_t)family);
        sim_note("sys_socket_tcp", family, 0, fd);
        return fd;
}

int sim_listen_unix(uint16_t *ret_port)
{
        static const uint16_t first_port = 60000;
        int fd = open_socket(AF_UNIX);

        if (fd < 0)
                sim_fail("no descriptor for a Unix socket");
        struct sim_socket *socket = sim_socket(fd);
        socket->is_unix = true;
        socket->port = (uint16_t)(first_port + sim.descriptors[fd].socket);
        socket->is_listening = true;
        socket->backlog = SIM_LINKS_MAX;
        *ret_port = socket->port;
        return fd;
}

int sim_duplicate(int fd)
{
        int copy = sim_descriptor_open(SIM_SOCKET);

        if (copy < 0)
                sim_fail("no descriptor for a copy");
        sim.descriptors[copy].socket = sim.descriptors[fd].socket;
        sim_socket(fd)->references++;
        return copy;
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

static int set_ip6_option(struct sim_options *options, int name, int value)
{
        if (name != IPV6_V6ONLY)
                return -ENOPROTOOPT;
        options->is_ip6_only = value != 0;
        return 0;
}

static int set_option(struct sim_options *options, int level, int name, int value)
{
        switch (level) {
        case SOL_SOCKET:
                return set_socket_option(options, name, value);
        case IPPROTO_TCP:
                return set_tcp_option(options, name, value);
        case IPPROTO_IPV6:
                return set_ip6_option(options, name, value);
        default:
                return -ENOPROTOOPT;
        }
}

/* Of a connection that did not inherit what it needs: it is of no use without. */
static int set_option_of_link(struct sim_link *link, int error, int level, int name, int value)
{
        if (error == 0 && SIM_DRAW(SIM_WATCH_REFUSED) != SIM_NO_FAULT)
                error = -ENOMEM;
        if (error == 0)
                return set_option(&link->options, level, name, value);
        link->is_refused_watch = true;
        sim.polls[sim.current].has_closed_since_pause = false;
        return error;
}

int sys_setsockopt_int(int fd, int level, int name, int value)
{
        const struct sim_descriptor *descriptor = sim_descriptor(fd, SIM_FREE);
        int error = sim_enter(SIM_SETSOCKOPT_INT);

        if (descriptor->kind == SIM_STREAM)
                error = set_option_of_link(&sim.links[descriptor->link], error, level, name, value);
        else if (error == 0)
                error = set_option(&sim_socket(fd)->options, level, name, value);
        sim_note("sys_setsockopt_int", fd, name, error);
        return error;
}

/* A port is that of IPv4 and of IPv6, unless the one that has IPv6 says otherwise. */
static bool is_apart(const struct sim_socket *one, const struct sim_socket *other)
{
        const struct sim_socket *ip6 = one->family == AF_INET6 ? one : other;

        return one->family != other->family && ip6->options.is_ip6_only;
}

/* Two sockets share a port if both say so, or if both would reuse it and neither listens. */
static bool is_conflict(const struct sim_socket *one, const struct sim_socket *other)
{
        if (is_apart(one, other) || (one->options.reuse_port && other->options.reuse_port))
                return false;
        return !one->options.reuse_address || !other->options.reuse_address || other->is_listening;
}

/* Binding asks, and listening asks again. */
static int check_port(const struct sim_socket *socket, uint16_t port)
{
        for (uint32_t i = 0; i < SIM_SOCKETS_MAX; i++) {
                const struct sim_socket *other = &sim.sockets[i];
                if (other != socket && other->references > 0 && port != 0 && other->port == port &&
                    is_conflict(socket, other))
                        return -EADDRINUSE;
        }
        return 0;
}

int sys_bind(int fd, const struct sockaddr *address, uint32_t size)
{
        struct sim_socket *socket = sim_socket(fd);
        struct sockaddr_in given = { 0 };
        int error = sim_enter(SIM_BIND);

        if (size < sizeof(given) || address->sa_family != socket->family)
                sim_fail("an address of another family");
        /* An IPv6 address has its port in the same place. */
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
        const struct sim_socket *socket = sim_socket(fd);
        struct sockaddr_in6 address = { .sin6_family = socket->family,
                                        .sin6_port = htons(socket->port) };
        uint32_t whole = socket->family == AF_INET6 ? sizeof(address) : sizeof(struct sockaddr_in);
        int error = sim_enter(SIM_GETSOCKNAME);

        sim_note("sys_getsockname", fd, 0, error);
        if (error < 0)
                return error;
        memcpy(ret_address, &address, *size < whole ? *size : whole);
        *size = whole;
        return 0;
}

/* What is there now must be echoed by that worker, whether it has the connection or will. */
static void begin_drain(struct sim_poll *poll)
{
        if (poll->drain_ns != UINT64_MAX)
                return;
        poll->drain_ns = sim.now_ns;
        for (unsigned i = 0; i < SIM_LINKS_MAX; i++) {
                struct sim_link *link = &sim.links[i];
                if (link->is_watched && &sim.polls[link->worker] != poll)
                        continue;
                link->drain_due = link->sent;
                link->is_excused = false;
        }
}

int sys_listen(int fd, int backlog)
{
        struct sim_socket *socket = sim_socket(fd);
        int error = sim_enter(SIM_LISTEN);

        if (error == 0 && !socket->is_listening)
                error = check_port(socket, socket->port);
        sim_note("sys_listen", fd, backlog, error);
        if (backlog == 0)
                begin_drain(&sim.polls[sim.descriptors[fd].watched_by]);
        if (error < 0)
                return error;
        socket->is_listening = true;
        socket->backlog = (uint32_t)backlog;
        return 0;
}

/* Takes the connection that waits longest out of the backlog. */
static uint32_t take_waiting(struct sim_socket *listener)
{
        uint32_t index = listener->waiting[listener->waiting_first];

        listener->waiting_first = (listener->waiting_first + 1) % SIM_LINKS_MAX;
        listener->waiting_count--;
        sim.waiting--;
        return index;
}

static void lose_waiting(struct sim_socket *listener)
{
        struct sim_link *link = &sim.links[take_waiting(listener)];

        sim_link_reset_client(link);
        sim_link_end(link);
        sim.progress++;
}

static int accept_waiting(struct sim_socket *listener)
{
        int fd = sim_descriptor_open(SIM_STREAM);

        if (fd < 0)
                return fd;
        uint32_t index = take_waiting(listener);
        struct sim_link *link = &sim.links[index];
        sim.descriptors[fd].link = index;
        link->fd = fd;
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

static void tell_peer(const struct sim_socket *listener, struct sockaddr *ret_peer, uint32_t *size)
{
        if (ret_peer == NULL)
                return;
        if (*size < sizeof(struct sockaddr_in6))
                sim_fail("no room for the peer's address");
        ret_peer->sa_family = listener->family;
        *size = listener->family == AF_INET6  ? sizeof(struct sockaddr_in6)
                : listener->family == AF_INET ? sizeof(struct sockaddr_in)
                                              : sizeof(listener->family);
}

int sys_accept(int listen_fd, struct sockaddr *ret_peer, uint32_t *size)
{
        struct sim_socket *listener = sim_socket(listen_fd);
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
                sim.polls[sim.descriptors[listen_fd].watched_by].has_closed_since_pause = false;
        }
        if (fd >= 0)
                tell_peer(listener, ret_peer, size);
        sim_note("sys_accept", listen_fd, 0, fd);
        return fd;
}

void sim_socket_release(int fd)
{
        struct sim_socket *socket = sim_socket(fd);

        if (--socket->references > 0)
                return;
        if (sim.watcher != NULL && sim.watcher->listener_closes != NULL)
                sim.watcher->listener_closes(fd, socket->waiting_count, socket->last_accept);
        while (socket->waiting_count > 0)
                lose_waiting(socket);
}
