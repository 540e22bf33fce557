/* SPDX-License-Identifier: MIT */
/*
 * What must hold of datagrams: each that a worker received is answered, or dropped for the reason
 * that the model tells, or as the kernel refused its answer; and counted so when the turn is over.
 * None waits for ever. That answers are right, the kernel checks itself.
 */
#pragma once

#include "support/datagram_model.h"
#include "support/sim.h"

/* Who sends where, in the numbers of datagram_model.h. */
struct oracle_sender {
        uint8_t source;
        uint8_t source_port;
        uint8_t destination;
        bool is_to_many; /* though the address does not look like it */
        uint16_t port;
};

struct oracle_rules {
        struct model_rules model;
        const struct siphash_key *guard_key; /* the server's, if it guards */
        uint32_t guard_sets;                 /* of a worker's guard */
        const uint32_t *sizes;               /* of the MODEL_PAYLOADS that then come */
};

/* Datagrams come from now on; all that is pointed at stays the caller's. */
void oracle_datagrams_open(const struct oracle_rules *rules);

/* Writes on a datagram who sends it where. */
void oracle_address(const struct oracle_sender *sender, struct sim_datagram *datagram);
