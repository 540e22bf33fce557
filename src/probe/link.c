/* SPDX-License-Identifier: MIT */
#include "probe/link.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/ensure.h"
#include "probe/endpoint.h"
#include "probe/payload.h"
#include "probe/run.h"

bool link_is_open(const struct link *link)
{
        return link->phase != LINK_CLOSED;
}

static bool is_awaiting(const struct link *link)
{
        return link->phase == LINK_CONNECTING || link->phase == LINK_FINISHING ||
               stream_in_flight(&link->stream) > 0;
}

/* Level-triggered: what is not read now is told again. */
static void watch(const struct run *run, struct link *link, int operation)
{
        bool writes = link->phase == LINK_CONNECTING || link->wants_room;
        struct epoll_event event = {
                .events = (link->is_deaf ? 0 : EPOLLIN | EPOLLRDHUP) | (writes ? EPOLLOUT : 0),
                .data.ptr = link,
        };

        if (epoll_ctl(run->poll_fd, operation, link->fd, &event) < 0)
                run_fail("epoll_ctl", errno);
}

static void close_socket(struct run *run, struct link *link, bool is_whole)
{
        if (link->phase == LINK_CONNECTING)
                run->connecting_count--;
        run->in_flight -= stream_in_flight(&link->stream);
        if (is_whole && run->mode->keeps_sockets) {
                watch(run, link, EPOLL_CTL_DEL);
        } else if (link->fd >= 0) {
                close(link->fd);
                link->fd = -1;
        }
        link->phase = LINK_CLOSED;
        run->open_count--;
        if (run->mode->closed != NULL)
                run->mode->closed(run, link, is_whole);
}

void link_close(struct run *run, struct link *link)
{
        close_socket(run, link, true);
}

static void fail(struct run *run, struct link *link, const char *doing, int error)
{
        run_fault(run, "connection", link->stream.number, doing, error);
        close_socket(run, link, false);
}

static void begin(struct run *run, struct link *link)
{
        link->phase = LINK_OPEN;
        run->connecting_count--;
        run->result->connections++;
        if (run->mode->opened != NULL)
                run->mode->opened(run, link);
}

static void connect_link(struct run *run, struct link *link)
{
        int error = endpoint_connect(link->fd, &run->options->target);

        /* Who waits for a backlog is not watched: link_tick() tries again. */
        if (error == -EAGAIN)
                return;
        if (error < 0 && error != -EINPROGRESS) {
                fail(run, link, "connect", -error);
                return;
        }
        if (error == 0)
                link->phase = LINK_OPEN;
        watch(run, link, EPOLL_CTL_ADD);
        if (error == 0)
                begin(run, link);
}

void link_open(struct run *run, struct link *link, uint64_t source)
{
        link->opened_ns = run_clock(run);
        link->awaited_ns = link->opened_ns;
        link->wants_room = false;
        link->phase = LINK_CONNECTING;
        run->connecting_count++;
        run->open_count++;
        link->fd = endpoint_open(&run->options->target, source);
        if (link->fd < 0)
                fail(run, link, "socket", -link->fd);
        else
                connect_link(run, link);
}

static void finish_connecting(struct run *run, struct link *link)
{
        int error = endpoint_error(link->fd);

        if (error < 0) {
                fail(run, link, "connect", -error);
                return;
        }
        link->phase = LINK_OPEN;
        watch(run, link, EPOLL_CTL_MOD);
        begin(run, link);
}

/* Ends the connection, or shuts it down, if nothing is left to do. */
static void advance(struct run *run, struct link *link)
{
        const struct stream *stream = &link->stream;

        if (link->phase == LINK_FINISHING || !stream_is_sent(stream))
                return;
        if (run->options->half_close) {
                link->phase = LINK_FINISHING;
                link->awaited_ns = run->now_ns;
                if (shutdown(link->fd, SHUT_WR) < 0)
                        fail(run, link, "shutdown", errno);
        } else if (stream_in_flight(stream) == 0) {
                link_close(run, link);
        }
}

/* Asks for EPOLLOUT while the kernel takes no more, and only then. */
static void want_room(struct run *run, struct link *link, bool wants)
{
        if (link->wants_room == wants)
                return;
        link->wants_room = wants;
        watch(run, link, EPOLL_CTL_MOD);
}

static void note_sent(struct run *run, struct link *link, uint64_t size)
{
        struct stream *stream = &link->stream;
        uint64_t begun_ns = run->mode->counts_connecting ? link->opened_ns : run->now_ns;

        if (stream_in_flight(stream) == 0)
                link->awaited_ns = run->now_ns;
        stream_sent(stream, size, begun_ns);
        run->result->sent_size += size;
        run->in_flight += size;
        if (run->in_flight > run->result->in_flight_most)
                run->result->in_flight_most = run->in_flight;
}

