/* SPDX-License-Identifier: MIT */
/*
 * A worker's listening sockets: level-triggered, and out of the epoll set while accepting is
 * paused. Whoever runs out of descriptors or kernel memory pauses, so that connections which wait
 * cannot make it spin; accepting resumes when a connection of this worker closes or time is up.
 */
#pragma once

#include "shell/listener.h"
#include "shell/teller.h"

enum { ACCEPTOR_LISTENERS_MAX = 16 };

struct acceptor {
        struct counters *counters;
        const struct teller *teller;
        int poll_fd;
        struct listener listeners[ACCEPTOR_LISTENERS_MAX];
        unsigned count;
        uint32_t due;       /* bit i: listener i has connections waiting */
        uint64_t resume_ns; /* when to accept again; UINT64_MAX = not paused */
};

/* What is handed in stays the caller's. A listener's token is its index. */
void acceptor_init(struct acceptor *acceptor, int poll_fd, struct counters *counters,
                   const struct teller *teller);

/* Accepts from that socket too; on success (0) its descriptor is the acceptor's, else -errno. */
__attribute__((warn_unused_result)) int acceptor_add(struct acceptor *acceptor,
                                                     const struct listener *listener);

/* Notes that connections wait at the listener of that token; others are none of its business. */
void acceptor_notice(struct acceptor *acceptor, uint64_t token);

/* Who connected, as accept(2) tells. */
struct acceptor_peer {
        struct sockaddr_storage address;
        uint32_t size;
};

/*
 * The next connection of a listener, the caller's; -EAGAIN when there is none for now, also because
 * accepting is paused; any other -errno means that one was lost, and the next may be asked for.
 * *ret_peer is only valid with a connection.
 */
int acceptor_take(struct acceptor *acceptor, unsigned listener, struct acceptor_peer *ret_peer,
                  uint64_t now_ns);

/* Because that listener's connection lacked something. */
void acceptor_pause(struct acceptor *acceptor, unsigned listener, enum counters_accept_error why,
                    uint64_t now_ns);

/* Nothing happens if accepting is not paused. */
void acceptor_resume(struct acceptor *acceptor, uint64_t now_ns);

/* Closes the listeners; who still waits there is reset, unless somebody else has them open. */
void acceptor_close(struct acceptor *acceptor);
