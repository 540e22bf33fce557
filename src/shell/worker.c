/* SPDX-License-Identifier: MIT */
#include "shell/worker.h"

#include <errno.h>
#include <string.h>

#include "core/ensure.h"
#include "core/poison.h"
#include "shell/listener.h"
#include "shell/sys.h"

/* Tokens below 2^32 are not connections: a listener's is its index. */
#define TOKEN_WAKE UINT64_C(0xffffffff)

#define PAGE_SIZE ((size_t)4096)

static const uint64_t ms_ns = 1000000;

/* A connection that found no kernel memory tries again then. */
static const uint64_t retry_after_ns = 100 * ms_ns;

/* Pages go back a while after they fell free: a busy server would only fetch them again. */
static const uint64_t trim_after_ns = 1000 * ms_ns;

static const uint32_t conn_events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET;

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

/* Takes an accepted socket in; false when the kernel cannot watch it. */
static bool admit(struct worker *worker, int fd)
{
        struct conn *conn = slots_take(&worker->slots);

        if (conn == NULL) {
                refuse(worker, fd, REFUSED_LIMIT);
                return true;
        }
        uint32_t index = slots_index(&worker->slots, conn);
        int error = sys_poll_set(worker->poll_fd, EPOLL_CTL_ADD, fd, conn_events,
                                 slots_token(&worker->slots, conn));
        if (error < 0) {
                slots_put(&worker->slots, conn);
                refuse(worker, fd, REFUSED_NO_MEMORY);
                return false;
        }
        conn_init(conn, worker->now_ns);
        conn->fd = fd;
        ready_clear(&worker->ready, index);
        timers_clear(&worker->timers, index);
        timers_arm(&worker->timers, index, conn_deadline(conn, &worker->config.limits));
        counter_add(&worker->counters->accepted, 1);
        return true;
}

