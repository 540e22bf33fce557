/* SPDX-License-Identifier: MIT */
#include "shell/worker.h"

#include <errno.h>
#include <string.h>

#include "core/ensure.h"
#include "shell/listener.h"
#include "shell/sys.h"
#include "shell/worker_admission.h"
#include "shell/worker_memory.h"

static const uint64_t ms_ns = 1000000;

/* A connection that found no kernel memory tries again then. */
static const uint64_t retry_after_ns = 100 * ms_ns;

/* Pages go back a while after they fell free: a busy server would only fetch them again. */
static const uint64_t trim_after_ns = 1000 * ms_ns;

/*
 * What a connection is registered for. TCP for all, once. A Unix socket would tell EPOLLOUT at each
 * read of its peer, so that is asked for only while there is no room.
 */
static uint32_t conn_events(const struct conn *conn)
{
        uint32_t events = EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLET;
        bool is_unix = (conn->flags & CONN_UNIX) != 0;

        if (!is_unix || (conn->flags & CONN_WAITS_FOR_ROOM) != 0)
                events |= EPOLLOUT;
        return events;
}

static uint64_t earlier(uint64_t a_ns, uint64_t b_ns)
{
        return a_ns < b_ns ? a_ns : b_ns;
}

static void put_if_ready(struct worker *worker, struct conn *conn)
{
        if (pump_is_ready(conn))
                ready_put(&worker->ready, slots_index(&worker->slots, conn));
}

static void refuse(struct worker *worker, int fd, enum counters_refused why)
{
        counter_add(&worker->counters->refused[why], 1);
        (void)sys_reset_on_close(fd);
        (void)sys_close(fd);
}

static void start_conn(struct worker *worker, struct conn *conn, int fd, unsigned listener)
{
        conn_init(conn, worker->now_ns);
        conn->fd = fd;
        conn->opened_ns = worker->now_ns;
        conn->listener = (uint8_t)listener;
        /* No event tells that there is room at first: a Unix socket is taken to have some. */
        if (worker->acceptor.listeners[listener].is_unix)
                conn->flags |= CONN_UNIX | CONN_WRITABLE;
}

/* Hands the connection to the kernel; what its listener could not hand down is set first. */
static int watch_conn(struct worker *worker, const struct conn *conn)
{
        int error = 0;

        /* unix(7) sockets do not inherit it, and without it an urgent byte would be lost. */
        if ((conn->flags & CONN_UNIX) != 0)
                error = sys_setsockopt_int(conn->fd, SOL_SOCKET, SO_OOBINLINE, 1);
        if (error < 0)
                return error;
        return sys_poll_set(worker->poll_fd, EPOLL_CTL_ADD, conn->fd, conn_events(conn),
                            slots_token(&worker->slots, conn));
}

/* False when a limit stands against it, and it was refused. */
static bool pass_limits(struct worker *worker, int fd, unsigned listener,
                        const struct acceptor_peer *peer, uint32_t *ret_source)
{
        enum counters_refused why = worker_admission_take(worker, listener, peer, ret_source);

        if (why != REFUSED_NONE) {
                refuse(worker, fd, why);
                return false;
        }
        if (!quota_take(worker->config.connections, worker->config.max_connections)) {
                worker_admission_put(worker, *ret_source);
                refuse(worker, fd, REFUSED_LIMIT);
                teller_limit(&worker->config.teller, (uint8_t)listener,
                             worker->config.max_connections, worker->now_ns);
                return false;
        }
        return true;
}

