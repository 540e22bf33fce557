/* SPDX-License-Identifier: MIT */
/* The simulated kernel's insides: for sim*.c alone. */
#pragma once

#include <netinet/in.h>
#include <sys/epoll.h>

#include "support/sim.h"

enum sim_kind { SIM_FREE, SIM_SOCKET, SIM_STREAM, SIM_POLL, SIM_EVENTFD, SIM_TIMER };

/* One registration of a descriptor with an epoll. */
struct sim_watch {
        bool is_used;
        bool is_queued; /* on the epoll's ready list */
        uint32_t events;
        uint64_t token;
        struct sim_watch *next;
        int fd;
};

/* A socket that listens, or will; several descriptors may be of one (dup(2)). */
struct sim_socket {
        uint32_t references; /* descriptors; 0 = free */
        bool is_unix;
        bool is_datagram;
        bool is_proxied; /* its connections begin with a header */
        struct sim_options options;
        uint16_t family;
        struct ip address;        /* bound */
        struct sockaddr_in6 name; /* as bind(2) was given it, or a sockaddr_in */
        uint16_t port; /* bound; 0 = not. A Unix socket has one that no TCP socket can have */
        bool is_listening;
        uint32_t backlog;
        uint32_t waiting[SIM_LINKS_MAX]; /* links, a ring */
        uint32_t waiting_first;
        uint32_t waiting_count;
        int last_accept;
        int fd; /* of a UDP socket, which has one */
        uint32_t packet_first;
        struct sim_receiver receiver;
};

struct sim_descriptor {
        enum sim_kind kind;
        union {
                uint32_t socket; /* SIM_SOCKET: which */
                uint32_t link;   /* SIM_STREAM */
                uint32_t poll;   /* SIM_POLL */
                bool is_woken;   /* SIM_EVENTFD */
                struct {
                        uint64_t deadline_ns; /* UINT64_MAX = not set, or it has fired */
                        bool has_fired;       /* since it was set last */
                } timer;                      /* SIM_TIMER */
        };
        uint32_t watched_by; /* the epoll that watched it first */
        struct sim_watch watches[SIM_POLLS_MAX];
};

enum { SIM_STALE_MAX = 8, SIM_FIRST_DESCRIPTOR = 3, SIM_CALLS_PER_STEP = 100000 };

/* An epoll, and what is known of the worker that has it. */
struct sim_poll {
        int fd; /* -1 = free */
        struct sim_watch *first;
        struct sim_watch *last;
        uint64_t read_ns; /* its latest sys_clock() */
        uint64_t sleeps_until_ns;
        uint64_t drain_ns;
        bool has_closed_since_pause;
        uint32_t watched;              /* connections */
        uint64_t stale[SIM_STALE_MAX]; /* tokens of closed ones */
        uint32_t stale_count;
};

enum { SIM_SOCKETS_MAX = 16 };

struct sim {
        struct choice *choice;
        struct sim_settings settings;
        const struct sim_watcher *watcher;
        struct sim_injection injection;
        uint64_t calls[SIM_CALL_COUNT];
        struct sim_figures figures;
        uint64_t hash;
        uint64_t now_ns;
        uint64_t progress;
        uint64_t steps;
        uint64_t step_calls; /* since the latest began */
        uint32_t current;    /* whose round it is */
        int sticky_error;
        uint32_t sticky_left;
        uint32_t waiting;    /* connections in all backlogs */
        uint32_t late_count; /* edges that faults owe, about: 0 = none */
        uint32_t dark_count; /* clients that vanished, ever */
        uint32_t stream;     /* of the payload of the next datagram */
        struct sim_socket sockets[SIM_SOCKETS_MAX];
        struct sim_poll polls[SIM_POLLS_MAX];
        struct sim_descriptor descriptors[SIM_DESCRIPTORS_MAX];
        struct sim_link links[SIM_LINKS_MAX];
};

extern struct sim sim;

/* Counts and records an event. */
void sim_note(const char *what, int64_t a, int64_t b, int64_t result);
/* Counts the call; the negative errno that was injected into it, or 0. */
int sim_enter(enum sim_call call);
/* Which of these faults happens now; counts it. */
enum sim_fault sim_draw(const enum sim_fault *kinds, uint32_t count);
#define SIM_DRAW(...)                                     \
        sim_draw((const enum sim_fault[]){ __VA_ARGS__ }, \
                 sizeof((const enum sim_fault[]){ __VA_ARGS__ }) / sizeof(enum sim_fault))

