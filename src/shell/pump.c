/* SPDX-License-Identifier: MIT */
#include "shell/pump.h"

#include <errno.h>

#include "core/poison.h"
#include "shell/sys.h"

static bool has_flag(const struct conn *conn, enum conn_flag flag)
{
        return (conn->flags & flag) != 0;
}

static void set_flags(struct conn *conn, unsigned flags)
{
        conn->flags = (uint16_t)(conn->flags | flags);
}

static void clear_flags(struct conn *conn, unsigned flags)
{
        conn->flags = (uint16_t)(conn->flags & ~flags);
}

uint32_t pump_events(const struct conn *conn)
{
        uint32_t events = EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLET;
        bool is_unix = (conn->flags & CONN_UNIX) != 0;

        if (!is_unix || (conn->flags & CONN_WAITS_FOR_ROOM) != 0)
                events |= EPOLLOUT;
        return events;
}

void pump_notice(struct conn *conn, uint32_t events)
{
        const uint32_t alerts = EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR;

        if ((events & alerts) != 0)
                set_flags(conn, CONN_ALERT);
        if ((events & (EPOLLIN | alerts)) != 0)
                set_flags(conn, CONN_READABLE);
        /* A dead connection is writable too: the next call tells why it died. */
        if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0)
                set_flags(conn, CONN_WRITABLE);
}

bool pump_is_ready(const struct conn *conn)
{
        unsigned wants = conn_wants(conn);

        if ((wants & CONN_WANT_CLOSE) != 0)
                return true;
        if ((wants & CONN_WANT_FINISH) != 0 && !has_flag(conn, CONN_READABLE))
                return true;
        if (!has_flag(conn, CONN_WRITABLE))
                return false;
        return (wants & CONN_WANT_WRITE) != 0 || has_flag(conn, CONN_READABLE);
}

/* An errno of recv or send: it passes, or the connection is over. `readiness` is what it denies. */
__attribute__((cold, noinline)) static void note_error(struct conn *conn, int error,
                                                       unsigned readiness)
{
        switch (error) {
        case EINTR:
                return;
        case EAGAIN:
                clear_flags(conn, readiness);
                return;
        case ENOBUFS:
        case ENOMEM:
                /* No edge will tell when there is memory again: the worker's timer does. */
                clear_flags(conn, readiness);
                set_flags(conn, CONN_RETRY);
                return;
        case ECONNRESET:
        case EPIPE:
        case ENOTCONN:
                conn_fail(conn, CONN_END_PEER_RESET);
                return;
        case ETIMEDOUT:
        case EHOSTUNREACH:
        case ENETUNREACH:
                conn_fail(conn, CONN_END_PEER_VANISHED);
                return;
        default:
                conn_fail(conn, CONN_END_SOCKET_ERROR);
                return;
        }
}

/* EAGAIN proves that nothing hides behind an urgent mark. */
void pump_note_read_error(struct conn *conn, int error)
{
        note_error(conn, error, CONN_READABLE);
        if (error == EAGAIN)
                clear_flags(conn, CONN_ALERT);
}

static void note_read(struct conn *conn, long got, uint32_t asked)
{
        if (got < asked && (conn->flags & (CONN_ALERT | CONN_UNIX)) == 0)
                clear_flags(conn, CONN_READABLE);
}

/* Sends once; returns what the kernel took. */
static uint32_t send_some(struct pump *pump, struct conn *conn, struct conn_view view)
{
        long sent = sys_send(conn->fd, view.data, view.size);

        if (sent < 0) {
                note_error(conn, (int)-sent, CONN_WRITABLE);
                return 0;
        }
        if (sent < view.size)
                clear_flags(conn, CONN_WRITABLE);
        counter_add(&pump->counters->sent_bytes, (uint64_t)sent);
        return (uint32_t)sent;
}

static void flush(struct pump *pump, struct conn *conn, uint64_t now_ns)
{
        uint32_t sent = send_some(pump, conn, conn_owed(conn, pump->pool));

        if (conn->end == CONN_OPEN)
                conn_sent(conn, sent, now_ns);
}

/* What was read is owed: it is counted, told of, and sent. */
static void answer(struct pump *pump, struct conn *conn, uint64_t now_ns)
{
        struct conn_view view = conn_owed(conn, pump->pool);

        counter_add(&pump->counters->received_bytes, view.size);
        teller_data(pump->teller, conn, view.data, view.size, now_ns);
        flush(pump, conn, now_ns);
}

