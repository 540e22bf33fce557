/* SPDX-License-Identifier: MIT */
/*
 * Sockets at an address: how listening TCP sockets and UDP sockets are opened, or taken over, and
 * what an error of accept(2) means. Every option that a connection needs is set here and inherited
 * by the accepted sockets (socket(7), tcp(7)), so none is set after accept.
 */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

#include "core/counters.h"

/* Waiting connections asked of the kernel, which takes less if net.core.somaxconn is lower. */
enum { LISTENER_BACKLOG = 4096 };

/*
 * Unsent bytes that the kernel accepts before it calls a socket full. Low, so that a chunk parked
 * behind a slow reader leaves in time, and megabytes do not hide in the kernel.
 */
enum { LISTENER_NOTSENT_SIZE = 128 * 1024 };

/* A listening socket as a worker has it. */
struct listener {
        int fd;
        bool is_unix;    /* AF_UNIX, else TCP */
        bool is_shared;  /* other workers accept from the same socket */
        bool is_proxied; /* who connects is a proxy: its header comes first, see proxy.h */
        /* A service manager keeps it: who waits when draining begins is the next server's. */
        bool is_inherited;
};

struct listener_setup {
        bool is_datagram;               /* UDP, else TCP */
        const struct sockaddr *address; /* IPv4 or IPv6; port 0 takes a free one */
        uint32_t address_size;
        bool is_dual; /* the IPv6 socket takes IPv4 too, else IPv6 only */
        /*
         * The kernel keeps bytes for a peer that no longer answers for twice this time
         * (TCP_USER_TIMEOUT); 0 = its default. Not for UDP.
         */
        uint64_t stall_ns;
};

/*
 * Opens `count` sockets, 1 or more, that listen on one address, among which the kernel spreads the
 * connections, or the peers. The address must be free, also of other servers that would share it:
 * the first socket binds alone, then SO_REUSEPORT lets the others in. 0, and the descriptors are
 * the caller's; or -errno, and nothing is left open.
 */
__attribute__((warn_unused_result)) int listener_open(const struct listener_setup *setup,
                                                      int *ret_fds, unsigned count);

/*
 * Sets the same options on a socket that another process opened at the setup's address. They stay
 * when this one has closed it. 0 or -errno; the descriptor is the caller's either way.
 */
__attribute__((warn_unused_result)) int listener_adopt(const struct listener_setup *setup, int fd);

/* True if it stands for all addresses of its family. */
bool listener_is_wildcard(const struct sockaddr *address);

/* What kind of failure an errno of accept(2) is; positive errno. */
enum counters_accept_error listener_classify(int error);
