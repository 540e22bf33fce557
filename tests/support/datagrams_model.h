/* SPDX-License-Identifier: MIT */
/*
 * What probe/datagrams.h promises, one datagram after the other: an answer is looked up among all
 * that were ever sent.
 */
#pragma once

#include "probe/datagrams.h"
#include "support/latencies.h"

/* A run of one model sends no more than that. */
enum { DATAGRAMS_MODEL_MAX = 1 << 16 };

enum datagrams_model_state {
        DATAGRAMS_MODEL_AWAITED,
        DATAGRAMS_MODEL_ANSWERED,
        DATAGRAMS_MODEL_LOST,
};

struct datagrams_model {
        struct datagrams of; /* as it was set up; its counters stay what they were */
        uint64_t next;
        uint64_t settled; /* none before is awaited */
        uint64_t awaited;
        uint64_t answered;
        uint64_t answered_last; /* the highest number */
        uint64_t lost;
        uint64_t duplicated;
        uint64_t reordered;
        bool is_stopped;
        struct latencies latencies;
        uint64_t sent_ns[DATAGRAMS_MODEL_MAX];
        enum datagrams_model_state states[DATAGRAMS_MODEL_MAX];
};

/* Of a book that nothing was done with yet. */
void datagrams_model_init(struct datagrams_model *model, const struct datagrams *datagrams);

uint64_t datagrams_model_sendable(const struct datagrams_model *model, uint64_t now_ns);
void datagrams_model_sent(struct datagrams_model *model, uint64_t now_ns);

/* What datagrams_received() must say. */
bool datagrams_model_received(struct datagrams_model *model, const unsigned char *data,
                              uint32_t size, uint64_t now_ns);

void datagrams_model_expire(struct datagrams_model *model, uint64_t before_ns);
void datagrams_model_stop(struct datagrams_model *model);

/* The bytes of a datagram. */
void datagrams_model_write(const struct datagrams_model *model, uint64_t number,
                           unsigned char *data);

/* The same counts and latencies; stops the process where they differ. */
void datagrams_model_check(const struct datagrams_model *model, const struct datagrams *datagrams,
                           const struct result *result, uint64_t now_ns);
