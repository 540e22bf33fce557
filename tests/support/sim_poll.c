/* SPDX-License-Identifier: MIT */
/*
 * epoll(7) as Linux does it: a wake-up of a descriptor puts its registrations on their epolls'
 * ready lists, epoll_wait takes them off in order and asks each descriptor what is true by then. A
 * level-triggered one goes back to the end of the list.
 */
#include <errno.h>
#include <string.h>

#include "shell/sys.h"
#include "support/sim_state.h"

static void queue(uint32_t poll, struct sim_watch *watch)
{
        struct sim_poll *list = &sim.polls[poll];

        if (watch->is_queued)
                return;
        watch->is_queued = true;
        watch->next = NULL;
        if (list->first == NULL)
                list->first = watch;
        else
                list->last->next = watch;
        list->last = watch;
}

static struct sim_watch *take(struct sim_poll *list)
{
        struct sim_watch *watch = list->first;

        if (watch == NULL)
                return NULL;
        list->first = watch->next;
        watch->is_queued = false;
        return watch;
}

static void dequeue(struct sim_poll *list, struct sim_watch *watch)
{
        struct sim_watch *before = NULL;

        if (!watch->is_queued)
                return;
        for (struct sim_watch *at = list->first; at != watch; at = at->next)
                before = at;
        if (before == NULL)
                list->first = watch->next;
        else
                before->next = watch->next;
        if (list->last == watch)
                list->last = before;
        watch->is_queued = false;
}

uint32_t sim_events(int fd)
{
        const struct sim_descriptor *descriptor = sim_descriptor(fd, SIM_FREE);

        switch (descriptor->kind) {
        case SIM_STREAM:
                return sim_link_mask(&sim.links[descriptor->link]);
        case SIM_SOCKET:
                if (sim.sockets[descriptor->socket].is_datagram)
                        return sim.sockets[descriptor->socket].receiver.waiting > 0
                                   ? EPOLLIN | EPOLLOUT
                                   : EPOLLOUT;
                if (!sim.sockets[descriptor->socket].is_listening)
                        return EPOLLOUT | EPOLLHUP;
                return sim.sockets[descriptor->socket].waiting_count > 0 ? EPOLLIN : 0;
        case SIM_EVENTFD:
                return descriptor->is_woken ? EPOLLIN | EPOLLOUT : EPOLLOUT;
        case SIM_TIMER:
                return descriptor->timer.has_fired ? EPOLLIN : 0;
        case SIM_POLL:
        case SIM_FREE:
                break;
        }
        return 0;
}

uint32_t sim_watched_for(int fd)
{
        const struct sim_descriptor *descriptor = sim_descriptor(fd, SIM_FREE);
        const struct sim_watch *watch = &descriptor->watches[descriptor->watched_by];

        return watch->is_used ? watch->events : 0;
}

/* tcp_poll(): whoever was told that there is no room gets an edge when there is. */
static uint32_t ask(int fd)
{
        const struct sim_descriptor *descriptor = &sim.descriptors[fd];
        uint32_t events = sim_events(fd);

        if (descriptor->kind == SIM_STREAM && (events & EPOLLOUT) == 0)
                sim.links[descriptor->link].is_waiting_for_space = true;
        return events;
}

/* Whether it is registered there for this key, and is now on that ready list. */
static bool wake_at(struct sim_descriptor *descriptor, uint32_t poll, uint32_t key)
{
        struct sim_watch *watch = &descriptor->watches[poll];

        if (!watch->is_used || (key != 0 && (watch->events & key) == 0))
                return false;
        queue(poll, watch);
        return true;
}

void sim_poll_wake(int fd, uint32_t key)
{
        struct sim_descriptor *descriptor = sim_descriptor(fd, SIM_FREE);

        for (uint32_t i = 0; i < SIM_POLLS_MAX; i++)
                (void)wake_at(descriptor, i, key);
}