/* Takes an accepted socket in; false when the kernel cannot watch it. */
static bool admit(struct worker *worker, int fd, unsigned listener,
                  const struct acceptor_peer *peer)
{
        uint32_t source;

        if (!pass_limits(worker, fd, listener, peer, &source))
                return true;
        /* Each worker has room for all connections of the process. */
        struct conn *conn = slots_take(&worker->slots);
        ensure(conn != NULL);
        start_conn(worker, conn, fd, listener);
        conn->source = source;
        if (watch_conn(worker, conn) < 0) {
                slots_put(&worker->slots, conn);
                worker_admission_put(worker, source);
                quota_put(worker->config.connections);
                refuse(worker, fd, REFUSED_NO_MEMORY);
                return false;
        }
        uint32_t index = slots_index(&worker->slots, conn);
        ready_clear(&worker->ready, index);
        timers_clear(&worker->timers, index);
        timers_arm(&worker->timers, index, conn_deadline(conn, &worker->config.limits));
        counter_add(&worker->counters->accepted, 1);
        teller_open(&worker->config.teller, conn, (const struct sockaddr *)&peer->address,
                    peer->size);
        return true;
}

static void accept_some(struct worker *worker, unsigned listener, unsigned count)
{
        struct acceptor_peer peer;

        while (count-- > 0) {
                int fd = acceptor_take(&worker->acceptor, listener, &peer, worker->now_ns);
                if (fd == -EAGAIN)
                        return;
                if (fd < 0 || admit(worker, fd, listener, &peer))
                        continue;
                acceptor_pause(&worker->acceptor, listener, ACCEPT_NO_MEMORY, worker->now_ns);
                return;
        }
}

static void accept_due(struct worker *worker)
{
        for (unsigned i = 0; i < worker->acceptor.count; i++)
                if ((worker->acceptor.due >> i & 1) != 0)
                        accept_some(worker, i, WORKER_ACCEPTS_MAX);
        worker->acceptor.due = 0;
}

static void close_conn(struct worker *worker, struct conn *conn)
{
        timers_disarm(&worker->timers, slots_index(&worker->slots, conn));
        conn_settle(conn, &worker->pool, worker->now_ns);
        worker_admission_put(worker, conn->source);
        if (conn_ends_by_reset(conn))
                (void)sys_reset_on_close(conn->fd);
        (void)sys_close(conn->fd);
        counter_add(&worker->counters->closed[conn->end], 1);
        teller_close(&worker->config.teller, conn, worker->now_ns);
        slots_put(&worker->slots, conn);
        quota_put(worker->config.connections);
        worker->trim_ns = earlier(worker->trim_ns, worker->now_ns + trim_after_ns);
        acceptor_resume(&worker->acceptor, worker->now_ns);
}

static void arm(struct worker *worker, const struct conn *conn)
{
        uint64_t deadline_ns = conn_deadline(conn, &worker->config.limits);

        if ((conn->flags & CONN_RETRY) != 0)
                deadline_ns = earlier(deadline_ns, worker->now_ns + retry_after_ns);
        timers_arm(&worker->timers, slots_index(&worker->slots, conn), deadline_ns);
}

/* A Unix connection asks for EPOLLOUT while there is no room, and drops it once there is. */
static void ask_for_room(struct worker *worker, struct conn *conn)
{
        bool has_room = (conn->flags & CONN_WRITABLE) != 0;
        bool waits = (conn->flags & CONN_WAITS_FOR_ROOM) != 0;

        if ((conn->flags & CONN_UNIX) == 0 || has_room != waits || conn->end != CONN_OPEN)
                return;
        conn->flags ^= CONN_WAITS_FOR_ROOM;
        int error = sys_poll_set(worker->poll_fd, EPOLL_CTL_MOD, conn->fd, conn_events(conn),
                                 slots_token(&worker->slots, conn));
        if (error == 0)
                return;
        conn->flags ^= CONN_WAITS_FOR_ROOM;
        conn->flags |= CONN_RETRY;
}

static void take_turn(struct worker *worker, struct conn *conn)
{
        unsigned before = conn->flags & (CONN_PARKED | CONN_RETRY);

        pump_turn(&worker->pump, conn, worker->now_ns);
        ask_for_room(worker, conn);
        /* Only these can make a deadline earlier; all else the timer learns when it fires. */
        if (before != (conn->flags & (CONN_PARKED | CONN_RETRY))) {
                arm(worker, conn);
                worker->trim_ns = earlier(worker->trim_ns, worker->now_ns + trim_after_ns);
        }
}

