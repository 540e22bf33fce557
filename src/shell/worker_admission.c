/* SPDX-License-Identifier: MIT */
#include "shell/worker_admission.h"

#include "core/ensure.h"
#include "shell/sys.h"

/*
 * The limits that know the peer: not at Unix sockets, whose peers have no address. Of a proxy the
 * others count its clients.
 */
static enum counters_refused ask_limits(const struct worker *worker, unsigned listener,
                                        const struct acceptor_peer *peer, uint32_t *ret_source)
{
        const struct listener *from = &worker->acceptor.listeners[listener];
        struct ip ip;
        uint16_t port;

        *ret_source = SOURCE_NONE;
        if (from->is_unix)
                return REFUSED_NONE;
        bool is_ip = ip_from_socket((const struct sockaddr *)&peer->address, &ip, &port);
        ensure(is_ip);
        if (from->is_proxied)
                return admission_allows(&worker->config.admission, ip) ? REFUSED_NONE
                                                                       : REFUSED_ACCESS;
        return admission_take(&worker->config.admission, ip, worker->now_ns, ret_source);
}

static void refuse(struct worker *worker, int fd, enum counters_refused why)
{
        counter_add(&worker->counters->refused[why], 1);
        (void)sys_reset_on_close(fd);
        (void)sys_close(fd);
}

/* False when a limit stands against it, and it was refused. */
static bool pass_limits(struct worker *worker, int fd, unsigned listener,
                        const struct acceptor_peer *peer, uint32_t *ret_source)
{
        enum counters_refused why = ask_limits(worker, listener, peer, ret_source);

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

static void start_conn(struct worker *worker, struct conn *conn, int fd, unsigned listener)
{
        const struct listener *from = &worker->acceptor.listeners[listener];

        conn_init(conn, worker->now_ns);
        conn->fd = fd;
        conn->opened_ns = worker->now_ns;
        conn->listener = (uint8_t)listener;
        /* No event tells that there is room at first: a Unix socket is taken to have some. */
        if (from->is_unix)
                conn->flags |= CONN_UNIX | CONN_WRITABLE;
        if (from->is_proxied)
                conn_expect_header(conn);
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
        return sys_poll_set(worker->poll_fd, EPOLL_CTL_ADD, conn->fd, pump_events(conn),
                            slots_token(&worker->slots, conn));
}

/* Not for the echo path, which is flattened. */
__attribute__((noinline)) void worker_admission_put(const struct worker *worker, uint32_t source)
{
        admission_put(&worker->config.admission, source);
}

bool worker_admit(struct worker *worker, int fd, unsigned listener,
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
