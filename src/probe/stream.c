/* SPDX-License-Identifier: MIT */
#include "probe/stream.h"

#include <stddef.h>

#include "core/ensure.h"
#include "probe/payload.h"

static uint64_t least(uint64_t a, uint64_t b)
{
        return a < b ? a : b;
}

static uint64_t messages_begun(const struct stream *stream, uint64_t size)
{
        return size / stream->message_size + (size % stream->message_size != 0 ? 1 : 0);
}

/* Messages that may have begun by then. */
static uint64_t messages_allowed(const struct stream *stream, uint64_t now_ns)
{
        if (stream->pace == NULL)
                return stream->received / stream->message_size + stream->depth;
        uint64_t due = pace_count(stream->pace, now_ns);
        if (due <= stream->number)
                return 0;
        return (due - stream->number - 1) / stream->stride + 1;
}

uint64_t stream_sendable(const struct stream *stream, uint64_t now_ns)
{
        uint64_t messages = least(messages_allowed(stream, now_ns), stream->limit);

        if (messages <= stream->sent / stream->message_size)
                return 0;
        return messages * stream->message_size - stream->sent;
}

void stream_sent(struct stream *stream, uint64_t size, uint64_t begun_ns)
{
        uint64_t first = messages_begun(stream, stream->sent);

        stream->sent += size;
        if (stream->pace != NULL)
                return;
        uint64_t count = messages_begun(stream, stream->sent);
        ensure(count <= stream->received / stream->message_size + stream->depth);
        for (uint64_t message = first; message < count; message++)
                stream->begun_ns[message % stream->depth] = begun_ns;
}

static uint64_t begun_ns(const struct stream *stream, uint64_t message)
{
        if (stream->pace == NULL)
                return stream->begun_ns[message % stream->depth];
        return pace_due(stream->pace, message * stream->stride + stream->number);
}

bool stream_received(struct stream *stream, const unsigned char *data, uint32_t size,
                     uint64_t now_ns, struct result *result)
{
        uint32_t expected = (uint32_t)least(size, stream_in_flight(stream));
        uint32_t right = payload_match(stream->number, stream->received, data, expected);
        uint64_t message = stream->received / stream->message_size;

        stream->received += right;
        result->received_size += right;
        for (; message < stream->received / stream->message_size; message++) {
                uint64_t latency_ns = now_ns - begun_ns(stream, message);
                result_record(result, latency_ns, message > 0 ? &stream->last_latency_ns : NULL);
                stream->last_latency_ns = latency_ns;
        }
        return right == size;
}

void stream_stop(struct stream *stream)
{
        stream->limit = least(stream->limit, messages_begun(stream, stream->sent));
}

uint64_t stream_in_flight(const struct stream *stream)
{
        return stream->sent - stream->received;
}

bool stream_is_sent(const struct stream *stream)
{
        return stream->sent / stream->message_size >= stream->limit;
}
