/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "probe/datagrams.h"
#include "probe/endpoint.h"
#include "probe/modes.h"
#include "probe/run.h"
#include "probe/segments.h"
#include "words/exit_code.h"

enum {
        /* Datagrams that one socket sends, or times it reads, before the others have their turn. */
        TURN_MOST = 64,
        /* Of an open loop: 64 KiB of memory a socket, and 8,192 datagrams on their way. */
        WINDOW_OPEN_LOOP = 8192,
        /* Answers that overtake one that is late do not hold up a closed loop. */
        WINDOW_PER_DEPTH = 16,
};

struct socket {
        struct datagrams book;
        int fd; /* -1 = it has ended */
        bool wants_room;
};

static void end(struct run *run, struct socket *socket)
{
        /* What is still awaited will not come. */
        datagrams_stop(&socket->book);
        datagrams_expire(&socket->book, UINT64_MAX - 2, run->result);
        if (socket->fd >= 0)
                close(socket->fd);
        socket->fd = -1;
        run->open_count--;
}

/* It has nothing left to send, and nothing to wait for. */
static void end_if_done(struct run *run, struct socket *socket)
{
        if (socket->fd >= 0 && socket->book.awaited == 0 && socket->book.next >= socket->book.limit)
                end(run, socket);
}

/* An ICMP error comes back by the next call: most often nobody listens there. */
static void fail(struct run *run, struct socket *socket, const char *doing, int error)
{
        run_fault(run, "socket", socket->book.number, doing, error);
        end(run, socket);
}

static void watch(const struct run *run, struct socket *socket, int operation)
{
        struct epoll_event event = {
                .events = EPOLLIN | (socket->wants_room ? EPOLLOUT : 0),
                .data.ptr = socket,
        };

        if (epoll_ctl(run->poll_fd, operation, socket->fd, &event) < 0)
                run_fail("epoll_ctl", errno);
}

static void want_room(const struct run *run, struct socket *socket, bool wants)
{
        if (socket->wants_room == wants)
                return;
        socket->wants_room = wants;
        watch(run, socket, EPOLL_CTL_MOD);
}

/* No server has to do with it: the path takes no such segments, or this kernel none at all. */
_Noreturn static void fail_batch(const struct run *run, const struct socket *socket, int error)
{
        const struct probe_options *options = run->options;
        int size_most = segments_size_most(socket->fd);

        if (size_most < 0 || options->message_size <= (uint64_t)size_most)
                run_fail("--batch: send by UDP_SEGMENT", error);
        fprintf(stderr,
                "echoprobe: --batch %" PRIu64 " and --size %" PRIu64
                ": a datagram of a batch must fit into one packet, of %d bytes at most on the path "
                "to %s\n",
                options->batch, options->message_size, size_most, options->target_text);
        exit(EXIT_CODE_USAGE);
}

static bool is_of_batch(int error)
{
        return error == EINVAL || error == EMSGSIZE || error == EIO || error == EOPNOTSUPP;
}

/* The next `count` together; what the kernel took, or a negative errno. */
static int64_t send_next(const struct socket *socket, uint32_t count)
{
        const struct datagrams *book = &socket->book;
        unsigned char heads[PROBE_BATCH_MAX][DATAGRAMS_HEAD_SIZE];
        struct iovec parts[2 * PROBE_BATCH_MAX];

        for (uint32_t i = 0; i < count; i++) {
                const unsigned char *rest = NULL;
                uint32_t head_size = datagrams_next(book, i, heads[i], &rest);
                parts[2 * i] = (struct iovec){ .iov_base = heads[i], .iov_len = head_size };
                parts[2 * i + 1] = (struct iovec){
                        .iov_base = (void *)(uintptr_t)rest,
                        .iov_len = book->size - head_size,
                };
        }
        return segments_send(socket->fd, parts, 2 * count, count > 1 ? (uint16_t)book->size : 0);
}

/* False if there is no room for more, or the socket has ended. */
static bool send_batch(struct run *run, struct socket *socket, uint32_t count)
{
        /* The answer may be there before send is over. */
        run_clock(run);
        int64_t sent = send_next(socket, count);

        for (uint32_t i = 0; i < count && sent >= 0; i++)
                datagrams_sent(&socket->book, run->now_ns, run->result);
        if (sent >= 0)
                return true;
        if (sent == -EAGAIN || sent == -ENOBUFS || sent == -EINTR)
                want_room(run, socket, true);
        else if (count > 1 && is_of_batch((int)-sent))
                fail_batch(run, socket, (int)-sent);
        else
                fail(run, socket, "send", (int)-sent);
        return false;
}

static void send_some(struct run *run, struct socket *socket)
{
        uint64_t left = datagrams_sendable(&socket->book, run_clock(run));

        for (unsigned i = 0; i < TURN_MOST && left > 0; i += (unsigned)run->options->batch) {
                uint64_t count = left < run->options->batch ? left : run->options->batch;
                if (!send_batch(run, socket, (uint32_t)count))
                        return;
                left -= count;
        }
        /* More than a turn may send: there is room, so its next turn comes at once. */
        want_room(run, socket, left > 0);
}

static void note_wrong(struct run *run, const struct socket *socket, uint32_t size)
{
        run->result->corrupt++;
        result_fault(run->result, VERDICT_CORRUPT,
                     "socket %" PRIu64 ": a datagram of %" PRIu32 " bytes is none that was sent",
                     socket->book.number, size);
}

static void check(struct run *run, struct socket *socket, const unsigned char *data, uint32_t size)
{
        if (!datagrams_received(&socket->book, data, size, run->now_ns, run->result))
                note_wrong(run, socket, size);
}

