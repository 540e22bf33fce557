/* SPDX-License-Identifier: MIT */
/* A reflector before a kernel of few words: what waits at a socket is all alike. */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>

#include "core/ensure.h"
#include "core/poison.h"
#include "shell/outbox.h"
#include "shell/reflector.h"
#include "shell/sys.h"
#include "suite.h"
#include "support/ips.h"

enum { FD = 7, SOCKETS = 2, PORT = 7007, CALLS_MAX = 4096 };

/* A socket, and each of the datagrams, or batches, that wait at it. */
struct place {
        unsigned waiting;
        uint32_t size;
        uint32_t segment_size; /* 0 = it is one datagram */
        uint16_t peer_port;
        bool is_from_self; /* from 127.0.0.1, else from 192.0.2.2 */
        bool is_truncated;
        uint32_t overflows; /* 0 = none are told */
        int error;          /* negative: of the next call that receives */
        bool is_closed;
        unsigned sent; /* messages */
        uint32_t sent_size;
};

static struct place places[SOCKETS];
static char calls[CALLS_MAX]; /* p = plain, s = for several, by which datagrams were asked for */
static unsigned call_count;
static size_t reserved_size;
static bool is_memory_refused;
static int watch_error;
static uint64_t watched_token; /* the latest */
static bool is_watched[SOCKETS];
static _Atomic uint32_t *shared[SOCKETS]; /* with others, who have told of so many overflows */

static struct counters counters;
static struct event event_slots[64];
static struct events events;
static struct teller teller;
static struct reflector reflector;
static const struct datagram_port ports[] = { { PORT, true, true } };
static struct datagram_rules rules;

static inline struct place *place_of(int fd)
{
        ensure(fd >= FD && fd < FD + SOCKETS);
        ensure(!places[fd - FD].is_closed);
        return &places[fd - FD];
}

void *sys_reserve(size_t size)
{
        void *memory;

        ensure(reserved_size == 0);
        if (is_memory_refused)
                return NULL;
        memory = aligned_alloc(4096, (size + 4095) / 4096 * 4096);
        ensure(memory != NULL);
        memset(memory, 0, size);
        reserved_size = size;
        return memory;
}

int sys_unreserve(void *data, size_t size)
{
        ensure(size == reserved_size);
        reserved_size = 0;
        free(data);
        return 0;
}

int sys_poll_set(int poll_fd, int operation, int fd, uint32_t wanted, uint64_t token)
{
        ck_assert_int_eq(poll_fd, 3);
        (void)place_of(fd);
        if (operation == EPOLL_CTL_DEL) {
                is_watched[fd - FD] = false;
                return 0;
        }
        ck_assert_int_eq(operation, EPOLL_CTL_ADD);
        ck_assert_uint_eq(wanted, EPOLLIN | (shared[fd - FD] != NULL ? EPOLLEXCLUSIVE : 0));
        watched_token = token;
        is_watched[fd - FD] = watch_error == 0;
        return watch_error;
}

/* A socket is ready when it is added. */
int sys_setsockopt_int(int fd, int level, int name, int value)
{
        (void)fd;
        (void)level;
        (void)name;
        (void)value;
        return -EBADF;
}

int sys_close(int fd)
{
        /* Events of what others have open would go on. */
        ensure(shared[fd - FD] == NULL || !is_watched[fd - FD]);
        place_of(fd)->is_closed = true;
        return 0;
}

int sys_wake(int wake_fd)
{
        (void)wake_fd;
        return 0;
}

static inline void tell(struct msghdr *message, int level, int type, uint32_t value)
{
        struct cmsghdr *control = (struct cmsghdr *)(void *)((unsigned char *)message->msg_control +
                                                             message->msg_controllen);

        *control = (struct cmsghdr){ .cmsg_level = level,
                                     .cmsg_type = type,
                                     .cmsg_len = CMSG_LEN(sizeof(value)) };
        memcpy(CMSG_DATA(control), &value, sizeof(value));
        message->msg_controllen += CMSG_SPACE(sizeof(value));
}