/* ep_poll_callback() of exclusive waiters: the first of a sleeping epoll ends the round. */
void sim_poll_wake_listeners(uint32_t socket)
{
        uint32_t first = choice_below(sim.choice, SIM_DESCRIPTORS_MAX);
        uint32_t woken = 0;

        for (uint32_t i = 0; i < SIM_DESCRIPTORS_MAX; i++) {
                struct sim_descriptor *descriptor =
                    &sim.descriptors[(first + i) % SIM_DESCRIPTORS_MAX];
                uint32_t poll = descriptor->watched_by;
                if (descriptor->kind != SIM_SOCKET || descriptor->socket != socket)
                        continue;
                if (!wake_at(descriptor, poll, EPOLLIN) || sim.polls[poll].sleeps_until_ns == 0)
                        continue;
                woken++;
                if ((descriptor->watches[poll].events & EPOLLEXCLUSIVE) != 0)
                        break;
        }
        sim.figures.herds += woken > 1;
}

/* A stream that is watched is a connection to the server. */
static void count_watched(const struct sim_descriptor *descriptor, uint32_t poll, bool is_watched)
{
        struct sim_poll *list = &sim.polls[poll];

        if (descriptor->kind != SIM_STREAM)
                return;
        list->watched = is_watched ? list->watched + 1 : list->watched - 1;
        if (!is_watched)
                return;
        sim.links[descriptor->link].is_watched = true;
        sim.links[descriptor->link].worker = poll;
}

static void unwatch(struct sim_descriptor *descriptor, uint32_t poll)
{
        struct sim_watch *watch = &descriptor->watches[poll];

        if (!watch->is_used)
                return;
        dequeue(&sim.polls[poll], watch);
        watch->is_used = false;
        count_watched(descriptor, poll, false);
        if (descriptor->kind != SIM_STREAM)
                return;
        struct sim_poll *list = &sim.polls[poll];
        list->stale[list->stale_count++ % SIM_STALE_MAX] = watch->token;
}

void sim_poll_forget(int fd)
{
        for (uint32_t i = 0; i < SIM_POLLS_MAX; i++)
                unwatch(&sim.descriptors[fd], i);
}

bool sim_is_watched(int fd)
{
        bool is_watched = false;

        for (uint32_t i = 0; i < SIM_POLLS_MAX; i++)
                is_watched = is_watched || sim.descriptors[fd].watches[i].is_used;
        return is_watched;
}

void sim_poll_close(struct sim_descriptor *descriptor)
{
        for (int fd = 0; fd < SIM_DESCRIPTORS_MAX; fd++)
                unwatch(&sim.descriptors[fd], descriptor->poll);
        sim.polls[descriptor->poll].fd = -1;
}

int sys_poll_open(void)
{
        int fd = sim_enter(SIM_POLL_OPEN);

        if (fd == 0)
                fd = sim_descriptor_open(SIM_POLL);
        sim_note("sys_poll_open", 0, 0, fd);
        if (fd < 0)
                return fd;
        uint32_t poll = 0;
        while (poll < SIM_POLLS_MAX && sim.polls[poll].fd >= 0)
                poll++;
        if (poll == SIM_POLLS_MAX)
                sim_fail("more than %d epolls", SIM_POLLS_MAX);
        sim.polls[poll] = (struct sim_poll){ .fd = fd, .drain_ns = UINT64_MAX };
        sim.descriptors[fd].poll = poll;
        return fd;
}

