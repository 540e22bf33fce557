/* SPDX-License-Identifier: MIT */
#include "shell/listener.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

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

static int set_options(int fd, uint64_t stall_ns)
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

static int start(int fd, const struct sockaddr *address, uint32_t address_size, uint64_t stall_ns)
{
        int error = set_options(fd, stall_ns);

        if (error < 0)
                return error;
        error = sys_bind(fd, address, address_size);
        if (error < 0)
                return error;
        return sys_listen(fd, LISTENER_BACKLOG);
}

int listener_open(const struct sockaddr *address, uint32_t address_size, uint64_t stall_ns)
{
        int fd = sys_socket_tcp(address->sa_family);

        if (fd < 0)
                return fd;
        int error = start(fd, address, address_size, stall_ns);
        if (error < 0) {
                sys_close(fd);
                return error;
        }
        return fd;
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