static void accept_some(struct worker *worker, unsigned listener, unsigned count)
{
        while (count-- > 0) {
                int fd = acceptor_take(&worker->acceptor, listener, worker->now_ns);
                if (fd == -EAGAIN)
                        return;
                if (fd < 0 || admit(worker, fd))
                        continue;
                acceptor_pause(&worker->acceptor, worker->now_ns);
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
        if (conn_ends_by_reset(conn))
                (void)sys_reset_on_close(conn->fd);
        (void)sys_close(conn->fd);
        counter_add(&worker->counters->closed[conn->end], 1);
        slots_put(&worker->slots, conn);
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

static void take_turn(struct worker *worker, struct conn *conn)
{
        unsigned before = conn->flags & (CONN_PARKED | CONN_RETRY);

        pump_turn(&worker->pump, conn, worker->now_ns);
        /* Only these can make a deadline earlier; all else the timer learns when it fires. */
        if (before != (conn->flags & (CONN_PARKED | CONN_RETRY))) {
                arm(worker, conn);
                worker->trim_ns = earlier(worker->trim_ns, worker->now_ns + trim_after_ns);
        }
}

/* One turn each for those that are ready now; who becomes ready meanwhile waits for the next. */
static void run_ready(struct worker *worker)
{
        uint32_t last = ready_last(&worker->ready);
        uint32_t index;

        if (last == READY_NONE)
                return;
        do {
                index = ready_take(&worker->ready);
                struct conn *conn = &worker->slots.conns[index];
                if (conn_wants(conn) != CONN_WANT_CLOSE)
                        take_turn(worker, conn);
                if (conn_wants(conn) == CONN_WANT_CLOSE)
                        close_conn(worker, conn);
                else
                        put_if_ready(worker, conn);
        } while (index != last);
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

static size_t pages(size_t size)
{
        return (size + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
}

static void trim(struct worker *worker)
{
        size_t end = pages(worker->slots.top * sizeof(struct conn));
        uint32_t cursor = 0;

        slots_trim(&worker->slots);
        size_t begin = pages(worker->slots.top * sizeof(struct conn));
        if (begin < end)
                (void)sys_release((unsigned char *)worker->slots.conns + begin, end - begin);
        for (;;) {
                struct spill_run run = spill_reclaim(&worker->pool, &cursor);
                if (run.size == 0)
                        break;
                (void)sys_release(run.data, run.size);
        }
        worker->trim_ns = UINT64_MAX;
}

static void stop_listening(struct worker *worker)
{
        for (unsigned i = 0; i < worker->acceptor.count; i++) {
                /* What waits is served; who comes later finds another server, or none. */
                (void)sys_listen(worker->acceptor.listen_fds[i], 0);
                accept_some(worker, i, LISTENER_BACKLOG);
        }
        acceptor_close(&worker->acceptor);
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
                /* Bytes may be waiting whose edge was not fetched yet, behind an urgent mark too. */
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

static int wait_ms(const struct worker *worker, int timeout_ms)
{
        uint64_t next_ns = earlier(worker->trim_ns, worker->drain_ns);

        if (timeout_ms == 0 || !ready_is_empty(&worker->ready))
                return 0;
        next_ns = earlier(next_ns, worker->acceptor.resume_ns);
        next_ns = earlier(next_ns, timers_next(&worker->timers));
        if (next_ns == UINT64_MAX)
                return timeout_ms;
        if (next_ns <= worker->now_ns)
                return 0;
        uint64_t ms = (next_ns - worker->now_ns + ms_ns - 1) / ms_ns;
        if (timeout_ms > 0 && ms > (uint64_t)timeout_ms)
                return timeout_ms;
        return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

static void dispatch(struct worker *worker, const struct epoll_event *event)
{
        struct conn *conn = slots_find(&worker->slots, event->data.u64);

        if (conn != NULL) {
                pump_notice(conn, event->events);
                put_if_ready(worker, conn);
        } else if (event->data.u64 != TOKEN_WAKE) {
                acceptor_notice(&worker->acceptor, event->data.u64);
        } else if (atomic_load(&worker->is_asked_to_drain)) {
                start_draining(worker);
        }
}

int worker_step(struct worker *worker, int timeout_ms)
{
        int count = sys_poll_wait(worker->poll_fd, worker->events, WORKER_EVENTS_MAX,
                                  wait_ms(worker, timeout_ms));
        if (count < 0 && count != -EINTR)
                return count;
        worker->now_ns = sys_clock();
        for (int i = 0; i < count; i++)
                dispatch(worker, &worker->events[i]);
        run_ready(worker);
        accept_due(worker);
        run_timers(worker);
        if (worker->acceptor.resume_ns <= worker->now_ns)
                acceptor_resume(&worker->acceptor, worker->now_ns);
        if (worker->drain_ns <= worker->now_ns)
                force_drain(worker);
        if (worker->trim_ns <= worker->now_ns)
                trim(worker);
        counter_set(&worker->counters->parked, spill_used(&worker->pool));
        bool is_done = worker->is_draining && slots_used(&worker->slots) == 0;
        return is_done ? WORKER_DRAINED : WORKER_RUNS;
}

/* Lays the arrays out in one reservation, each on its own pages. */
static int reserve(struct worker *worker)
{
        const struct worker_config *config = &worker->config;
        size_t conns_size = pages((size_t)config->max_connections * sizeof(struct conn));
        size_t slot_words_size = pages(vacancy_words(config->max_connections) * sizeof(uint64_t));
        size_t block_words_size = pages(vacancy_words(config->block_count) * sizeof(uint64_t));
        size_t blocks_size = (size_t)config->block_count * config->scratch_size;
        size_t scratch_size = config->scratch_size;

        worker->memory_size =
            conns_size + slot_words_size + block_words_size + blocks_size + scratch_size;
        worker->memory = sys_reserve(worker->memory_size);
        if (worker->memory == NULL)
                return -ENOMEM;
        /* A kernel without huge pages refuses this, and is right. */
        (void)sys_small_pages(worker->memory, worker->memory_size);

        unsigned char *conns = worker->memory;
        unsigned char *slot_words = conns + conns_size;
        unsigned char *block_words = slot_words + slot_words_size;
        unsigned char *blocks = block_words + block_words_size;
        unsigned char *scratch = blocks + blocks_size;
        slots_init(&worker->slots, (void *)conns, (void *)slot_words, config->max_connections);
        spill_init(&worker->pool, blocks, config->scratch_size, (void *)block_words,
                   config->block_count);
        ready_init(&worker->ready, worker->slots.conns);
        timers_init(&worker->timers, worker->slots.conns, worker->now_ns);
        worker->pump = (struct pump){ .pool = &worker->pool,
                                      .counters = worker->counters,
                                      .scratch = scratch,
                                      .scratch_size = config->scratch_size };
        poison(scratch, scratch_size);
        return 0;
}

static void release(struct worker *worker)
{
        unpoison(worker->memory, worker->memory_size);
        (void)sys_unreserve(worker->memory, worker->memory_size);
}

static int open_poll(struct worker *worker)
{
        worker->poll_fd = sys_poll_open();
        if (worker->poll_fd < 0)
                return worker->poll_fd;
        worker->wake_fd = sys_wake_open();
        if (worker->wake_fd < 0) {
                sys_close(worker->poll_fd);
                return worker->wake_fd;
        }
        /* Edge-triggered: each write to it is an edge, so it need not be read. */
        int error = sys_poll_set(worker->poll_fd, EPOLL_CTL_ADD, worker->wake_fd, EPOLLIN | EPOLLET,
                                 TOKEN_WAKE);
        if (error < 0) {
                sys_close(worker->wake_fd);
                sys_close(worker->poll_fd);
                return error;
        }
        acceptor_init(&worker->acceptor, worker->poll_fd, worker->counters);
        return 0;
}

int worker_open(struct worker *worker, const struct worker_config *config,
                struct counters *counters)
{
        ensure(config->scratch_size > 0 && config->scratch_size % PAGE_SIZE == 0);
        memset(worker, 0, sizeof(*worker));
        worker->config = *config;
        worker->counters = counters;
        worker->now_ns = sys_clock();
        worker->trim_ns = UINT64_MAX;
        worker->drain_ns = UINT64_MAX;
        int error = reserve(worker);
        if (error < 0)
                return error;
        error = open_poll(worker);
        if (error < 0)
                release(worker);
        return error;
}

int worker_listen(struct worker *worker, int listen_fd)
{
        return acceptor_add(&worker->acceptor, listen_fd);
}

void worker_drain(struct worker *worker)
{
        atomic_store(&worker->is_asked_to_drain, true);
        (void)sys_wake(worker->wake_fd);
}

void worker_close(struct worker *worker)
{
        for (uint32_t i = 0; i < worker->slots.top; i++) {
                struct conn *conn = slots_at(&worker->slots, i);
                if (conn == NULL)
                        continue;
                (void)sys_reset_on_close(conn->fd);
                (void)sys_close(conn->fd);
        }
        acceptor_close(&worker->acceptor);
        (void)sys_close(worker->wake_fd);
        (void)sys_close(worker->poll_fd);
        release(worker);
}