static int set(uint32_t poll, int operation, int fd, uint32_t events, uint64_t token)
{
        struct sim_descriptor *descriptor = sim_descriptor(fd, SIM_FREE);
        struct sim_watch *watch = &descriptor->watches[poll];

        if (operation == EPOLL_CTL_ADD && watch->is_used)
                return -EEXIST;
        if (operation != EPOLL_CTL_ADD && !watch->is_used)
                return -ENOENT;
        if (operation == EPOLL_CTL_DEL) {
                unwatch(descriptor, poll);
                return 0;
        }
        if (SIM_DRAW(SIM_WATCH_REFUSED) != SIM_NO_FAULT)
                return choice_below(sim.choice, 2) == 0 ? -ENOMEM : -ENOSPC;
        if ((watch->events & EPOLLEXCLUSIVE) != 0 && operation == EPOLL_CTL_MOD)
                return -EINVAL;
        if (operation == EPOLL_CTL_ADD) {
                count_watched(descriptor, poll, true);
                descriptor->watched_by = poll;
        }
        watch->is_used = true;
        watch->events = events | EPOLLHUP | EPOLLERR;
        watch->token = token;
        watch->fd = fd;
        if ((ask(fd) & watch->events) != 0)
                queue(poll, watch);
        return 0;
}

int sys_poll_set(int poll_fd, int operation, int fd, uint32_t events, uint64_t token)
{
        uint32_t poll = sim_descriptor(poll_fd, SIM_POLL)->poll;
        struct sim_descriptor *descriptor = sim_descriptor(fd, SIM_FREE);
        int error = sim_enter(SIM_POLL_SET);

        /* epoll_ctl(2): these tell what is true, so an injected one makes it so, or is none. */
        bool is_told = (operation == EPOLL_CTL_ADD && error == -EEXIST) ||
                       (operation != EPOLL_CTL_ADD && error == -ENOENT);
        if (error == -EEXIST || error == -ENOENT)
                error = is_told && descriptor->kind == SIM_SOCKET ? error : 0;
        if (error == 0 || is_told) {
                int done = set(poll, operation, fd, events, token);
                error = error == 0 ? done : error;
        }
        if (error < 0 && operation == EPOLL_CTL_ADD && descriptor->kind == SIM_STREAM)
                sim.links[descriptor->link].is_refused_watch = true;
        if (error < 0 && operation == EPOLL_CTL_ADD)
                sim.polls[poll].has_closed_since_pause = false;
        if (error < 0 && operation == EPOLL_CTL_MOD)
                sim_link_await_memory(&sim.links[descriptor->link]);
        if (error == 0)
                sim.progress++;
        sim_note("sys_poll_set", fd, operation, error);
        return error;
}

/* Edges that injected faults owe come when nothing else is left to tell; false if none are owed. */
static bool deliver_late_edges(void)
{
        if (sim.late_count == 0)
                return false;
        for (unsigned i = 0; i < SIM_LINKS_MAX; i++) {
                struct sim_link *link = &sim.links[i];
                uint32_t edges = link->edges_later;
                link->edges_later = 0;
                if (link->is_used && link->fd >= 0 && edges != 0)
                        sim_poll_wake(link->fd, edges);
        }
        sim.late_count = 0;
        sim.progress++;
        return true;
}

static struct epoll_event make_event(uint32_t events, uint64_t token)
{
        struct epoll_event event = { .events = events };

        event.data.u64 = token;
        return event;
}

/* What is true of the watched descriptor, or less of it: a reset alone, an error alone. */
static uint32_t told(const struct sim_watch *watch)
{
        uint32_t events = ask(watch->fd) & watch->events;
        uint32_t lone = events & (EPOLLHUP | EPOLLERR);

        if (lone == 0 || SIM_DRAW(SIM_EVENT_LONE) == SIM_NO_FAULT)
                return events;
        return (lone & EPOLLERR) != 0 && choice_below(sim.choice, 2) == 0 ? EPOLLERR : lone;
}

