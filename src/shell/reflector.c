/* SPDX-License-Identifier: MIT */
#include "shell/reflector.h"

#include <errno.h>
#include <sys/epoll.h>

#include "core/ensure.h"
#include "core/poison.h"
#include "shell/outbox.h"
#include "shell/sys.h"

/*
 * Which call is the cheaper one, the plain or the one for several, depends on how many datagrams
 * wait, which nobody tells. So each so many turns the other one is tried.
 */
enum { PLAIN_TURNS = 16 };

/* Turns of a socket that drains: more than a receive buffer of default size can fill. */
enum { DRAIN_TURNS = 64 };

struct reflector_memory {
        struct inbox inbox;
        struct outbox outbox;
        struct loop_guard guard;
        _Alignas(64) struct loop_guard_entry entries[REFLECTOR_GUARD_ENTRIES];
};

void reflector_init(struct reflector *reflector, int poll_fd, struct counters *counters,
                    const struct teller *teller)
{
        *reflector =
            (struct reflector){ .poll_fd = poll_fd, .counters = counters, .teller = teller };
}

static int reserve(struct reflector *reflector)
{
        if (reflector->memory != NULL)
                return 0;
        reflector->memory = sys_reserve(sizeof(*reflector->memory));
        if (reflector->memory == NULL)
                return -ENOMEM;
        inbox_init(&reflector->memory->inbox);
        return 0;
}

/* One for all sockets, whose key is the first one's. */
static struct loop_guard *guard_of(struct reflector_memory *memory, const struct siphash_key *key)
{
        if (memory->guard.entries == NULL)
                loop_guard_init(&memory->guard, memory->entries, REFLECTOR_GUARD_ENTRIES, key);
        return &memory->guard;
}

int reflector_add(struct reflector *reflector, const struct reflector_setup *setup)
{
        ensure(reflector->count < REFLECTOR_SOCKETS_MAX);
        struct reflector_socket *socket = &reflector->sockets[reflector->count];
        int error = reserve(reflector);
        if (error < 0)
                return error;
        /* One datagram wakes one of the workers that share its socket (epoll_ctl(2)). */
        error = sys_poll_set(reflector->poll_fd, EPOLL_CTL_ADD, setup->fd,
                             EPOLLIN | (setup->shared != NULL ? EPOLLEXCLUSIVE : 0),
                             REFLECTOR_TOKEN + reflector->count);
        if (error < 0)
                return error;
        *socket = (struct reflector_socket){ .fd = setup->fd,
                                             .listener = setup->listener,
                                             .is_wildcard = setup->is_wildcard,
                                             .address = setup->address,
                                             .shared = setup->shared,
                                             .rules = *setup->rules };
        socket->rules.guard =
            setup->guard_key != NULL ? guard_of(reflector->memory, setup->guard_key) : NULL;
        reflector->count++;
        return 0;
}

static unsigned choose_most(struct reflector_socket *socket)
{
        if (!socket->is_busy && ++socket->plain_turns < PLAIN_TURNS)
                return 1;
        socket->plain_turns = 0;
        return INBOX_SLOTS;
}

/*
 * How many are told of already, by whoever shares the socket; from now on these are, too. Another
 * worker may know of more by now.
 */
static uint32_t tell_shared(_Atomic uint32_t *shared, uint32_t overflows)
{
        uint32_t told = atomic_load(shared);

        do
                if ((int32_t)(overflows - told) < 0)
                        return overflows;
        while (!atomic_compare_exchange_weak(shared, &told, overflows));
        return told;
}

/* What the kernel counts is all there ever were, and wraps. */
static void note_overflows(struct reflector *reflector, struct reflector_socket *socket,
                           uint32_t overflows)
{
        uint32_t told = socket->overflows;

        if (socket->shared != NULL)
                told = tell_shared(socket->shared, overflows);
        counter_add(&reflector->counters->datagrams_overflowed, overflows - told);
        socket->overflows = overflows;
}