static void echo(struct pump *pump, struct conn *conn, uint64_t now_ns)
{
        uint32_t asked = conn_read_size(conn, pump->scratch_size);
        long got = sys_recv(conn->fd, pump->scratch, asked, 0);
        if (got < 0) {
                pump_note_read_error(conn, (int)-got);
        } else if (got == 0) {
                conn_peer_finished(conn);
        } else {
                note_read(conn, got, asked);
                conn_received(conn, pump->scratch, (uint32_t)got, now_ns);
                if ((conn_wants(conn) & CONN_WANT_WRITE) != 0)
                        answer(pump, conn, now_ns);
        }
        conn_settle(conn, pump->pool, now_ns);
}

/* Reads again what was peeked at and sent; an urgent mark may split it. */
static void consume(struct pump *pump, struct conn *conn)
{
        long got = 1;

        while (conn_ahead(conn) > 0 && got > 0) {
                got = sys_recv(conn->fd, pump->scratch, conn_ahead(conn), 0);
                if (got > 0)
                        conn_consumed(conn, (uint32_t)got);
        }
        /* 0 cannot be: what was peeked at stays until it is read. */
        if (got <= 0)
                pump_note_read_error(conn, (int)-got);
}

/* No block is free: echo out of the kernel's own buffer, which keeps what cannot leave. */
__attribute__((cold, noinline)) static void echo_by_peeking(struct pump *pump, struct conn *conn,
                                                            uint64_t now_ns)
{
        uint32_t asked = pump->scratch_size < PUMP_PEEK_SIZE ? pump->scratch_size : PUMP_PEEK_SIZE;

        counter_add(&pump->counters->peek_turns, 1);
        long got = sys_recv(conn->fd, pump->scratch, asked, MSG_PEEK);
        if (got < 0) {
                pump_note_read_error(conn, (int)-got);
                return;
        }
        if (got == 0) {
                conn_peer_finished(conn);
                return;
        }
        struct conn_view view = { .data = pump->scratch, .size = (uint32_t)got };
        uint32_t sent = send_some(pump, conn, view);
        if (sent > 0) {
                conn_echoed(conn, sent, now_ns);
                counter_add(&pump->counters->received_bytes, sent);
                teller_data(pump->teller, conn, view.data, sent, now_ns);
                consume(pump, conn);
        }
        if (sent < view.size && conn->end == CONN_OPEN)
                conn_blocked(conn, now_ns);
        /* What is ahead is still to be read, and sends no further edge. */
        if (sent == got && conn_ahead(conn) == 0)
                note_read(conn, got, asked);
}

static void finish(struct conn *conn, uint64_t now_ns)
{
        int error = sys_shutdown_write(conn->fd);

        if (error < 0) {
                note_error(conn, -error, 0);
                return;
        }
        conn_finished(conn, now_ns);
        /*
         * Nothing is sent any more, so nothing could make the connection writable again; and what
         * was seen of a header waits to be discarded, of which no edge will tell.
         */
        set_flags(conn, CONN_WRITABLE | CONN_READABLE);
}

/* The scratch buffer may be touched while a turn reads, and never between turns. */
static void read_once(struct pump *pump, struct conn *conn, uint64_t now_ns)
{
        unpoison(pump->scratch, pump->scratch_size);
        if (conn_ahead(conn) > 0)
                consume(pump, conn);
        else if (spill_free(pump->pool) == 0 && !has_flag(conn, CONN_LINGERING))
                echo_by_peeking(pump, conn, now_ns);
        else
                echo(pump, conn, now_ns);
        poison(pump->scratch, pump->scratch_size);
}

void pump_turn(struct pump *pump, struct conn *conn, uint64_t now_ns)
{
        if ((conn_wants(conn) & CONN_WANT_WRITE) != 0 && has_flag(conn, CONN_WRITABLE)) {
                flush(pump, conn, now_ns);
                conn_settle(conn, pump->pool, now_ns);
        }
        if ((conn_wants(conn) & CONN_WANT_READ) != 0 && has_flag(conn, CONN_READABLE) &&
            has_flag(conn, CONN_WRITABLE))
                read_once(pump, conn, now_ns);
        if ((conn_wants(conn) & CONN_WANT_FINISH) != 0 && !has_flag(conn, CONN_READABLE))
                finish(conn, now_ns);
}