void sim_memory_open(void);
/* Fails if memory was left reserved. */
void sim_memory_close(void);

/* The descriptor; fails if it is not open, or not of that kind. */
struct sim_descriptor *sim_descriptor(int fd, enum sim_kind kind);
/* The lowest free number; -EMFILE. */
int sim_descriptor_open(enum sim_kind kind);
/* The socket of a descriptor. */
struct sim_socket *sim_socket(int fd);
/* A socket with a descriptor, or -EMFILE. */
int sim_socket_open(uint16_t family);
/* Whether it may bind to the port, or listen there: 0 or -EADDRINUSE. */
int sim_socket_check_port(const struct sim_socket *socket, uint16_t port);
/* One descriptor of it is gone; with the last one, who waits is reset. */
void sim_socket_release(int fd);
/* Likewise of a UDP socket, whose only one it is: what waits is lost. */
void sim_datagram_release(struct sim_socket *socket);
/* Bound to no address. */
bool sim_is_wildcard(const struct sim_socket *socket);
/* Nothing was received yet. */
void sim_datagrams_open(void);

/* Something happened that a waiter wakes for; key 0 = any (as the kernel's wake_up with none). */
void sim_poll_wake(int fd, uint32_t key);
/* A connection waits: of those that share it exclusively, one that sleeps is enough. */
void sim_poll_wake_listeners(uint32_t socket);
void sim_poll_forget(int fd);
bool sim_is_watched(int fd);
void sim_poll_close(struct sim_descriptor *descriptor);
/* Those fire whose time has come. */
void sim_timers_fire(void);
/* When the first of those fires that the epoll watches; UINT64_MAX = never. */
uint64_t sim_timers_next(uint32_t poll);

uint32_t sim_link_mask(const struct sim_link *link);
/* Bytes that the server's side would take now: what the window has room for leaves at once. */
uint32_t sim_link_space(const struct sim_link *link);
bool sim_link_is_shut_for_reading(const struct sim_link *link);
bool sim_link_is_shut_for_writing(const struct sim_link *link);
/* Out of line, an urgent byte is no part of the stream: the next read passes over it. */
bool sim_link_is_at_hole(const struct sim_link *link);
/* The connection is dead on the server's side with that error (0 = it died by our reset). */
void sim_link_break(struct sim_link *link, int error);
/* What the client sees of a reset. */
void sim_link_reset_client(struct sim_link *link);
/* An edge that a fault owes: it comes when nothing else is ready. */
void sim_link_owe_edge(struct sim_link *link, uint32_t events);
/* The server was told that there is no memory, and will try again in a while. */
void sim_link_await_memory(struct sim_link *link);
uint64_t sim_link_unread(const struct sim_link *link);
/* Bytes of a header that wait. */
uint32_t sim_header_unread(const struct sim_link *link);
/* The next of them, as recv(2) with these flags gives them. */
void sim_header_receive(struct sim_link *link, unsigned char *data, uint32_t size, int flags);
/* The byte that was sent last is urgent: the one before it, if any, no longer is. */
void sim_link_mark_urgent(struct sim_link *link);
/* The client acknowledges our FIN, if it has got it by now. */
void sim_link_take_finish(struct sim_link *link);
/* As sim_poll_wake(), if the server has the connection. */
void sim_link_wake(const struct sim_link *link, uint32_t key);
/* The edge that is owed to whoever found no room, if there is room now. */
void sim_link_wake_for_space(struct sim_link *link);
/* Nobody knows the link any more when both sides are done with it. */
void sim_link_free_if_unknown(struct sim_link *link);
/* The server knows for whom it comes. */
void sim_link_note_headed(struct sim_link *link);
/* The peer's address as accept(2) and getpeername(2) tell it; its size. */
uint32_t sim_write_peer(const struct sim_link *link, struct sockaddr *ret_peer);
/* The server's side is over: by close(2), or because nobody accepted it. */
void sim_link_end(struct sim_link *link);
