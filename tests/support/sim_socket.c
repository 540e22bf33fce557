/* SPDX-License-Identifier: MIT */
/* Sockets of the simulated kernel, until they listen or receive. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>

#include "shell/sys.h"
#include "support/sim_state.h"

enum { FREE_PORT = 40000, UNSENT_MAX = 1 << 30 };

struct sim_socket *sim_socket(int fd)
{
        return &sim.sockets[sim_descriptor(fd, SIM_SOCKET)->socket];
}

int sim_socket_open(uint16_t family)
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
                fd = sim_socket_open((uint16_t)family);
        sim_note("sys_socket_tcp", family, 0, fd);
        return fd;
}

int sim_listen_unix(uint16_t *ret_port)
{
        static const uint16_t first_port = 60000;
        int fd = sim_socket_open(AF_UNIX);

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
        case SO_RXQ_OVFL:
                options->tells_overflows = value != 0;
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

static int set_udp_option(struct sim_options *options, int name, int value)
{
        if (name != UDP_GRO)
                return -ENOPROTOOPT;
        options->coalesces = value != 0;
        return 0;
}

static int set_ip4_option(struct sim_options *options, int name, int value)
{
        if (name != IP_PKTINFO)
                return -ENOPROTOOPT;
        options->tells_ip4_path = value != 0;
        return 0;
}

static int set_ip6_option(struct sim_options *options, int name, int value)
{
        switch (name) {
        case IPV6_V6ONLY:
                options->is_ip6_only = value != 0;
                return 0;
        case IPV6_RECVPKTINFO:
                options->tells_ip6_path = value != 0;
                return 0;
        default:
                return -ENOPROTOOPT;
        }
}

static int set_option(struct sim_options *options, int level, int name, int value)
{
        switch (level) {
        case SOL_SOCKET:
                return set_socket_option(options, name, value);
        case IPPROTO_TCP:
                return set_tcp_option(options, name, value);
        case IPPROTO_UDP:
                return set_udp_option(options, name, value);
        case IPPROTO_IP:
                return set_ip4_option(options, name, value);
        case IPPROTO_IPV6:
                return set_ip6_option(options, name, value);
        default:
                return -ENOPROTOOPT;
        }
}

/*
 * Of a socket that may have received already, as a UDP one does since it was bound: what came
 * before is told without the option.
 */
static int set_option_of_socket(struct sim_socket *socket, int level, int name, int value)
{
        if (socket->is_datagram ? level == IPPROTO_TCP : level == IPPROTO_UDP)
                return -ENOPROTOOPT;
        if (level == IPPROTO_IPV6 && socket->family != AF_INET6)
                return -ENOPROTOOPT;
        if (socket->is_datagram && socket->port != 0 && name != SO_REUSEPORT)
                sim_fail("option %d of level %d comes too late", name, level);
        return set_option(&socket->options, level, name, value);
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
                error = set_option_of_socket(sim_socket(fd), level, name, value);
        sim_note("sys_setsockopt_int", fd, name, error);
        return error;
}

/* A port is that of IPv4 and of IPv6, unless the one that has IPv6 says otherwise. */
static bool is_apart(const struct sim_socket *one, const struct sim_socket *other)
{
        const struct sim_socket *ip6 = one->family == AF_INET6 ? one : other;

        return one->family != other->family && ip6->options.is_ip6_only;
}

bool sim_is_wildcard(const struct sim_socket *socket)
{
        return socket->address.high == 0 && (uint32_t)socket->address.low == 0;
}

/* inet_rcv_saddr_equal(), of UDP sockets: each wildcard has the other's address, if it can. */
static bool is_elsewhere(const struct sim_socket *one, const struct sim_socket *other)
{
        if (!one->is_datagram)
                return false;
        if (sim_is_wildcard(one) && sim_is_wildcard(other))
                return false;
        if (sim_is_wildcard(one))
                return one->family == AF_INET && !ip_is_v4(other->address);
        if (sim_is_wildcard(other))
                return other->family == AF_INET && !ip_is_v4(one->address);
        return !ip_is_equal(one->address, other->address);
}

/* Two sockets share a port if both say so, or if both would reuse it and neither listens. */
static bool is_conflict(const struct sim_socket *one, const struct sim_socket *other)
{
        if (one->is_datagram != other->is_datagram || is_elsewhere(one, other))
                return false;
        if (is_apart(one, other) || (one->options.reuse_port && other->options.reuse_port))
                return false;
        return !one->options.reuse_address || !other->options.reuse_address || other->is_listening;
}

/* Binding asks, and listening asks again. */
int sim_socket_check_port(const struct sim_socket *socket, uint16_t port)
{
        for (uint32_t i = 0; i < SIM_SOCKETS_MAX; i++) {
                const struct sim_socket *other = &sim.sockets[i];
                if (other != socket && other->references > 0 && port != 0 && other->port == port &&
                    is_conflict(socket, other))
                        return -EADDRINUSE;
        }
        return 0;
}

static uint32_t name_size(const struct sim_socket *socket)
{
        return socket->family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                          : sizeof(struct sockaddr_in);
}

/* Port 0 = a free one. */
static int bind_to(struct sim_socket *socket, struct ip ip, uint16_t port)
{
        socket->address = ip;
        for (uint16_t next = FREE_PORT; port == 0; next++)
                if (sim_socket_check_port(socket, next) == 0)
                        port = next;
        int error = sim_socket_check_port(socket, port);
        if (error == 0)
                socket->port = port;
        return error;
}

int sys_bind(int fd, const struct sockaddr *address, uint32_t size)
{
        struct sim_socket *socket = sim_socket(fd);
        struct ip ip;
        uint16_t port = 0;
        int error = sim_enter(SIM_BIND);

        if (size < name_size(socket) || address->sa_family != socket->family ||
            !ip_from_socket(address, &ip, &port))
                sim_fail("an address of another family");
        if (error == 0 && socket->port != 0)
                error = -EINVAL;
        if (error == 0)
                error = bind_to(socket, ip, port);
        if (error == 0) {
                memcpy(&socket->name, address, name_size(socket));
                /* An IPv6 address has its port in the same place. */
                socket->name.sin6_port = htons(socket->port);
        }
        sim_note("sys_bind", fd, socket->port, error);
        return error;
}

int sys_getsockname(int fd, struct sockaddr *ret_address, uint32_t *size)
{
        struct sim_socket *socket = sim_socket(fd);
        uint32_t whole = name_size(socket);
        int error = sim_enter(SIM_GETSOCKNAME);

        socket->name.sin6_family = socket->family;
        sim_note("sys_getsockname", fd, 0, error);
        if (error < 0)
                return error;
        memcpy(ret_address, &socket->name, *size < whole ? *size : whole);
        *size = whole;
        return 0;
}
