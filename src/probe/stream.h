/* SPDX-License-Identifier: MIT */
/*
 * The book of one stream connection: how many bytes may be sent now, which came back, and how long
 * each message took. Pure: it knows neither socket nor clock. A message is `message_size` bytes of
 * the position-coded stream (payload.h); its latency ends with its last byte.
 *
 * Closed loop: at most `depth` messages are in flight, and a message begins when its first byte is
 * sent. Open loop: message j of stream s is number j * stride + s of the schedule (pace.h), begins
 * when that is due, and nothing limits what is in flight.
 *
 * The caller owns the struct and `begun_ns`, and keeps both as long as the stream lives.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "probe/pace.h"
#include "probe/result.h"

struct stream {
        uint64_t number;   /* which stream of payload.h, and of the schedule */
        uint64_t sent;     /* bytes that the kernel took */
        uint64_t received; /* bytes that came back right */
        uint64_t limit;    /* messages that may begin in all */
        uint64_t last_latency_ns;
        uint64_t *begun_ns;      /* closed loop: of the messages in flight, a ring of `depth` */
        const struct pace *pace; /* NULL = closed loop */
        uint64_t stride;         /* streams that share the schedule */
        uint32_t depth;          /* 1 at least; unused in an open loop */
        uint32_t message_size;   /* 1 at least */
};

/* Bytes that may be sent at that time. */
uint64_t stream_sendable(const struct stream *stream, uint64_t now_ns);

/* The kernel took the next `size` bytes; at most what may be sent. Messages begin at `begun_ns`. */
void stream_sent(struct stream *stream, uint64_t size, uint64_t begun_ns);

/*
 * Bytes came: they are verified, and whole messages are counted into *result with their latency.
 * False if one is wrong or was never sent; stream->received is then the offset of the first wrong.
 */
bool stream_received(struct stream *stream, const unsigned char *data, uint32_t size,
                     uint64_t now_ns, struct result *result);

/* No message begins any more; one that has begun is still sent to its end. */
void stream_stop(struct stream *stream);

/* Bytes sent that have not come back. */
uint64_t stream_in_flight(const struct stream *stream);

/* All that may ever be sent was sent. */
bool stream_is_sent(const struct stream *stream);
