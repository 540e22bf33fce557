/* SPDX-License-Identifier: MIT */
/*
 * One stream connection: what is owed to the peer, what the connection wants next, when it ends
 * and why. The one rule: a connection reads only while it owes its peer nothing. So memory is one
 * chunk at most, bytes cannot be reordered, and end-of-stream is only seen with nothing left to
 * send; the kernel's window does the rest (RFC 862, TCP based echo service).
 *
 * The caller works in turns: feed events, write what is owed, conn_settle(). Bytes given to
 * conn_received() are borrowed until conn_settle(), which copies an unsent rest into a block of
 * the spill pool ("parks" it). A turn that writes everything copies nothing, and an idle
 * connection holds no buffer.
 *
 * A connection that a proxy hands on begins with the proxy's header (proxy.h), which is peeked at
 * until it is complete, and then skipped: it is never owed.
 *
 * Times are monotonic ns and never go back; sizes are bytes. The caller owns the struct; its
 * fields are private to core, but for those marked as the shell's.
 */
#pragma once

#include "core/spill.h"

/* Why a connection ended; the first reason sticks. */
enum conn_end {
        CONN_OPEN,              /* it has not */
        CONN_END_PEER_FINISHED, /* end-of-stream; every byte was echoed */
        CONN_END_PEER_RESET,    /* the peer reset the connection */
        CONN_END_PEER_VANISHED, /* the kernel gave up on the peer: no answer in time */
        CONN_END_IDLE,          /* no byte either way for the idle timeout */
        CONN_END_STALL,         /* a chunk did not leave within the stall timeout */
        CONN_END_DRAINED,       /* we finished first, while draining, and the peer followed */
        CONN_END_DRAIN_TIMEOUT, /* still open when the drain timeout was over */
        CONN_END_SOCKET_ERROR,  /* any other error of the socket */
        /* Of a connection that begins with a proxy's header: */
        CONN_END_HEADER_TIMEOUT, /* it was not complete within CONN_HEADER_NS */
        /* It is none, by what is wrong: proxy_conn_end() */
        CONN_END_HEADER_SIGNATURE,
        CONN_END_HEADER_VERSION,
        CONN_END_HEADER_COMMAND,
        CONN_END_HEADER_FAMILY,
        CONN_END_HEADER_ADDRESS,
        CONN_END_HEADER_LINE_END,
        CONN_END_HEADER_CHECKSUM,
        CONN_END_HEADER_EXTENSION,
        CONN_END_HEADER_TOO_SHORT,
        CONN_END_HEADER_TOO_LONG,
        /* The client that it names is refused: admission_conn_end() */
        CONN_END_ACCESS, /* --allow and --deny */
        CONN_END_RATE,   /* it comes too often: --accept-rate */
        CONN_END_SOURCE, /* it has --max-connections-per-source */
        CONN_END_COUNT,
};

/* A header must be complete in this time: one lost segment or two may be sent again. */
#define CONN_HEADER_NS UINT64_C(3000000000)

/* What a connection wants from its caller: never 0. CLOSE comes alone; HEADER instead of READ. */
enum {
        CONN_WANT_READ = 1 << 0,
        CONN_WANT_WRITE = 1 << 1,
        CONN_WANT_FINISH = 1 << 2, /* shut our write side down as soon as nothing is readable */
        CONN_WANT_CLOSE = 1 << 3,
        CONN_WANT_HEADER = 1 << 4, /* peek: what comes first is a proxy's header */
};

enum conn_flag {
        CONN_PARKED = 1 << 0,    /* what is owed lives in a block */
        CONN_AHEAD = 1 << 1,     /* bytes were echoed that the kernel still holds for us */
        CONN_CAUTIOUS = 1 << 2,  /* had a short write; reads little until a chunk leaves at once */
        CONN_DRAINING = 1 << 3,  /* finish as soon as nothing is readable */
        CONN_LINGERING = 1 << 4, /* our write side is shut; input is discarded */
        /* The shell's: readiness as the kernel last told it. */
        CONN_READABLE = 1 << 5,
        CONN_WRITABLE = 1 << 6,
        CONN_ALERT = 1 << 7, /* PRI, RDHUP, HUP or ERR was seen: a short read proves nothing */
        CONN_RETRY = 1 << 8, /* the kernel had no memory: try again when the timer fires */
        CONN_UNIX = 1 << 9,  /* a Unix stream socket: other rules of readiness, see pump.h */
        CONN_WAITS_FOR_ROOM = 1 << 10, /* EPOLLOUT is asked for; Unix only, TCP always does */
        CONN_HEADLESS = 1 << 11,       /* core's: a proxy's header is still to come */
        CONN_BLOCKED = 1 << 12,        /* core's: what was peeked at does not leave */
};

/* What a cautious connection reads a turn: it is unlikely to leave at once. */
#define CONN_CAUTIOUS_SIZE ((uint32_t)16 * 1024)

