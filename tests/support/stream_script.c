/* SPDX-License-Identifier: MIT */
#include "support/stream_script.h"

#include <string.h>

#include "core/conn.h"
#include "core/ensure.h"
#include "core/poison.h"

enum { CHUNK_SIZE = 512, WHOLE = 15 };

struct stream {
        struct conn conn;
        struct spill_pool pool;
        const uint8_t *payload;
        size_t payload_size;
        size_t taken; /* of the payload, by the connection */
        size_t left;  /* of the payload, that came out */
        uint64_t now_ns;
        uint64_t words[4];
        _Alignas(8) unsigned char block[CHUNK_SIZE];
        _Alignas(8) unsigned char scratch[CHUNK_SIZE];
};

/* A sixteenth of the whole for each step, all of it for the last. */
static uint32_t part(size_t whole, unsigned step)
{
        return (uint32_t)(step == WHOLE ? whole : whole * step / 16);
}

/* The kernel takes these bytes: they must be the next of the payload. */
static void leave(struct stream *stream, const unsigned char *data, uint32_t size)
{
        ensure(size <= stream->payload_size - stream->left);
        ensure(memcmp(data, stream->payload + stream->left, size) == 0);
        stream->left += size;
}

static void send(struct stream *stream, unsigned step)
{
        struct conn_view view = conn_owed(&stream->conn, &stream->pool);
        uint32_t size = part(view.size, step);

        if (view.size == 0)
                return;
        leave(stream, view.data, size);
        conn_sent(&stream->conn, size, stream->now_ns);
}

/* The next bytes of the payload lie in the scratch buffer. */
static uint32_t fetch(struct stream *stream, unsigned step)
{
        size_t rest = stream->payload_size - stream->taken;
        uint32_t size = part(rest < CHUNK_SIZE ? rest : CHUNK_SIZE, step);

        unpoison(stream->scratch, sizeof(stream->scratch));
        memcpy(stream->scratch, stream->payload + stream->taken, size);
        return size;
}

static void turn(struct stream *stream, unsigned read_step, unsigned send_step)
{
        send(stream, send_step);
        conn_settle(&stream->conn, &stream->pool, stream->now_ns);
        if ((conn_wants(&stream->conn) & CONN_WANT_READ) != 0) {
                uint32_t size = fetch(stream, read_step);
                if (size > 0) {
                        conn_received(&stream->conn, stream->scratch, size, stream->now_ns);
                        stream->taken += size;
                        send(stream, send_step);
                }
        }
        conn_settle(&stream->conn, &stream->pool, stream->now_ns);
        poison(stream->scratch, sizeof(stream->scratch));
}

/* As a turn without a free block: peek, send, and read again what was sent, in two pieces. */
static void peek_turn(struct stream *stream, unsigned read_step, unsigned send_step)
{
        uint32_t size = part(fetch(stream, read_step), send_step);

        if (size == 0)
                return;
        leave(stream, stream->scratch, size);
        conn_echoed(&stream->conn, size, stream->now_ns);
        stream->taken += size;
        conn_consumed(&stream->conn, size / 2);
        conn_settle(&stream->conn, &stream->pool, stream->now_ns);
        conn_consumed(&stream->conn, conn_ahead(&stream->conn));
}

static void run_control(struct stream *stream, uint8_t control)
{
        unsigned read_step = control & 15;
        unsigned send_step = control >> 4;

        stream->now_ns++;
        if (__builtin_parity(control) != 0 && conn_wants(&stream->conn) == CONN_WANT_READ)
                peek_turn(stream, read_step, send_step);
        else
                turn(stream, read_step, send_step);
        conn_check(&stream->conn, &stream->pool);
        ensure(stream->taken - stream->left == stream->conn.owed);
}

void stream_script_run(const uint8_t *data, size_t size)
{
        struct stream stream = { 0 };
        size_t control_count = size > 0 ? data[0] : 0;

        if (control_count > size - (size > 0))
                control_count = size - (size > 0);
        size_t head = control_count + (size > 0);
        stream.payload = data + head;
        stream.payload_size = size - head;
        spill_init(&stream.pool, stream.block, CHUNK_SIZE, stream.words, 1);
        conn_init(&stream.conn, 0);
        for (size_t i = 0; i < control_count; i++)
                run_control(&stream, data[1 + i]);
        while (stream.left < stream.payload_size)
                run_control(&stream, UINT8_MAX);
        conn_peer_finished(&stream.conn);
        ensure(conn_wants(&stream.conn) == CONN_WANT_CLOSE);
        ensure(stream.conn.received == stream.payload_size);
        ensure(spill_used(&stream.pool) == 0);
        unpoison(stream.block, sizeof(stream.block));
        unpoison(stream.scratch, sizeof(stream.scratch));
}