static inline unsigned hand_over(struct place *place, struct msghdr *message)
{
        const char *source = place->is_from_self ? "127.0.0.1" : "192.0.2.2";
        struct sockaddr_in peer = { .sin_family = AF_INET, .sin_port = htons(place->peer_port) };

        ensure(inet_pton(AF_INET, source, &peer.sin_addr) == 1);
        memcpy(message->msg_name, &peer, sizeof(peer));
        message->msg_namelen = sizeof(peer);
        memset(message->msg_iov->iov_base, 'x', place->size);
        message->msg_flags = place->is_truncated ? MSG_TRUNC : 0;
        message->msg_controllen = 0;
        if (place->segment_size != 0)
                tell(message, IPPROTO_UDP, UDP_GRO, place->segment_size);
        if (place->overflows != 0)
                tell(message, SOL_SOCKET, SO_RXQ_OVFL, place->overflows);
        place->waiting--;
        return place->size;
}

/* 0 = go on. */
static inline int begin(struct place *place, char call)
{
        int error = place->waiting == 0 ? -EAGAIN : 0;

        ensure(call_count < CALLS_MAX);
        calls[call_count++] = call;
        if (place->error == 0)
                return error;
        error = place->error;
        place->error = 0;
        return error;
}

long sys_recvmsg(int fd, struct msghdr *message)
{
        struct place *place = place_of(fd);
        int error = begin(place, 'p');

        return error < 0 ? error : (long)hand_over(place, message);
}

int sys_recvmmsg(int fd, struct mmsghdr *messages, unsigned count)
{
        struct place *place = place_of(fd);
        int got = begin(place, 's');

        while (got >= 0 && (unsigned)got < count && place->waiting > 0) {
                messages[got].msg_len = hand_over(place, &messages[got].msg_hdr);
                got++;
        }
        return got;
}

long sys_sendmsg(int fd, const struct msghdr *message)
{
        struct place *place = place_of(fd);

        place->sent++;
        for (size_t i = 0; i < message->msg_iovlen; i++)
                place->sent_size += (uint32_t)message->msg_iov[i].iov_len;
        return 0;
}

int sys_sendmmsg(int fd, struct mmsghdr *messages, unsigned count)
{
        for (unsigned i = 0; i < count; i++)
                (void)sys_sendmsg(fd, &messages[i].msg_hdr);
        return (int)count;
}

/* So many wait, of one byte each. */
static inline struct place *wait_at(unsigned index, unsigned count)
{
        places[index] = (struct place){ .waiting = count, .size = 1, .peer_port = 40000 };
        return &places[index];
}

static inline int add_socket(unsigned index, const struct siphash_key *guard_key)
{
        struct reflector_setup setup = {
                .fd = FD + (int)index,
                .listener = (uint8_t)(3 + index),
                .address = ips_parse("127.0.0.1"),
                .guard_key = guard_key,
                .shared = shared[index],
                .rules = &rules,
        };

        return reflector_add(&reflector, &setup);
}

/* A reflector without a socket. */
static inline void start_empty(void)
{
        memset(places, 0, sizeof(places));
        memset(shared, 0, sizeof(shared));
        call_count = 0;
        reserved_size = 0;
        is_memory_refused = false;
        watch_error = 0;
        counters = (struct counters){ 0 };
        events_init(&events, event_slots, 64);
        teller = (struct teller){ .events = &events, .wake_fd = 4 };
        rules = (struct datagram_rules){ .ports = ports, .port_count = 1 };
        reflector_init(&reflector, 3, &counters, &teller);
}

static inline void start(void)
{
        start_empty();
        for (unsigned i = 0; i < SOCKETS; i++)
                ck_assert_int_eq(add_socket(i, NULL), 0);
}

static inline void stop(void)
{
        reflector_close(&reflector);
        ck_assert_uint_eq(reserved_size, 0);
}

static inline void turn(unsigned index)
{
        reflector_turn(&reflector, REFLECTOR_TOKEN + index, 1);
}

static inline void turn_times(unsigned index, unsigned count)
{
        while (count-- > 0)
                turn(index);
}

static inline void check_calls(const char *expected)
{
        ck_assert_uint_eq(call_count, strlen(expected));
        ck_assert(memcmp(calls, expected, call_count) == 0);
        call_count = 0;
}

static inline uint64_t dropped(enum datagram_drop why)
{
        return counter_read(&counters.datagrams_dropped[why]);
}