/* A connection is one cache line, everything included; an idle one costs nothing else. */
struct conn {
        _Alignas(64) uint64_t since_ns; /* parked, blocked: when; else the last byte either way */
        uint64_t received;              /* bytes taken for echoing; sent = received - owed */
        union {
                const unsigned char *borrowed; /* owed, not parked: until conn_settle() */
                struct {
                        uint32_t block;
                        uint32_t offset;
                } parked;
                uint32_t ahead; /* CONN_AHEAD: bytes to take from the kernel and forget */
        };
        uint32_t owed; /* bytes */
        uint16_t flags;
        uint8_t end;
        uint8_t listener; /* the shell's: by which it came */
        /* The slot table's: 0 = a free slot. */
        uint32_t generation;
        /* The timer wheel's. */
        uint32_t timer_next;
        uint32_t timer_prev;
        /* The shell's. */
        uint32_t ready_next;
        int fd;
        uint32_t source; /* who is charged with it, or none: see admission.h */
        uint64_t opened_ns;
};
_Static_assert(sizeof(struct conn) == 64, "a connection is one cache line");

struct conn_limits {
        uint64_t idle_ns;  /* 0 = never */
        uint64_t stall_ns; /* 0 = never */
};

struct conn_view {
        const unsigned char *data;
        uint32_t size;
};

/* Starts the stream part; slot, timer and shell fields are set by their owners. */
void conn_init(struct conn *conn, uint64_t now_ns);

/* A proxy's header comes first. Wanted: just initialised. */
void conn_expect_header(struct conn *conn);

/*
 * The header is complete: its `size` bytes, 1 at least, were peeked at and are ahead now, see
 * conn_ahead(). Wanted: HEADER.
 */
void conn_headed(struct conn *conn, uint32_t size, uint64_t now_ns);

/* CONN_WANT_* bits, derived from the state. */
unsigned conn_wants(const struct conn *conn);

bool conn_is_parked(const struct conn *conn);

/* How much to read this turn, given a scratch buffer of that size. */
uint32_t conn_read_size(const struct conn *conn, uint32_t scratch_size);

/*
 * Bytes were read: they are owed now. Wanted: READ, settled, and no bytes ahead. size is at least 1
 * and at most a block. A lingering connection discards them.
 */
void conn_received(struct conn *conn, const unsigned char *data, uint32_t size, uint64_t now_ns);

/* End-of-stream was read. Wanted: READ, settled, and no bytes ahead; or HEADER. */
void conn_peer_finished(struct conn *conn);

/* What to send next, valid until any call that changes the connection. size 0 = nothing. */
struct conn_view conn_owed(const struct conn *conn, const struct spill_pool *pool);

/* The kernel took the first `size` bytes of what is owed; 0 allowed. */
void conn_sent(struct conn *conn, uint32_t size, uint64_t now_ns);

/*
 * For a turn without a free block: bytes were peeked at and `size` of them sent, 1 at least. They
 * are ahead until they have been read again and conn_consumed() was told. Wanted: READ, settled,
 * no bytes ahead, and not lingering.
 */
void conn_echoed(struct conn *conn, uint32_t size, uint64_t now_ns);

/*
 * Likewise: not all that was peeked at was sent. The stall timeout runs from the first such turn on
 * until a byte is sent, also when the bytes are parked meanwhile. Wanted: READ, settled, and not
 * lingering.
 */
void conn_blocked(struct conn *conn, uint64_t now_ns);

/* Bytes to read and forget before anything else is read. */
uint32_t conn_ahead(const struct conn *conn);

/* The first `size` of the bytes ahead were read and forgotten; 0 allowed. */
void conn_consumed(struct conn *conn, uint32_t size);

/*
 * The end of a turn: borrowed bytes that are still owed move to a block, a block that is empty or
 * no longer needed goes back. There must be a free block if conn_received() was called.
 */
void conn_settle(struct conn *conn, struct spill_pool *pool, uint64_t now_ns);

/* Echo what is owed and readable, finish our side, discard the rest until the peer finishes. */
void conn_drain(struct conn *conn);

/* Our write side was shut down, as wanted by FINISH. */
void conn_finished(struct conn *conn, uint64_t now_ns);

/* Ends the connection; the first reason sticks. */
void conn_fail(struct conn *conn, enum conn_end why);

/* True when this end is told to the peer by a reset: bytes it counts on are lost. */
bool conn_ends_by_reset(const struct conn *conn);

/* When conn_expire() will end the connection if nothing happens; UINT64_MAX = never. */
uint64_t conn_deadline(const struct conn *conn, const struct conn_limits *limits);

/* Ends the connection if its deadline has come. */
void conn_expire(struct conn *conn, const struct conn_limits *limits, uint64_t now_ns);

/* Stops the process if the state contradicts itself; for tests, fuzzers and debug builds. */
void conn_check(const struct conn *conn, const struct spill_pool *pool);