/* One turn; who is still ready after it goes to the end of the list. */
static void run_conn(struct worker *worker, struct conn *conn)
{
        if (conn_wants(conn) != CONN_WANT_CLOSE)
                take_turn(worker, conn);
        if (conn_wants(conn) == CONN_WANT_CLOSE)
                close_conn(worker, conn);
        else
                put_if_ready(worker, conn);
}

/* One turn each for those that were ready when the round began; `last` was put last by then. */
static void run_ready(struct worker *worker, uint32_t last)
{
        uint32_t index = READY_NONE;

        while (index != last) {
                index = ready_take(&worker->ready);
                run_conn(worker, &worker->slots.conns[index]);
        }
}

/* Its time has come: one last turn, as bytes may have moved unnoticed, and then the verdict. */
static void run_timer(struct worker *worker, struct conn *conn)
{
        bool is_due = conn_deadline(conn, &worker->config.limits) <= worker->now_ns;

        if (is_due || (conn->flags & CONN_RETRY) != 0) {
                conn->flags |= CONN_READABLE | CONN_WRITABLE;
                conn->flags &= (uint16_t)~CONN_RETRY;
                take_turn(worker, conn);
        }
        conn_expire(conn, &worker->config.limits, worker->now_ns);
        arm(worker, conn);
        put_if_ready(worker, conn);
}

static void run_timers(struct worker *worker)
{
        uint32_t index;

        while ((index = timers_pop(&worker->timers, worker->now_ns)) != TIMERS_NONE)
                run_timer(worker, &worker->slots.conns[index]);
}

static void stop_listening(struct worker *worker)
{
        for (unsigned i = 0; i < worker->acceptor.count; i++) {
                /* What waits is served; who comes later finds another server, or none. */
                (void)sys_listen(worker->acceptor.listeners[i].fd, 0);
                accept_some(worker, i, LISTENER_BACKLOG);
        }
        acceptor_close(&worker->acceptor);
        reflector_drain(&worker->reflector, worker->now_ns);
}

__attribute__((cold, noinline)) static void start_draining(struct worker *worker)
{
        if (worker->is_draining)
                return;
        worker->is_draining = true;
        worker->drain_ns = UINT64_MAX;
        if (worker->config.drain_timeout_ns < UINT64_MAX - worker->now_ns)
                worker->drain_ns = worker->now_ns + worker->config.drain_timeout_ns;
        stop_listening(worker);
        for (uint32_t i = 0; i < worker->slots.top; i++) {
                struct conn *conn = slots_at(&worker->slots, i);
                if (conn == NULL)
                        continue;
                conn_drain(conn);
                /* Bytes may be waiting whose edge was not fetched yet, behind an urgent mark too.
                 */
                conn->flags |= CONN_READABLE | CONN_ALERT;
                put_if_ready(worker, conn);
        }
}

static void force_drain(struct worker *worker)
{
        for (uint32_t i = 0; i < worker->slots.top; i++) {
                struct conn *conn = slots_at(&worker->slots, i);
                if (conn == NULL)
                        continue;
                conn_fail(conn, CONN_END_DRAIN_TIMEOUT);
                put_if_ready(worker, conn);
        }
        worker->drain_ns = UINT64_MAX;
}

/* When the worker has something to do, though no event comes. */
static uint64_t next_deadline(const struct worker *worker)
{
        uint64_t next_ns = earlier(worker->trim_ns, worker->drain_ns);

        next_ns = earlier(next_ns, worker->acceptor.resume_ns);
        return earlier(next_ns, timers_next(&worker->timers));
}

/* The number of events, or -errno. */
static int fetch_events(struct worker *worker, int timeout_ms)
{
        int error = 0;

        if (!ready_is_empty(&worker->ready))
                timeout_ms = 0;
        if (timeout_ms != 0)
                error = waker_set(&worker->waker, next_deadline(worker), worker->now_ns);
        if (error < 0)
                return error;
        return sys_poll_wait(worker->poll_fd, worker->events, WORKER_EVENTS_MAX, timeout_ms);
}

