/* SPDX-License-Identifier: MIT */
/*
 * Tells the operator what happens in a worker: puts records into the ring that the main thread
 * turns into log lines, and wakes it when it may be asleep. A worker never writes to a log itself.
 */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

#include "core/events.h"
#include "core/proxy.h"

struct teller {
        struct events *events; /* borrowed; NULL = nobody listens */
        int wake_fd;           /* the reader's; see sys_wake_open() */
        bool is_verbose;       /* tell of single connections too, not only of trouble */
};

/* A connection was taken in; peer is what accept(2) told. */
void teller_open(const struct teller *teller, const struct conn *conn, const struct sockaddr *peer,
                 uint32_t peer_size);

/* Its header is complete: told if it names a client. */
void teller_headed(const struct teller *teller, const struct conn *conn,
                   const struct proxy_header *header, uint64_t now_ns);

/* It is over: conn->end says why. */
void teller_close(const struct teller *teller, const struct conn *conn, uint64_t now_ns);

/* A message of `size` bytes was read and will be echoed. */
void teller_data(const struct teller *teller, const struct conn *conn, const unsigned char *data,
                 uint32_t size, uint64_t now_ns);

/* A datagram came to that listener; drop says whether it is answered. */
void teller_datagram(const struct teller *teller, uint8_t listener, const struct sockaddr *peer,
                     uint32_t peer_size, const struct datagram *datagram, enum datagram_drop drop,
                     uint64_t now_ns);

/* Accepting pauses. */
void teller_paused(const struct teller *teller, uint8_t listener, enum counters_accept_error why,
                   uint64_t now_ns);

/* A connection was refused, because `open` are open. */
void teller_limit(const struct teller *teller, uint8_t listener, uint32_t open, uint64_t now_ns);
