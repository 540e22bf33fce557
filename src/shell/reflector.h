/* SPDX-License-Identifier: MIT */
/*
 * A worker's UDP sockets: a turn takes what waits at one of them, at most INBOX_SLOTS batches, has
 * core/datagram decide about each single datagram, and answers in the order they came. Sockets are
 * level-triggered: what is left has its turn in the next round.
 *
 * Memory is reserved with the first socket; without one a reflector has none.
 */
#pragma once

#include "core/counters.h"
#include "core/loop_guard.h"
#include "shell/teller.h"

enum { REFLECTOR_SOCKETS_MAX = 16, REFLECTOR_GUARD_ENTRIES = 1024 };

/* Of a socket's events: this and its index. No connection, listener or waker has such a token. */
#define REFLECTOR_TOKEN UINT64_C(0x10000)

struct reflector_setup {
        int fd;
        uint8_t listener;  /* its number, for who is told */
        bool is_wildcard;  /* the kernel tells for each datagram which address it was sent to */
        struct ip address; /* else it is this */
        const struct siphash_key *guard_key; /* NULL = loops are left alone */
        _Atomic uint32_t *shared;            /* NULL = nobody else has the socket; else see below */
        const struct datagram_rules *rules;  /* but for the guard, which is the worker's own */
};

/*
 * A socket that other workers receive from, or another process has open, is shared: whoever has it
 * is told of the same overflows, so all who tell of them count up to the same figure.
 */

struct reflector_socket {
        int fd;
        uint8_t listener;
        bool is_wildcard;
        bool is_busy;         /* several datagrams came at once */
        uint32_t plain_turns; /* since several were asked for */
        uint32_t overflows;   /* that the kernel told of */
        _Atomic uint32_t *shared;
        struct ip address;
        struct datagram_rules rules;
};

struct reflector_memory;

struct reflector {
        struct counters *counters;
        const struct teller *teller;
        int poll_fd;
        unsigned count;
        struct reflector_memory *memory;
        struct reflector_socket sockets[REFLECTOR_SOCKETS_MAX];
};

/* What is handed in stays the caller's. */
void reflector_init(struct reflector *reflector, int poll_fd, struct counters *counters,
                    const struct teller *teller);

/*
 * Answers at that socket too; on success (0) its descriptor is the reflector's, else -errno. What
 * the setup points at is copied, but for what the rules point at, and what is shared: that is
 * borrowed.
 */
__attribute__((warn_unused_result)) int reflector_add(struct reflector *reflector,
                                                      const struct reflector_setup *setup);

/* One turn of the socket of that token; others are none of its business. */
void reflector_turn(struct reflector *reflector, uint64_t token, uint64_t now_ns);

/* Answers what waits, as far as a bound, and closes the sockets. */
void reflector_drain(struct reflector *reflector, uint64_t now_ns);

/* Closes the sockets and gives the memory back. */
void reflector_close(struct reflector *reflector);
