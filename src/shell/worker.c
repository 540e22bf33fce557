/* SPDX-License-Identifier: MIT */
#include "shell/worker.h"

#include <errno.h>
#include <string.h>

#include "core/ensure.h"
#include "shell/listener.h"
#include "shell/sys.h"
#include "shell/worker_admission.h"
#include "shell/worker_header.h"
#include "shell/worker_memory.h"

static const uint64_t ms_ns = 1000000;

/* A connection that found no kernel memory tries again then. */
static const uint64_t retry_after_ns = 100 * ms_ns;

/* Pages go back a while after they fell free: a busy server would only fetch them again. */
static const uint64_t trim_after_ns = 1000 * ms_ns;

static uint64_t earlier(uint64_t a_ns, uint64_t b_ns)
{
        return a_ns < b_ns ? a_ns : b_ns;
}

static void put_if_ready(struct worker *worker, struct conn *conn)
{
        if (pump_is_ready(conn))
                ready_put(&worker->ready, slots_index(&worker->slots, conn));
}

static void accept_some(struct worker *worker, unsigned listener, unsigned count)
{
        struct acceptor_peer peer;

        while (count-- > 0) {
                int fd = acceptor_take(&worker->acceptor, listener, &peer, worker->now_ns);
                if (fd == -EAGAIN)
                        return;
                if (fd < 0 || worker_admit(worker, fd, listener, &peer))
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
        int error = sys_poll_set(worker->poll_fd, EPOLL_CTL_MOD, conn->fd, pump_events(conn),
                                 slots_token(&worker->slots, conn));
        if (error == 0)
                return;
        conn->flags ^= CONN_WAITS_FOR_ROOM;
        conn->flags |= CONN_RETRY;
}

static void take_turn(struct worker *worker, struct conn *conn)
{
        /* Only these can make a deadline earlier; all else the timer learns when it fires. */
        const unsigned hastening = CONN_PARKED | CONN_BLOCKED | CONN_RETRY | CONN_HEADLESS;
        unsigned before = conn->flags & hastening;

        if ((before & CONN_HEADLESS) != 0)
                worker_take_header(worker, conn);
        pump_turn(&worker->pump, conn, worker->now_ns);
        ask_for_room(worker, conn);
        if (before != (conn->flags & hastening)) {
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
                if (worker->acceptor.listeners[i].is_inherited)
                        continue;
                /* What waits is served; who comes later finds another server, or none. */
                (void)sys_listen(worker->acceptor.listeners[i].fd, 0);
                accept_some(worker, i, LISTENER_BACKLOG);
        }
        acceptor_close(&worker->acceptor);
        reflector_drain(&worker->reflector, worker->now_ns);
}

static void start_draining(struct worker *worker)
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

/* Main woke it. */
__attribute__((cold, noinline)) static void answer_main(struct worker *worker)
{
        atomic_store(&worker->owes_round, false);
        if (atomic_load(&worker->is_asked_to_drain))
                start_draining(worker);
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
        } else {
                answer_main(worker);
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

void worker_ask(struct worker *worker)
{
        atomic_store(&worker->owes_round, true);
        waker_wake(&worker->waker);
}

bool worker_has_answered(const struct worker *worker)
{
        return !atomic_load(&worker->owes_round);
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
