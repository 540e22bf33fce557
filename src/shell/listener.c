/* SPDX-License-Identifier: MIT */
#include "shell/listener.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "shell/inbox.h"
#include "shell/sys.h"

/*
 * TCP_USER_TIMEOUT, in ms, 0 = the kernel's default (tcp(7)). It also ends a peer that answers and
 * takes nothing; twice the stall timeout leaves that verdict to the worker, which names it.
 */
static int user_timeout_ms(uint64_t stall_ns)
{
        uint64_t ms = stall_ns / 1000000 + (stall_ns % 1000000 != 0);

        return ms > INT_MAX / 2 ? INT_MAX : 2 * (int)ms;
}

static int set_stream_options(int fd, uint64_t stall_ns)
{
        const struct {
                int level;
                int name;
                int value;
        } options[] = {
                /* A restart may bind while old connections still fade out (TIME_WAIT). */
                { SOL_SOCKET, SO_REUSEADDR, 1 },
                { SOL_SOCKET, SO_KEEPALIVE, 1 },
                /* Urgent data is echoed in line, where it stands in the stream. */
                { SOL_SOCKET, SO_OOBINLINE, 1 },
                /* An answer written in pieces must not wait for an acknowledgement. */
                { IPPROTO_TCP, TCP_NODELAY, 1 },
                { IPPROTO_TCP, TCP_NOTSENT_LOWAT, LISTENER_NOTSENT_SIZE },
                { IPPROTO_TCP, TCP_USER_TIMEOUT, user_timeout_ms(stall_ns) },
        };

        for (unsigned i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
                int error =
                    sys_setsockopt_int(fd, options[i].level, options[i].name, options[i].value);
                if (error < 0)
                        return error;
        }
        return 0;
}

/* An address that can change hands between sockets: port 0 becomes the number that was taken. */
struct place {
        const struct listener_setup *setup;
        struct sockaddr_storage address;
        uint32_t size;
};

static const struct sockaddr *as_address(const struct place *place)
{
        return (const struct sockaddr *)&place->address;
}

static struct place place_of(const struct listener_setup *setup)
{
        struct place place = { .setup = setup, .size = setup->address_size };

        memcpy(&place.address, setup->address, setup->address_size);
        return place;
}

static int open_socket(const struct place *place)
{
        return place->setup->is_datagram ? sys_socket_udp(place->address.ss_family)
                                         : sys_socket_tcp(place->address.ss_family);
}

/* SO_REUSEADDR of UDP would let another process bind the same port (socket(7)): it is not set. */
static int set_options(const struct place *place, int fd)
{
        if (place->setup->is_datagram)
                return inbox_prepare(fd, place->address.ss_family,
                                     listener_is_wildcard(as_address(place)));
        return set_stream_options(fd, place->setup->stall_ns);
}

/* Binds a socket of its own options to the place; the first one finds out its port. */
static int bind_to(struct place *place, int fd, bool is_first)
{
        int error = set_options(place, fd);

        if (error == 0 && place->address.ss_family == AF_INET6)
                error = sys_setsockopt_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, !place->setup->is_dual);
        if (error == 0 && !is_first)
                error = sys_setsockopt_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
        if (error == 0)
                error = sys_bind(fd, as_address(place), place->size);
        if (error == 0 && is_first)
                error = sys_getsockname(fd, (struct sockaddr *)&place->address, &place->size);
        return error;
}

static void close_all(const int *fds, unsigned count)
{
        for (unsigned i = 0; i < count; i++)
                (void)sys_close(fds[i]);
}

/* Opens and binds them one after the other; *ret_open counts those to close on failure. */
static int bind_all(struct place *place, int *fds, unsigned count, unsigned *ret_open)
{
        for (unsigned i = 0; i < count; i++) {
                fds[i] = open_socket(place);
                if (fds[i] < 0)
                        return fds[i];
                ++*ret_open;
                int error = bind_to(place, fds[i], i == 0);
                if (error == 0 && i == 0 && count > 1)
                        error = sys_setsockopt_int(fds[i], SOL_SOCKET, SO_REUSEPORT, 1);
                if (error < 0)
                        return error;
        }
        return 0;
}

int listener_open(const struct listener_setup *setup, int *ret_fds, unsigned count)
{
        struct place place = place_of(setup);
        unsigned open = 0;

        int error = bind_all(&place, ret_fds, count, &open);
        for (unsigned i = 0; i < count && error == 0 && !setup->is_datagram; i++)
                error = sys_listen(ret_fds[i], LISTENER_BACKLOG);
        if (error < 0)
                close_all(ret_fds, open);
        return error;
}

int listener_adopt(const struct listener_setup *setup, int fd)
{
        struct place place = place_of(setup);

        return set_options(&place, fd);
}

bool listener_is_wildcard(const struct sockaddr *address)
{
        struct ip ip;
        uint16_t port;

        return ip_from_socket(address, &ip, &port) && ip_is_unspecified(ip);
}

enum counters_accept_error listener_classify(int error)
{
        switch (error) {
        case ECONNABORTED:
        case EPROTO:
        case EPERM:
        /* accept(2): errors that are already pending on the new socket. */
        case ENETDOWN:
        case ENOPROTOOPT:
        case EHOSTDOWN:
        case ENONET:
        case EHOSTUNREACH:
        case EOPNOTSUPP:
        case ENETUNREACH:
        case ETIMEDOUT:
                return ACCEPT_GONE;
        case EMFILE:
        case ENFILE:
                return ACCEPT_NO_DESCRIPTORS;
        case ENOBUFS:
        case ENOMEM:
                return ACCEPT_NO_MEMORY;
        default:
                return ACCEPT_OTHER;
        }
}
