/* SPDX-License-Identifier: MIT */
/*
 * A simulated kernel. It defines every sys_* of shell/sys.h, so the whole shell runs on it: TCP
 * sockets with small buffers, epoll with exact edges, a clock that moves only when it is told to.
 * What it does is what Linux does, as tests/contract fixes it for both; what it may do besides are
 * faults, drawn from the choice that sim_open() was given.
 *
 * One kernel at a time, one thread. Payload is not stored: a queue is two offsets into a stream
 * that payload.h knows, made when the server reads it and checked when the server echoes it.
 * Misuse (a closed descriptor, a reserved buffer left behind, a byte that was never sent) ends the
 * process in sim_fail().
 *
 * Datagrams have payload by number: each its own, or all of one size the same. An answer must be
 * what was received, go to who sent it, from where it was sent to, once, and in order for each
 * peer; until the worker receives again, for by then it has no datagram any more.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/ip.h"
#include "support/choice.h"
#include "support/header.h"

enum {
        SIM_DESCRIPTORS_MAX = 128,
        SIM_LINKS_MAX = 96, /* connections that either side still knows */
        SIM_POLLS_MAX = 4,
        SIM_DATAGRAMS_MAX = 256, /* that wait at a socket, a batch as one */
        SIM_ANSWERS_KEPT = 8,
};

/* Kernel calls, for counting and for failing one on purpose. */
enum sim_call {
        SIM_CLOCK,
        SIM_RESERVE,
        SIM_SMALL_PAGES,
        SIM_RELEASE,
        SIM_UNRESERVE,
        SIM_SOCKET_TCP,
        SIM_SOCKET_UDP,
        SIM_SETSOCKOPT_INT,
        SIM_BIND,
        SIM_GETSOCKNAME,
        SIM_GETPEERNAME,
        SIM_LISTEN,
        SIM_ACCEPT,
        SIM_RECV,
        SIM_SEND,
        SIM_RECVMSG,
        SIM_RECVMMSG,
        SIM_SENDMSG,
        SIM_SENDMMSG,
        SIM_SHUTDOWN_WRITE,
        SIM_RESET_ON_CLOSE,
        SIM_CLOSE,
        SIM_POLL_OPEN,
        SIM_POLL_SET,
        SIM_POLL_WAIT,
        SIM_WAKE_OPEN,
        SIM_WAKE,
        SIM_TIMER_OPEN,
        SIM_TIMER_SET,
        SIM_CALL_COUNT,
};

/* Kinds of faults; a run has some of them, each at its own rate. */
enum sim_fault {
        SIM_NO_FAULT,
        SIM_INTERRUPTED,           /* EINTR of any call that can wait */
        SIM_SHORT_RECV,            /* fewer bytes than are there, then an edge */
        SIM_SHORT_SEND,            /* fewer bytes than there is room for, then an edge */
        SIM_AGAIN,                 /* EAGAIN though there is something to do, then an edge */
        SIM_NO_BUFFERS,            /* ENOBUFS or ENOMEM of recv and send, no edge */
        SIM_RESET,                 /* the connection breaks: ECONNRESET, EPIPE */
        SIM_VANISH,                /* the same by ETIMEDOUT, EHOSTUNREACH, ENETUNREACH */
        SIM_ACCEPT_GONE,           /* ECONNABORTED and its like: a waiting connection is lost */
        SIM_ACCEPT_NO_DESCRIPTORS, /* EMFILE, ENFILE, once */
        SIM_ACCEPT_NO_MEMORY,      /* ENOBUFS, ENOMEM, once */
        SIM_ACCEPT_STICKY,         /* any of the four for many calls */
        SIM_WATCH_REFUSED,         /* epoll_ctl has no memory, or a connection's option */
        SIM_EVENT_SPURIOUS,        /* an event that tells what is not so */
        SIM_EVENT_STALE,           /* an event of a descriptor that was closed */
        SIM_EVENT_LONE,            /* HUP or ERR without the IN that Linux sends along */
        SIM_EVENT_FEW,             /* one event, though there are more */
        SIM_RELEASE_REFUSED,       /* pages do not go back */
        SIM_SHUTDOWN_REFUSED,      /* ENOTCONN of a connection that breaks just then */
        SIM_DATAGRAM_LOST,         /* on its way to the server */
        SIM_DATAGRAM_TWICE,        /* it comes twice */
        SIM_DATAGRAM_CUT,          /* MSG_TRUNC or MSG_CTRUNC though there was room */
        SIM_DATAGRAM_ERROR,        /* of a peer that an answer went to, told to recvmsg: ICMP */
        SIM_DATAGRAM_FEW,          /* recvmmsg gives fewer than wait */
        SIM_ANSWER_NO_ROOM,        /* EAGAIN of a datagram: the send buffer is full */
        SIM_ANSWER_REFUSED,        /* a filter, a route that is gone, ICMP */
        SIM_ANSWER_UNCUT,          /* what UDP_SEGMENT was to cut up is refused */
        SIM_ANSWER_FEW,            /* sendmmsg takes fewer than it could */
        SIM_FAULT_COUNT,
};

