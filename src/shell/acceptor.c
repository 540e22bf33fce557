/* SPDX-License-Identifier: MIT */
#include "shell/acceptor.h"

#include <errno.h>

#include "core/ensure.h"
#include "shell/sys.h"

/* What ran out may come back from other workers and processes, which send no event here. */
static const uint64_t resume_after_ns = 100000000;

/* One connection wakes one of the workers that share its listener (epoll_ctl(2)). */
static int watch(const struct acceptor *acceptor, int operation, const struct listener *listener,
                 unsigned token)
{
        uint32_t events = EPOLLIN | (listener->is_shared ? EPOLLEXCLUSIVE : 0);

        return sys_poll_set(acceptor->poll_fd, operation, listener->fd, events, token);
}

/* Descriptors that are in the set already, or not, are as they should be. */
static int watch_all(struct acceptor *acceptor, int operation)
{
        for (unsigned i = 0; i < acceptor->count; i++) {
                int error = watch(acceptor, operation, &acceptor->listeners[i], i);
                if (error < 0 && error != -EEXIST && error != -ENOENT)
                        return error;
        }
        return 0;
}

void acceptor_init(struct acceptor *acceptor, int poll_fd, struct counters *counters,
                   const struct teller *teller)
{
        *acceptor = (struct acceptor){
                .counters = counters, .teller = teller, .poll_fd = poll_fd, .resume_ns = UINT64_MAX
        };
}

int acceptor_add(struct acceptor *acceptor, const struct listener *listener)
{
        ensure(acceptor->count < ACCEPTOR_LISTENERS_MAX);
        int error = watch(acceptor, EPOLL_CTL_ADD, listener, acceptor->count);
        if (error < 0)
                return error;
        acceptor->listeners[acceptor->count++] = *listener;
        return 0;
}

void acceptor_notice(struct acceptor *acceptor, uint64_t token)
{
        if (token < acceptor->count)
                acceptor->due |= UINT32_C(1) << token;
}

void acceptor_pause(struct acceptor *acceptor, unsigned listener, enum counters_accept_error why,
                    uint64_t now_ns)
{
        if (acceptor->resume_ns == UINT64_MAX) {
                counter_add(&acceptor->counters->accept_pauses, 1);
                teller_paused(acceptor->teller, (uint8_t)listener, why, now_ns);
        }
        acceptor->due = 0;
        acceptor->resume_ns = now_ns + resume_after_ns;
        (void)watch_all(acceptor, EPOLL_CTL_DEL);
}

void acceptor_resume(struct acceptor *acceptor, uint64_t now_ns)
{
        if (acceptor->resume_ns == UINT64_MAX)
                return;
        acceptor->resume_ns = UINT64_MAX;
        if (watch_all(acceptor, EPOLL_CTL_ADD) < 0)
                acceptor_pause(acceptor, 0, ACCEPT_NO_MEMORY, now_ns);
}

int acceptor_take(struct acceptor *acceptor, unsigned listener, struct acceptor_peer *ret_peer,
                  uint64_t now_ns)
{
        ret_peer->size = sizeof(ret_peer->address);
        int fd = sys_accept(acceptor->listeners[listener].fd, (struct sockaddr *)&ret_peer->address,
                            &ret_peer->size);

        if (fd >= 0 || fd == -EAGAIN || fd == -EINTR)
                return fd;
        enum counters_accept_error kind = listener_classify(-fd);
        counter_add(&acceptor->counters->accept_errors[kind], 1);
        if (kind == ACCEPT_GONE)
                return fd;
        acceptor_pause(acceptor, listener, kind, now_ns);
        return -EAGAIN;
}

void acceptor_close(struct acceptor *acceptor)
{
        /* Of a socket that somebody else has open, closing would not end the events (epoll(7)). */
        (void)watch_all(acceptor, EPOLL_CTL_DEL);
        for (unsigned i = 0; i < acceptor->count; i++)
                (void)sys_close(acceptor->listeners[i].fd);
        acceptor_init(acceptor, acceptor->poll_fd, acceptor->counters, acceptor->teller);
}
