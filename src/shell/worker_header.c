/* SPDX-License-Identifier: MIT */
#include "shell/worker_header.h"

#include "core/ensure.h"
#include "core/proxy.h"
#include "shell/sys.h"

/* The proxy's own address; false when it is gone by now. */
static bool ask_peer(struct conn *conn, struct ip *ret_ip)
{
        struct sockaddr_storage address;
        uint32_t size = sizeof(address);
        uint16_t port;
        int error = sys_getpeername(conn->fd, (struct sockaddr *)&address, &size);

        if (error < 0) {
                pump_note_read_error(conn, -error);
                return false;
        }
        bool is_ip = ip_from_socket((const struct sockaddr *)&address, ret_ip, &port);
        ensure(is_ip);
        return true;
}

/* Who is behind the connection passes the limits. Else it is over, or will be tried again. */
static bool admit(struct worker *worker, struct conn *conn, const struct proxy_header *header)
{
        struct ip ip = header->source;

        /* A Unix socket's peer has no address. */
        if (!header->has_addresses && (conn->flags & CONN_UNIX) != 0)
                return true;
        if (!header->has_addresses && !ask_peer(conn, &ip))
                return false;
        enum counters_refused why =
            admission_take(&worker->config.admission, ip, worker->now_ns, &conn->source);
        if (why != REFUSED_NONE)
                conn_fail(conn, admission_conn_end(why));
        return why == REFUSED_NONE;
}

static void take(struct worker *worker, struct conn *conn, const unsigned char *data, uint32_t size)
{
        struct proxy_header header;
        enum proxy_verdict verdict = proxy_parse(data, size, &header);

        if (verdict == PROXY_INCOMPLETE) {
                /* Not before more comes, which sends an edge, or the time is up. */
                conn->flags &= (uint16_t)~CONN_READABLE;
        } else if (verdict != PROXY_COMPLETE) {
                conn_fail(conn, proxy_conn_end(verdict));
        } else if (admit(worker, conn, &header)) {
                conn_headed(conn, header.size, worker->now_ns);
                teller_headed(&worker->config.teller, conn, &header, worker->now_ns);
        }
}

__attribute__((cold, noinline)) void worker_take_header(struct worker *worker, struct conn *conn)
{
        unsigned char data[PROXY_SIZE_MAX];

        if ((conn_wants(conn) & CONN_WANT_HEADER) == 0 || (conn->flags & CONN_READABLE) == 0)
                return;
        long got = sys_recv(conn->fd, data, sizeof(data), MSG_PEEK);
        if (got < 0)
                pump_note_read_error(conn, (int)-got);
        else if (got == 0)
                conn_peer_finished(conn);
        else
                take(worker, conn, data, (uint32_t)got);
}
