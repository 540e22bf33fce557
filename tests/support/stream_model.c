/* SPDX-License-Identifier: MIT */
#include "support/stream_model.h"

#include <stddef.h>

#include "probe/payload.h"

void stream_model_init(struct stream_model *model, const struct stream *stream)
{
        model->of = *stream;
        model->sent = 0;
        model->received = 0;
        model->begun = 0;
        model->is_stopped = false;
        model->latencies = (struct latencies){ 0 };
}

static bool may_begin(const struct stream_model *model, uint64_t message, uint64_t now_ns)
{
        const struct stream *of = &model->of;

        if (model->is_stopped || message >= of->limit)
                return false;
        ensure(message < STREAM_MODEL_MESSAGES_MAX);
        if (of->pace != NULL)
                return pace_due(of->pace, message * of->stride + of->number) <= now_ns;
        return message < model->latencies.count + of->depth;
}

uint64_t stream_model_sendable(const struct stream_model *model, uint64_t now_ns)
{
        uint64_t message = model->begun;

        while (may_begin(model, message, now_ns))
                message++;
        return message * model->of.message_size - model->sent;
}

void stream_model_sent(struct stream_model *model, uint64_t size, uint64_t now_ns)
{
        for (uint64_t i = 0; i < size; i++) {
                if (model->sent % model->of.message_size == 0) {
                        ensure(may_begin(model, model->begun, now_ns));
                        model->begun_ns[model->begun++] = now_ns;
                }
                model->sent++;
        }
}

static uint64_t latency_of(const struct stream_model *model, uint64_t message, uint64_t now_ns)
{
        const struct stream *of = &model->of;

        if (of->pace != NULL)
                return now_ns - pace_due(of->pace, message * of->stride + of->number);
        return now_ns - model->begun_ns[message];
}

bool stream_model_received(struct stream_model *model, const unsigned char *data, uint32_t size,
                           uint64_t now_ns)
{
        for (uint32_t i = 0; i < size; i++) {
                if (model->received == model->sent ||
                    data[i] != *payload_at(model->of.number, model->received))
                        return false;
                model->received++;
                if (model->received % model->of.message_size == 0)
                        latencies_add(&model->latencies,
                                      latency_of(model, model->latencies.count, now_ns));
        }
        return true;
}

void stream_model_stop(struct stream_model *model)
{
        model->is_stopped = true;
}

static bool is_sent(const struct stream_model *model)
{
        bool is_last = model->is_stopped || model->begun == model->of.limit;

        return is_last && model->sent == model->begun * model->of.message_size;
}

void stream_model_check(const struct stream_model *model, const struct stream *stream,
                        const struct result *result, uint64_t now_ns)
{
        ensure(stream->sent == model->sent);
        ensure(stream->received == model->received);
        ensure(result->received_size == model->received);
        ensure(stream_in_flight(stream) == model->sent - model->received);
        ensure(stream_sendable(stream, now_ns) == stream_model_sendable(model, now_ns));
        ensure(stream_is_sent(stream) == is_sent(model));
        ensure(model->of.pace != NULL || model->begun - model->latencies.count <= model->of.depth);
        latencies_check(&model->latencies, result);
}