/* An event out of nowhere: of a watched descriptor, or of one that is closed. */
static bool invent(uint32_t poll, struct epoll_event *ret_event)
{
        static const uint32_t untrue[] = { EPOLLIN,  EPOLLOUT, EPOLLIN | EPOLLOUT,
                                           EPOLLPRI, EPOLLERR, EPOLLIN | EPOLLRDHUP,
                                           EPOLLHUP };
        enum sim_fault fault = SIM_DRAW(SIM_EVENT_SPURIOUS, SIM_EVENT_STALE);
        uint32_t events = untrue[fault == SIM_NO_FAULT ? 0 : choice_below(sim.choice, 7)];

        const struct sim_poll *list = &sim.polls[poll];

        if (fault == SIM_EVENT_STALE && list->stale_count > 0) {
                uint32_t known =
                    list->stale_count < SIM_STALE_MAX ? list->stale_count : SIM_STALE_MAX;
                *ret_event = make_event(events, list->stale[choice_below(sim.choice, known)]);
                return true;
        }
        if (fault != SIM_EVENT_SPURIOUS)
                return false;
        int fd = (int)choice_below(sim.choice, SIM_DESCRIPTORS_MAX);
        const struct sim_watch *watch = &sim.descriptors[fd].watches[poll];
        if (!watch->is_used)
                return false;
        *ret_event = make_event(events & watch->events, watch->token);
        return (events & watch->events) != 0;
}

static int collect(uint32_t poll, struct epoll_event *events, int count)
{
        struct sim_poll *list = &sim.polls[poll];
        struct sim_watch *last = list->first != NULL ? list->last : NULL;
        struct sim_watch *watch = NULL;
        int found = 0;

        if (last != NULL && SIM_DRAW(SIM_EVENT_FEW) != SIM_NO_FAULT)
                count = 1;
        if (invent(poll, &events[0]))
                found = 1;
        while (last != NULL && watch != last && found < count) {
                watch = take(list);
                uint32_t true_events = told(watch);
                if (true_events == 0)
                        continue;
                events[found++] = make_event(true_events, watch->token);
                if ((watch->events & EPOLLET) == 0)
                        queue(poll, watch);
        }
        return found;
}

/* Time that passed since the server last read the clock has passed while it was waiting. */
static void sleep_for(uint32_t poll, int timeout_ms)
{
        uint64_t until_ns = sim_timers_next(poll);
        uint64_t bound_ns = sim.polls[poll].read_ns + (uint64_t)timeout_ms * 1000000;

        if (timeout_ms > 0 && bound_ns < until_ns)
                until_ns = bound_ns;
        if (until_ns <= sim.now_ns)
                return;
        sim.polls[poll].sleeps_until_ns = until_ns;
        if (sim.watcher != NULL && sim.watcher->sleeps != NULL)
                sim.watcher->sleeps(poll, until_ns);
}

int sys_poll_wait(int poll_fd, struct epoll_event *events, int count, int timeout_ms)
{
        uint32_t poll = sim_descriptor(poll_fd, SIM_POLL)->poll;
        int found = sim_enter(SIM_POLL_WAIT);

        if (count <= 0)
                sim_fail("%d events to wait for", count);
        if (found == 0 && SIM_DRAW(SIM_INTERRUPTED) != SIM_NO_FAULT)
                found = -EINTR;
        if (found == 0)
                do
                        found = collect(poll, events, count);
                while (found == 0 && deliver_late_edges());
        sim_note("sys_poll_wait", count, timeout_ms, found);
        if (found == 0 && timeout_ms != 0)
                sleep_for(poll, timeout_ms);
        return found;
}

static uint32_t waiting_at(const struct sim_descriptor *descriptor)
{
        return descriptor->kind == SIM_SOCKET ? sim.sockets[descriptor->socket].waiting_count : 0;
}

bool sim_is_accepting_paused(uint32_t worker)
{
        for (int fd = 0; fd < SIM_DESCRIPTORS_MAX && sim.waiting > 0; fd++) {
                const struct sim_descriptor *descriptor = &sim.descriptors[fd];
                if (waiting_at(descriptor) > 0 && descriptor->watched_by == worker &&
                    !descriptor->watches[worker].is_used)
                        return true;
        }
        return false;
}
