/* SPDX-License-Identifier: MIT */
/* Datagrams inside the simulated kernel: for sim_datagram*.c alone. */
#pragma once

#include "support/sim_state.h"

enum {
        SIM_SEGMENTS_MAX = 128, /* of a batch: UDP_MAX_SEGMENTS of Linux 6.11 */
        SIM_INTERFACE = 2,      /* where link-local addresses live */
        SIM_RECEIVED_MAX = 1 << 12,
};

/* What waits at a socket. */
struct sim_packet {
        struct sim_datagram of;
        uint32_t stream;    /* of the payload of its first datagram, unless all are alike */
        uint32_t overflows; /* of the socket, when it came */
};

/* A datagram that may be answered. */
struct sim_question {
        struct sim_received received;
        uint32_t socket;
        uint16_t source_port;
        struct ip source;
        struct ip destination;
        uint32_t stream;
        const unsigned char *data; /* where the worker has it */
};

/* Since the worker received last. */
extern struct sim_questions {
        uint32_t count;
        uint32_t next; /* where the next answer probably belongs */
        struct sim_question questions[SIM_RECEIVED_MAX];
} sim_questions;

/* What waits longest at the socket; it must not be empty. */
const struct sim_packet *sim_packet_first(const struct sim_socket *socket);
void sim_packet_drop_first(struct sim_socket *socket);

/* The payload's number of a datagram of that size, at that place of a batch. */
uint32_t sim_packet_stream(const struct sim_packet *packet, uint32_t place, uint32_t size);