/* False if there is no more, or the socket has ended. */
static bool receive(struct run *run, struct socket *socket)
{
        uint32_t size = 0;
        int64_t got = segments_receive(socket->fd, run->scratch, RUN_SCRATCH_SIZE, &size);
        uint32_t done = 0;

        if (got == -EINTR)
                return true;
        if (got < 0 && got != -EAGAIN)
                fail(run, socket, "receive", (int)-got);
        if (got < 0)
                return false;
        run_clock(run);
        do {
                uint32_t left = (uint32_t)got - done;
                check(run, socket, run->scratch + done, left < size ? left : size);
                done += size;
        } while (done < (uint32_t)got);
        return true;
}

static void notice(struct run *run, void *place, uint32_t events)
{
        struct socket *socket = place;
        unsigned count = 0;

        (void)events;
        while (count < TURN_MOST && receive(run, socket))
                count++;
        if (socket->fd >= 0)
                send_some(run, socket);
        end_if_done(run, socket);
}

/* What is late is lost; in a closed loop others may be sent for it. */
static void expire(struct run *run)
{
        uint64_t timeout_ns = run->options->timeout_ns;
        struct socket *sockets = run->sockets;

        if (run->now_ns < timeout_ns)
                return;
        for (uint32_t i = 0; i < run->link_count; i++) {
                if (sockets[i].fd < 0)
                        continue;
                datagrams_expire(&sockets[i].book, run->now_ns - timeout_ns, run->result);
                send_some(run, &sockets[i]);
                end_if_done(run, &sockets[i]);
        }
}

static const struct run_mode datagram = { .noticed = notice, .ticked = expire };

static uint32_t window_of(const struct probe_options *options)
{
        uint64_t wanted = options->rate > 0 ? WINDOW_OPEN_LOOP : options->depth * WINDOW_PER_DEPTH;
        uint32_t most = datagrams_window_most((uint32_t)options->message_size);
        uint32_t window = 1;

        while (window < wanted && window < most)
                window *= 2;
        return window;
}

/* Answers to a batch may come as one, too. */
static void coalesce(int fd)
{
        int error = segments_coalesce(fd);

        if (error < 0)
                run_fail("--batch: receive by UDP_GRO", -error);
}

static void open_socket(struct run *run, struct socket *socket)
{
        const struct address *target = &run->options->target;
        int error = 0;

        run->open_count++;
        socket->fd = endpoint_open(target, 0);
        if (socket->fd >= 0 && run->options->batch > 1)
                coalesce(socket->fd);
        error = socket->fd < 0 ? socket->fd : endpoint_connect(socket->fd, target);
        if (error < 0) {
                fail(run, socket, "connect", -error);
                return;
        }
        run->result->connections++;
        watch(run, socket, EPOLL_CTL_ADD);
}

static void open_sockets(struct run *run)
{
        const struct probe_options *options = run->options;
        uint32_t window = window_of(options);
        struct socket *sockets = run_allocate(run->link_count, sizeof(*sockets));
        uint64_t *sent_ns = run_allocate((size_t)run->link_count * window, sizeof(*sent_ns));

        run->sockets = sockets;
        for (uint32_t i = 0; i < run->link_count; i++) {
                sockets[i].book = (struct datagrams){
                        .number = i,
                        .limit = run_share(run, i),
                        .sent_ns = sent_ns + (size_t)i * window,
                        .pace = options->rate == 0 ? NULL : &run->pace,
                        .stride = options->connections,
                        .window = window,
                        .depth = (uint32_t)options->depth,
                        .batch = (uint32_t)options->batch,
                        .size = (uint32_t)options->message_size,
                };
                open_socket(run, &sockets[i]);
        }
}

static void send_all(struct run *run)
{
        struct socket *sockets = run->sockets;

        for (uint32_t i = 0; i < run->link_count; i++)
                if (sockets[i].fd >= 0 && !sockets[i].wants_room)
                        send_some(run, &sockets[i]);
}

/* When more will be due than answers call for. */
static uint64_t due_ns(const struct run *run)
{
        uint64_t end_ns = run_end_ns(run);

        if (run->options->rate == 0)
                return end_ns;
        uint64_t next_ns = pace_due(&run->pace, pace_count(&run->pace, run->now_ns));
        return next_ns < end_ns ? next_ns : end_ns;
}

static void follow(struct run *run)
{
        send_all(run);
        while (run->open_count > 0 && run->now_ns < run_end_ns(run)) {
                run_wait(run, due_ns(run));
                if (run->options->rate > 0)
                        send_all(run);
        }
}

static void finish(struct run *run)
{
        struct socket *sockets = run->sockets;

        run_time_over(run);
        for (uint32_t i = 0; i < run->link_count; i++) {
                datagrams_stop(&sockets[i].book);
                end_if_done(run, &sockets[i]);
        }
        while (run->open_count > 0)
                run_wait(run, UINT64_MAX);
        run_measured(run);
}

/* Losses are a finding once all is over: until then an answer may come. */
static void judge(struct result *result)
{
        bool is_explained = result->verdict != VERDICT_OK && result->messages == 0;

        if (result->lost == 0 || is_explained)
                return;
        if (result->messages == 0)
                result_fault(result, VERDICT_TIMEOUT, "no datagram came back");
        else
                result_fault(result, VERDICT_LOSSY, "%" PRIu64 " datagrams were lost",
                             result->lost);
}

void mode_datagram(const struct probe_options *options, struct result *result)
{
        struct run run;

        run_open(&run, options, &datagram, result);
        open_sockets(&run);
        run_start(&run);
        follow(&run);
        finish(&run);
        judge(result);
        free(((struct socket *)run.sockets)[0].book.sent_ns);
        free(run.sockets);
        run_close(&run);
}