void link_send(struct run *run, struct link *link)
{
        struct stream *stream = &link->stream;
        uint64_t size = stream_sendable(stream, run_clock(run));
        bool is_full = false;

        while (size > 0 && !is_full) {
                uint64_t part = size < PAYLOAD_RUN_SIZE ? size : PAYLOAD_RUN_SIZE;
                ssize_t sent =
                    send(link->fd, payload_at(stream->number, stream->sent), part, MSG_NOSIGNAL);
                if (sent < 0 && errno == EINTR)
                        continue;
                if (sent < 0 && errno != EAGAIN) {
                        fail(run, link, "send", errno);
                        return;
                }
                is_full = sent < (ssize_t)part;
                if (sent > 0) {
                        note_sent(run, link, (uint64_t)sent);
                        size -= (uint64_t)sent;
                }
        }
        want_room(run, link, is_full);
        advance(run, link);
}

static void end_of_stream(struct run *run, struct link *link)
{
        uint64_t missing = stream_in_flight(&link->stream);

        if (link->phase == LINK_FINISHING && missing == 0) {
                link_close(run, link);
                return;
        }
        if (missing > 0)
                result_fault(run->result, VERDICT_LOSSY,
                             "connection %" PRIu64 ": the server finished, %" PRIu64
                             " bytes are missing from byte %" PRIu64 " on",
                             link->stream.number, missing, link->stream.received);
        else
                result_fault(run->result, VERDICT_LOSSY,
                             "connection %" PRIu64 ": the server finished first, after %" PRIu64
                             " bytes",
                             link->stream.number, link->stream.received);
        close_socket(run, link, false);
}

static void wrong_byte(struct run *run, struct link *link, const unsigned char *data,
                       uint64_t first)
{
        const struct stream *stream = &link->stream;
        unsigned char wrong = data[stream->received - first];

        run->result->corrupt++;
        if (stream->received >= stream->sent)
                result_fault(run->result, VERDICT_CORRUPT,
                             "connection %" PRIu64 ": byte %" PRIu64
                             " is 0x%02x, and was never sent",
                             stream->number, stream->received, wrong);
        else
                result_fault(run->result, VERDICT_CORRUPT,
                             "connection %" PRIu64 ": byte %" PRIu64 " is 0x%02x, expected 0x%02x",
                             stream->number, stream->received, wrong,
                             *payload_at(stream->number, stream->received));
        close_socket(run, link, false);
}

void link_read(struct run *run, struct link *link, uint32_t size)
{
        struct stream *stream = &link->stream;
        uint64_t first = stream->received;
        ensure(size <= RUN_SCRATCH_SIZE);
        ssize_t got = recv(link->fd, run->scratch, size, 0);

        if (got < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        if (got < 0) {
                fail(run, link, "receive", errno);
                return;
        }
        if (got == 0) {
                end_of_stream(run, link);
                return;
        }
        link->awaited_ns = run_clock(run);
        bool is_right =
            stream_received(stream, run->scratch, (uint32_t)got, run->now_ns, run->result);
        run->in_flight -= stream->received - first;
        if (!is_right) {
                wrong_byte(run, link, run->scratch, first);
                return;
        }
        link_send(run, link);
}

void link_notice(struct run *run, struct link *link, uint32_t events)
{
        if (link->phase == LINK_CONNECTING)
                finish_connecting(run, link);
        else if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
                link_read(run, link, RUN_SCRATCH_SIZE);
        else
                link_send(run, link);
}

void link_deafen(struct run *run, struct link *link)
{
        link->is_deaf = true;
        watch(run, link, EPOLL_CTL_MOD);
}

void link_stop(struct run *run, struct link *link)
{
        stream_stop(&link->stream);
        if (link->is_deaf) {
                link->is_deaf = false;
                link->awaited_ns = run->now_ns;
                watch(run, link, EPOLL_CTL_MOD);
        }
        if (link->phase == LINK_OPEN)
                advance(run, link);
}

void link_give_up(struct run *run, struct link *link)
{
        const char *awaited = link->phase == LINK_CONNECTING ? "no connection"
                              : stream_in_flight(&link->stream) > 0
                                  ? "no byte"
                                  : "no end of the stream after half-close";

        result_fault(run->result, VERDICT_TIMEOUT, "connection %" PRIu64 ": %s for %" PRIu64 " ms",
                     link->stream.number, awaited, (run->now_ns - link->awaited_ns) / 1000000);
        close_socket(run, link, false);
}

void link_tick(struct run *run, struct link *link)
{
        bool waits_for_backlog =
            link->phase == LINK_CONNECTING && run->options->target.transport == ADDRESS_UNIX;

        if (waits_for_backlog)
                connect_link(run, link);
        if (link_is_open(link) && !link->is_deaf && is_awaiting(link) &&
            run->now_ns - link->awaited_ns >= run->options->timeout_ns)
                link_give_up(run, link);
}
