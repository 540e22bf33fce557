/* SPDX-License-Identifier: MIT */
/*
 * What probe/stream.h promises, byte by byte and message by message: slow, and too simple to be
 * wrong in the same way.
 */
#pragma once

#include "probe/stream.h"
#include "support/latencies.h"

/* A run of one model begins no more messages than that. */
enum { STREAM_MODEL_MESSAGES_MAX = 1 << 16 };

struct stream_model {
        struct stream of; /* as it was set up; its counters stay what they were */
        uint64_t sent;
        uint64_t received;
        uint64_t begun; /* messages */
        bool is_stopped;
        struct latencies latencies;
        uint64_t begun_ns[STREAM_MODEL_MESSAGES_MAX];
};

/* Of a stream that nothing was done with yet. */
void stream_model_init(struct stream_model *model, const struct stream *stream);

uint64_t stream_model_sendable(const struct stream_model *model, uint64_t now_ns);
void stream_model_sent(struct stream_model *model, uint64_t size, uint64_t now_ns);

/* What stream_received() must say; model->received is then the offset of the first wrong byte. */
bool stream_model_received(struct stream_model *model, const unsigned char *data, uint32_t size,
                           uint64_t now_ns);

void stream_model_stop(struct stream_model *model);

/* The same bytes, messages and latencies; stops the process where they differ. */
void stream_model_check(const struct stream_model *model, const struct stream *stream,
                        const struct result *result, uint64_t now_ns);