static void answer(struct reflector *reflector, const struct reflector_socket *socket,
                   const struct inbox_batch *batch, const struct datagram *datagram,
                   uint64_t now_ns)
{
        struct counters *counters = reflector->counters;
        enum datagram_drop drop = datagram_decide(datagram, &socket->rules, now_ns);

        counter_add(&counters->datagrams_received, 1);
        counter_add(&counters->datagram_received_bytes, datagram->payload_size);
        teller_datagram(reflector->teller, socket->listener, (const struct sockaddr *)&batch->peer,
                        batch->peer_size, datagram, drop, now_ns);
        if (drop != DATAGRAM_DROP_NONE)
                counter_add(&counters->datagrams_dropped[drop], 1);
        else
                outbox_put(&reflector->memory->outbox, batch, datagram->payload,
                           datagram->payload_size);
}

static void answer_batch(struct reflector *reflector, const struct reflector_socket *socket,
                         const struct inbox_batch *batch, uint64_t now_ns)
{
        struct datagram datagram = {
                .destination = socket->is_wildcard ? batch->destination : socket->address,
                .payload = batch->data,
                .is_truncated = batch->is_truncated,
                .is_broadcast = batch->is_broadcast,
        };
        uint32_t left = batch->size;

        bool is_ip = ip_from_socket((const struct sockaddr *)&batch->peer, &datagram.source,
                                    &datagram.source_port);
        ensure(is_ip);
        do {
                datagram.payload_size = left < batch->segment_size ? left : batch->segment_size;
                answer(reflector, socket, batch, &datagram, now_ns);
                datagram.payload += datagram.payload_size;
                left -= datagram.payload_size;
        } while (left > 0);
}

/* False when nothing waits any more. */
static bool run_socket(struct reflector *reflector, struct reflector_socket *socket,
                       uint64_t now_ns)
{
        struct inbox *inbox = &reflector->memory->inbox;
        struct outbox *outbox = &reflector->memory->outbox;
        int got = inbox_receive(inbox, socket->fd, choose_most(socket));
        /* Should one way of receiving fail for good, the other one has its turns. */
        socket->is_busy = got > 1;
        /* What is not EAGAIN is over with this: ICMP errors of what was sent, for instance. */
        if (got <= 0)
                return got != -EAGAIN;
        unsigned count = (unsigned)got;
        outbox_begin(outbox, socket->fd, reflector->counters);
        for (unsigned i = 0; i < count; i++) {
                if (inbox->batches[i].has_overflows)
                        note_overflows(reflector, socket, inbox->batches[i].overflows);
                answer_batch(reflector, socket, &inbox->batches[i], now_ns);
        }
        outbox_flush(outbox);
        inbox_done(inbox, count);
        return true;
}

__attribute__((noinline)) void reflector_turn(struct reflector *reflector, uint64_t token,
                                              uint64_t now_ns)
{
        if (token < REFLECTOR_TOKEN || token - REFLECTOR_TOKEN >= reflector->count)
                return;
        (void)run_socket(reflector, &reflector->sockets[token - REFLECTOR_TOKEN], now_ns);
}

static void close_sockets(struct reflector *reflector)
{
        for (unsigned i = 0; i < reflector->count; i++) {
                const struct reflector_socket *socket = &reflector->sockets[i];
                /* Closing would not end the events of what others have open (epoll(7)). */
                if (socket->shared != NULL)
                        (void)sys_poll_set(reflector->poll_fd, EPOLL_CTL_DEL, socket->fd, 0, 0);
                (void)sys_close(socket->fd);
        }
        reflector->count = 0;
}

void reflector_drain(struct reflector *reflector, uint64_t now_ns)
{
        for (unsigned i = 0; i < reflector->count; i++) {
                struct reflector_socket *socket = &reflector->sockets[i];
                unsigned turns = 0;
                do
                        socket->is_busy = true;
                while (run_socket(reflector, socket, now_ns) && ++turns < DRAIN_TURNS);
        }
        close_sockets(reflector);
}

void reflector_close(struct reflector *reflector)
{
        close_sockets(reflector);
        if (reflector->memory == NULL)
                return;
        unpoison(reflector->memory, sizeof(*reflector->memory));
        (void)sys_unreserve(reflector->memory, sizeof(*reflector->memory));
        reflector->memory = NULL;
}