struct sim_settings {
        uint32_t rates[SIM_FAULT_COUNT]; /* of 65536 opportunities */
        uint32_t descriptors;            /* as RLIMIT_NOFILE: numbers 0 to this - 1 */
        uint32_t buffer_min;             /* bytes of a socket's queue each way, at least */
        uint32_t buffer_max;             /* and at most; 1 or more */
        uint32_t datagrams_max; /* batches that wait at a UDP socket, at most; 0 = what fits */
        FILE *trace;            /* a line an event; NULL = none */
};

/* Calls first to first + count - 1 of that function fail; first 0 = none. */
struct sim_injection {
        enum sim_call call;
        uint64_t first;
        uint64_t count;
        int error; /* positive errno */
};

#define SIM_NO_OFFSET UINT64_MAX

/* Options that a listener hands to its connections. */
struct sim_options {
        bool urgent_in_line;
        bool no_delay;
        bool reuse_port;
        bool reuse_address;
        bool is_ip6_only;
        bool tells_overflows;
        bool coalesces;
        bool tells_ip4_path;
        bool tells_ip6_path;
        uint32_t unsent_max; /* bytes; TCP_NOTSENT_LOWAT */
        uint64_t user_timeout_ns;
};

/*
 * One connection, both its ends. Offsets count bytes of its stream: the client has sent `sent`, the
 * server has read `read` of them and echoed `echoed`, the client has taken `taken` of those.
 * Everything is the kernel's; tests and the oracle only read it.
 */
struct sim_link {
        bool is_used;
        uint32_t ordinal; /* of all connections of this kernel: its stream's number */
        bool is_unix;     /* a Unix stream socket, else TCP */
        uint16_t family;  /* of its listener: how it tells the client's address */
        struct ip peer;   /* the client's address */
        int fd;           /* the server's; -1 = none, not yet or no more */
        uint32_t worker;  /* that has it, once it is watched */
        struct sim_options options;

        /* Of a connection whose listener expects a proxy's header: that is no part of the stream.
         */
        bool is_proxied;
        struct header header;
        uint32_t header_size; /* 0 = the client has not said which */
        uint32_t header_sent;
        uint32_t header_seen; /* the most that a peek has shown of it */
        uint32_t header_read;
        bool is_headed; /* the server knows who comes, and it was asked for the limits */

        uint64_t sent;
        uint64_t read;
        uint64_t urgent; /* offset of the urgent byte while it was not read; SIM_NO_OFFSET */
        uint64_t echoed;
        uint64_t taken;
        uint32_t receive_size; /* bytes the server's side queues */
        uint32_t send_size;    /* unacknowledged bytes the server's side queues */
        uint32_t window;       /* bytes the client's side queues */

        bool is_client_finished; /* its FIN arrived, behind `sent` */
        bool is_client_closed;   /* nobody reads there: bytes are answered by a reset */
        bool is_client_reset;    /* the client saw a reset: what it had not taken is lost */
        bool is_client_gone;     /* the client forgot the connection */
        bool is_dark;            /* the client's machine no longer answers */
        bool is_server_finished; /* our FIN follows `echoed` */
        bool is_server_closed;   /* by close(2), or it was never accepted */
        bool is_finish_taken;    /* the client acknowledged it */
        bool is_dead;            /* in state CLOSE: a reset, or both FINs, arrived */
        bool is_reset_on_close;
        bool is_waiting_for_space; /* SOCK_NOSPACE: an EPOLLOUT edge is owed */
        uint32_t edges_later;      /* an injected fault owes these */
        int error;                 /* SO_ERROR, positive */