/*
 * Who is on the ready list has its turn with those, all others at once. Flattened, so that a
 * message takes a fifth fewer instructions; what is rare is marked cold and stays out of it.
 */
__attribute__((flatten)) static void dispatch(struct worker *worker,
                                              const struct epoll_event *event)
{
        struct conn *conn = slots_find(&worker->slots, event->data.u64);

        if (conn != NULL) {
                pump_notice(conn, event->events);
                if (!ready_has(&worker->ready, slots_index(&worker->slots, conn)))
                        run_conn(worker, conn);
        } else if (event->data.u64 != WAKER_TOKEN) {
                reflector_turn(&worker->reflector, event->data.u64, worker->now_ns);
                acceptor_notice(&worker->acceptor, event->data.u64);
        } else if (atomic_load(&worker->is_asked_to_drain)) {
                start_draining(worker);
        }
}

int worker_step(struct worker *worker, int timeout_ms)
{
        int count = fetch_events(worker, timeout_ms);
        if (count < 0 && count != -EINTR)
                return count;
        worker->now_ns = sys_clock();
        uint32_t last = ready_last(&worker->ready);
        for (int i = 0; i < count; i++)
                dispatch(worker, &worker->events[i]);
        run_ready(worker, last);
        accept_due(worker);
        run_timers(worker);
        if (worker->acceptor.resume_ns <= worker->now_ns)
                acceptor_resume(&worker->acceptor, worker->now_ns);
        if (worker->drain_ns <= worker->now_ns)
                force_drain(worker);
        if (worker->trim_ns <= worker->now_ns) {
                worker_memory_trim(worker);
                worker->trim_ns = UINT64_MAX;
        }
        counter_set(&worker->counters->parked, spill_used(&worker->pool));
        bool is_done = worker->is_draining && slots_used(&worker->slots) == 0;
        return is_done ? WORKER_DRAINED : WORKER_RUNS;
}

static int open_poll(struct worker *worker)
{
        worker->poll_fd = sys_poll_open();
        if (worker->poll_fd < 0)
                return worker->poll_fd;
        int error = waker_open(&worker->waker, worker->poll_fd);
        if (error < 0) {
                (void)sys_close(worker->poll_fd);
                return error;
        }
        acceptor_init(&worker->acceptor, worker->poll_fd, worker->counters, &worker->config.teller);
        reflector_init(&worker->reflector, worker->poll_fd, worker->counters,
                       &worker->config.teller);
        return 0;
}

int worker_open(struct worker *worker, const struct worker_config *config,
                struct counters *counters)
{
        ensure(config->scratch_size > 0 && config->scratch_size % WORKER_PAGE_SIZE == 0);
        memset(worker, 0, sizeof(*worker));
        worker->config = *config;
        worker->counters = counters;
        worker->now_ns = sys_clock();
        worker->trim_ns = UINT64_MAX;
        worker->drain_ns = UINT64_MAX;
        int error = worker_memory_reserve(worker);
        if (error < 0)
                return error;
        error = open_poll(worker);
        if (error < 0)
                worker_memory_release(worker);
        return error;
}

int worker_listen(struct worker *worker, const struct listener *listener)
{
        return acceptor_add(&worker->acceptor, listener);
}

int worker_reflect(struct worker *worker, const struct reflector_setup *setup)
{
        return reflector_add(&worker->reflector, setup);
}

void worker_drain(struct worker *worker)
{
        atomic_store(&worker->is_asked_to_drain, true);
        waker_wake(&worker->waker);
}

void worker_close(struct worker *worker)
{
        for (uint32_t i = 0; i < worker->slots.top; i++) {
                struct conn *conn = slots_at(&worker->slots, i);
                if (conn == NULL)
                        continue;
                worker_admission_put(worker, conn->source);
                (void)sys_reset_on_close(conn->fd);
                (void)sys_close(conn->fd);
                quota_put(worker->config.connections);
        }
        acceptor_close(&worker->acceptor);
        reflector_close(&worker->reflector);
        waker_close(&worker->waker);
        (void)sys_close(worker->poll_fd);
        worker_memory_release(worker);
}
