/* SPDX-License-Identifier: MIT */
/* Listening sockets of the simulated kernel, and the connections that accept(2) takes. */
#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "shell/sys.h"
#include "support/sim_state.h"

/* Of clients. */
enum { FIRST_PORT = 32768, PORTS = 28232 };

/* Not of a proxy that has not said all yet, or nothing right. */
static bool may_be_echoed(const struct sim_link *link)
{
        return !link->is_proxied ||
               (link->header_size > 0 && link->header_sent == link->header_size &&
                header_verdict(link->header.kind) == PROXY_COMPLETE);
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
                link->drain_due = may_be_echoed(link) ? link->sent : 0;
                link->is_excused = false;
        }
}

int sys_listen(int fd, int backlog)
{
        struct sim_socket *socket = sim_socket(fd);
        int error = sim_enter(SIM_LISTEN);

        if (error == 0 && socket->is_datagram)
                error = -EOPNOTSUPP;
        if (error == 0 && !socket->is_listening)
                error = sim_socket_check_port(socket, socket->port);
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
        if (sim.watcher != NULL && sim.watcher->accepted != NULL)
                sim.watcher->accepted(link);
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

uint32_t sim_write_peer(const struct sim_link *link, struct sockaddr *ret_peer)
{
        struct sockaddr_in ip4 = { .sin_family = AF_INET };
        struct sockaddr_in6 ip6 = { .sin6_family = AF_INET6 };
        uint64_t words[] = { htobe64(link->peer.high), htobe64(link->peer.low) };

        if (link->is_unix) {
                ret_peer->sa_family = AF_UNIX;
                return sizeof(ret_peer->sa_family);
        }
        ip4.sin_port = ip6.sin6_port = htons((uint16_t)(FIRST_PORT + link->ordinal % PORTS));
        if (link->family == AF_INET && !ip_is_v4(link->peer))
                sim_fail("an IPv6 client at an IPv4 listener");
        if (link->family == AF_INET) {
                ip4.sin_addr.s_addr = htonl((uint32_t)link->peer.low);
                memcpy(ret_peer, &ip4, sizeof(ip4));
                return sizeof(ip4);
        }
        memcpy(&ip6.sin6_addr, words, sizeof(words));
        memcpy(ret_peer, &ip6, sizeof(ip6));
        return sizeof(ip6);
}

static void tell_peer(int fd, struct sockaddr *ret_peer, uint32_t *size)
{
        if (ret_peer == NULL)
                return;
        if (*size < sizeof(struct sockaddr_in6))
                sim_fail("no room for the peer's address");
        *size = sim_write_peer(&sim.links[sim.descriptors[fd].link], ret_peer);
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
                tell_peer(fd, ret_peer, size);
        sim_note("sys_accept", listen_fd, 0, fd);
        return fd;
}

void sim_socket_release(int fd)
{
        struct sim_socket *socket = sim_socket(fd);

        /* epoll(7): its events go on, for a number that is another descriptor's by then. */
        if (socket->references > 1 && sim_is_watched(fd) && sim.figures.injected == 0)
                sim_fail("descriptor %d, which others have copies of, is closed while watched", fd);
        if (--socket->references > 0)
                return;
        if (socket->is_datagram) {
                sim_datagram_release(socket);
                return;
        }
        if (sim.watcher != NULL && sim.watcher->listener_closes != NULL)
                sim.watcher->listener_closes(fd, socket->waiting_count, socket->last_accept);
        while (socket->waiting_count > 0)
                lose_waiting(socket);
}