        /* What the oracle wants to know. */
        bool is_watched;       /* it was in an epoll set: a connection, not a refusal */
        bool is_end_told;      /* recv returned 0 */
        int error_told;        /* the first fatal errno that a call returned, positive */
        bool is_excused;       /* an injected fault may have hidden bytes while draining */
        bool is_refused_watch; /* adding it to an epoll failed, or preparing it for that */
        uint64_t drain_due;    /* bytes to echo in any case: there when draining began */
        uint64_t dark_ns;      /* since when */
        uint64_t moved_ns;     /* the idle deadline counts from here */
        uint64_t owed_ns;      /* the stall deadline counts from here, while bytes are owed */
        uint64_t blocked_ns;   /* and from here, if what was peeked at did not leave; 0 = it did */
        uint64_t retry_ns;     /* until then the server may wait for memory */
        uint64_t touched_step; /* sim_steps() at the last call */
        uint32_t step_sends;   /* calls of send in that round */
};

/*
 * A datagram on its way to the server, or several of one size, but the last, that came as one: one
 * batch for a socket that asked for UDP_GRO.
 */
struct sim_datagram {
        struct ip source; /* IPv4 travels by IPv4 */
        struct ip destination;
        struct ip local; /* of the interface that it comes by: where it went, unless to many */
        uint16_t source_port;
        uint16_t port;
        uint32_t size;         /* bytes of all of them */
        uint32_t segment_size; /* of each; = size if it is one */
        bool is_alike;         /* of one size all have the same payload, else none has */
        uint64_t tag;          /* the sender's, for the watcher */
};

/* A datagram that a worker received, when it can no longer be answered. */
struct sim_received {
        uint64_t tag;
        uint32_t worker;
        uint32_t size;
        bool is_truncated; /* the server was told so; of a batch that was cut it is one */
        bool is_answered;
        bool has_no_room; /* an answer before this one on that socket found the buffer full */
        int error;        /* that the latest try to answer got, positive; 0 = none */
};

/* A UDP socket: what the oracle wants to know of it. */
struct sim_receiver {
        uint32_t waiting;  /* batches in its queue */
        uint32_t room;     /* most that can wait */
        uint32_t overflow; /* that did not, ever */
        uint32_t told;     /* of them the server knows */
        int last_receive;  /* what the latest call returned: batches, or -errno */
        uint64_t step;     /* sim_steps() then */
        uint32_t calls;    /* in that round */
};

/* Who watches; any may be NULL. */
struct sim_watcher {
        void (*accepted)(const struct sim_link *link);
        /* The server knows for whom a proxy comes. */
        void (*headed)(const struct sim_link *link);
        void (*server_closes)(struct sim_link *link); /* before close(2) takes effect */
        void (*listener_closes)(int listen_fd, uint32_t waiting, int last_accept);
        /* Nothing is ready; UINT64_MAX = for ever. */
        void (*sleeps)(uint32_t worker, uint64_t until_ns);
        /* In the order in which the server received them. */
        void (*datagram_ends)(const struct sim_received *received);
        void (*receiver_closes)(uint32_t worker, const struct sim_receiver *receiver);
};

struct sim_figures {
        uint64_t events;                  /* kernel calls, client actions, clock steps */
        uint64_t faults[SIM_FAULT_COUNT]; /* [SIM_NO_FAULT] is their sum */
        uint64_t injected;                /* calls that failed by sim_inject() */
        uint64_t connections;
        uint64_t taken;      /* bytes read to be echoed, or peeked at and echoed */
        uint64_t bytes;      /* echoed and checked */
        uint64_t peeks;      /* calls of recv with MSG_PEEK, but for headers */
        uint64_t headers;    /* right ones that the server has read */
        uint64_t accepts[2]; /* sockets that accept gave, and errors but EAGAIN and EINTR */
        uint64_t herds;      /* connections that woke more than one worker to accept them */
        uint64_t timer_sets; /* calls of sys_timer_set() */
        uint64_t datagrams;  /* received by the server */
        uint64_t datagram_bytes;
        uint64_t answers; /* datagrams that it sent */
        uint64_t answer_bytes;
        uint64_t overflows; /* that it was told of */
        uint64_t batches;   /* received, of more than one datagram */
        uint64_t cuttings;  /* messages sent to be cut up by the kernel */
};

void sim_open(struct choice *choice, const struct sim_settings *settings,
              const struct sim_watcher *watcher);
/* From now on faults at these rates. */
void sim_disturb(const uint32_t rates[SIM_FAULT_COUNT]);
/*
 * From now on no faults; machines that vanished are back, and know nothing of before. Clients have
 * room for some bytes at least.
 */
void sim_heal(void);
/* Fails if a descriptor, a connection or memory was left. */
void sim_close(void);

/* Fails calls on purpose. */
void sim_inject(const struct sim_injection *injection);

