/* SPDX-License-Identifier: MIT */
/*
 * The UDP listeners of the process: their sockets, until the workers have them, and the rules by
 * which all workers answer. Every listener's port must be known before any answers, so sockets are
 * kept until all are open.
 */
#pragma once

#include "service/crew.h"
#include "service/host.h"
#include "service/options.h"
#include "service/rate.h"

struct udp_listener {
        uint8_t number; /* of all listeners, for who is told */
        int fds[OPTIONS_WORKERS_MAX];
        bool is_shared;             /* these are of one socket */
        _Atomic uint32_t overflows; /* of that one, that a worker has told of */
        bool is_wildcard;
        bool has_loop_guard;
        struct ip address;
        struct datagram_rules rules;
};

struct udp {
        struct host host;
        struct rate rate;
        struct siphash_key guard_key;
        bool is_open;
        struct udp_listener listeners[OPTIONS_LISTENERS_MAX];
        uint32_t count;
        uint32_t workers;
};

/* All zero = closed. Opens what the listeners share; 0 or -errno. Nothing happens if it is open. */
__attribute__((warn_unused_result)) int udp_open(struct udp *udp, const struct options *options);

/* Keeps an open socket for each of so many workers, at that address with its real port. */
void udp_add(struct udp *udp, const struct options *options, const struct address *address,
             const int *fds, uint32_t workers, uint8_t number);

/* The same for descriptors of one socket, which was open before. */
void udp_add_shared(struct udp *udp, const struct options *options, const struct address *address,
                    const int *fds, uint32_t workers, uint8_t number);

/* Hands the sockets to the workers; 0 or -errno. The rules are borrowed until udp_close(). */
__attribute__((warn_unused_result)) int udp_hand_out(struct udp *udp, struct crew *crew);

/* After the workers have ended. Sockets that were not handed out are closed. */
void udp_close(struct udp *udp);