/* The process ends here, with the reason; the hook, if any, runs first. */
_Noreturn __attribute__((format(printf, 1, 2))) void sim_fail(const char *format, ...);

uint64_t sim_now(void);
/* Timers whose time has come by then fire. */
void sim_advance(uint64_t ns);
/*
 * Workers are known by the order in which they opened their epolls, from 0. The latest
 * sys_poll_wait() of that one found nothing and would have waited until then, when its timeout ends
 * or a timer that it watches fires; UINT64_MAX = for ever, 0 = not at all.
 */
uint64_t sim_sleeps_until(uint32_t worker);
/* Goes up whenever something was achieved: bytes moved, a connection or a fault came or went. */
uint64_t sim_progress(void);
/* Begins the next round of a worker, which may make a bounded number of calls. */
void sim_step(uint32_t worker);
uint64_t sim_steps(void);
/* When listen(fd, 0) told that the worker drains; UINT64_MAX = not yet. */
uint64_t sim_drain_began(uint32_t worker);
/* A connection waits at a listener of the worker that its epoll does not watch. */
bool sim_is_accepting_paused(uint32_t worker);
/* A connection of the worker has closed since its accepting last failed. */
bool sim_has_closed_since_pause(uint32_t worker);
/* Connections in all backlogs. */
uint32_t sim_waiting(void);
/* Connections in the worker's epoll set. */
uint32_t sim_watched(uint32_t worker);
/* What poll(2) would tell of the descriptor. */
uint32_t sim_events(int fd);
/* What the worker asked epoll to tell of it. */
uint32_t sim_watched_for(int fd);
/* read(2) of an eventfd: whether it was woken since the last time. */
bool sim_wake_take(int wake_fd);
uint64_t sim_hash(void);
const struct sim_figures *sim_figures(void);

/* A listening Unix socket, as its owner opens it; its `port` is for sim_client_connect(). */
int sim_listen_unix(uint16_t *ret_port);
/* Who connects to that listener is a proxy, and will send a header first. */
void sim_expect_headers(int listen_fd);
/* dup(2). */
int sim_duplicate(int fd);

/*
 * It comes to whom the kernel chooses, or to many. How many sockets have it now, or have counted
 * that they had no room; -ECONNREFUSED: there is none. What is lost on its way counts as well.
 */
int sim_datagram_send(const struct sim_datagram *datagram);
/* What was received and not answered will not be: tells the watcher. */
void sim_datagrams_end(void);
/* A worker's UDP sockets, one after the other from 0; NULL = no more. */
const struct sim_receiver *sim_receiver_at(uint32_t worker, uint32_t number);
/* An answer as it left, one or several of one size that were cut up. */
struct sim_answer {
        struct ip source;
        struct ip peer;
        uint16_t source_port;
        uint16_t peer_port;
        uint32_t size;         /* bytes of all of them */
        uint32_t segment_size; /* = size if it is one */
};
/* The latest answer to that peer, one of the last SIM_ANSWERS_KEPT. */
struct sim_answer sim_latest_answer(struct ip peer, uint16_t peer_port);

/* Client side. A link's number is valid until sim_client_forget(). */
/* -ECONNREFUSED: nobody listens; -EAGAIN: the backlog is full; -ENOBUFS: too many links. */
int sim_client_connect(uint16_t port);
/* The same from that address, which an IPv4 listener must be able to tell. */
int sim_client_connect_from(uint16_t port, struct ip source);
struct sim_link *sim_link(int index);
/* What a proxy will send first, before anything else is sent. */
void sim_client_set_header(int index, const struct header *header);
/* The proxy's header is not known to the server yet. */
bool sim_is_headless(const struct sim_link *link);
/* For walking over all 0 to SIM_LINKS_MAX - 1; NULL = none there. */
const struct sim_link *sim_link_at(int index);
/*
 * Returns what was taken, of the header first; `is_urgent` makes the last byte of it urgent
 * (MSG_OOB), but not of a header.
 */
uint32_t sim_client_send(int index, uint32_t size, bool is_urgent);
uint32_t sim_client_receive(int index, uint32_t size);
/* Bytes that the client could receive now. */
uint32_t sim_client_readable(int index);
/* Everything was taken, and our FIN follows it. */
bool sim_client_is_at_end(int index);
void sim_client_finish(int index);
void sim_client_close(int index);
void sim_client_reset(int index);
/* The client's machine stops answering. */
void sim_client_vanish(int index);
void sim_client_forget(int index);
