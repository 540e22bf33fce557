/* SPDX-License-Identifier: MIT */
/*
 * A TCP connection, both ends, as Linux shows it to the server: tcp_poll(), tcp_recvmsg() and
 * tcp_sendmsg() of net/ipv4/tcp.c, tcp_reset() and tcp_fin() of tcp_input.c, in counts.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "shell/sys.h"
#include "support/payload.h"
#include "support/sim_state.h"

uint64_t sim_link_unread(const struct sim_link *link)
{
        return sim_header_unread(link) + link->sent - link->read;
}

/* Echoed bytes that lie in the server's kernel: the client's window has no room for them. */
static uint32_t unsent(const struct sim_link *link)
{
        uint64_t queued = link->echoed - link->taken;

        return queued > link->window ? (uint32_t)(queued - link->window) : 0;
}

/* Bytes that the server's side would take now: what the window has room for leaves at once. */
static uint32_t space(const struct sim_link *link)
{
        uint64_t queued = link->echoed - link->taken;
        uint64_t room = link->send_size;

        if (room > link->options.unsent_max)
                room = link->options.unsent_max;
        room += link->window;
        return queued < room ? (uint32_t)(room - queued) : 0;
}

/*
 * sk_stream_is_writeable(): a third is free, and less than half of the unsent limit is used.
 * unix_writable(): no more than a quarter is used.
 */
static bool is_writable(const struct sim_link *link)
{
        uint32_t used = unsent(link);

        if (link->is_unix)
                return used <= link->send_size / 4;
        return space(link) > 0 && link->send_size - used >= used / 2 &&
               used < (link->options.unsent_max + 1) / 2;
}

static bool is_shut_for_reading(const struct sim_link *link)
{
        return link->is_client_finished || link->is_dead;
}

static bool is_shut_for_writing(const struct sim_link *link)
{
        return link->is_server_finished || link->is_dead;
}

/* Out of line, an urgent byte is no part of the stream. */
static bool is_at_hole(const struct sim_link *link)
{
        return link->urgent == link->read && !link->options.urgent_in_line &&
               sim_header_unread(link) == 0;
}

uint32_t sim_link_mask(const struct sim_link *link)
{
        uint32_t mask = 0;

        if (is_shut_for_reading(link))
                mask |= EPOLLIN | EPOLLRDHUP;
        if (is_shut_for_reading(link) && is_shut_for_writing(link))
                mask |= EPOLLHUP;
        if (sim_link_unread(link) > is_at_hole(link))
                mask |= EPOLLIN;
        if ((is_shut_for_writing(link) && !link->is_unix) || is_writable(link))
                mask |= EPOLLOUT;
        if (link->urgent != SIM_NO_OFFSET)
                mask |= EPOLLPRI;
        if (link->error != 0)
                mask |= EPOLLERR;
        return mask;
}

void sim_link_wake(const struct sim_link *link, uint32_t key)
{
        if (link->fd >= 0)
                sim_poll_wake(link->fd, key);
}

void sim_link_wake_for_space(struct sim_link *link)
{
        /* unix_write_space() tells it at each read. */
        if (!(link->is_waiting_for_space || link->is_unix) || !is_writable(link))
                return;
        link->is_waiting_for_space = false;
        sim_link_wake(link, EPOLLOUT);
}

/*
 * tcp_check_urg(): a hole that was reached stays one, a later one closes. On a Unix socket it is
 * only decided when it is read.
 */
void sim_link_mark_urgent(struct sim_link *link)
{
        if (is_at_hole(link) && !link->is_unix)
                link->read++;
        link->urgent = link->sent - 1;
}

/* tcp_rcv_state_process(): FIN_WAIT1 wakes whoever waits, and so does the end of LAST_ACK. */
void sim_link_take_finish(struct sim_link *link)
{
        if (!link->is_server_finished || link->is_dead || link->is_dark || unsent(link) > 0 ||
            link->is_unix)
                return;
        if (!link->is_finish_taken)
                sim_link_wake(link, 0);
        link->is_finish_taken = true;
        link->is_dead = link->is_client_finished;
}

void sim_link_owe_edge(struct sim_link *link, uint32_t events)
{
        link->edges_later |= events;
        sim.late_count++;
}

void sim_link_free_if_unknown(struct sim_link *link)
{
        if (link->is_client_gone && link->is_server_closed)
                link->is_used = false;
}

void sim_link_end(struct sim_link *link)
{
        link->is_server_closed = true;
        link->fd = -1;
        sim_link_free_if_unknown(link);
}

void sim_link_reset_client(struct sim_link *link)
{
        link->is_client_reset = true;
        link->taken = link->echoed;
}

/*
 * tcp_reset(): bytes that came stay readable, bytes to send are lost. CLOSE_WAIT means EPIPE.
 * unix_release_sock(): the same for the other end of a Unix socket that is closed.
 */
void sim_link_break(struct sim_link *link, int error)
{
        if (link->is_dead || link->is_server_closed)
                return;
        link->is_dead = true;
        bool is_half_closed =
            link->is_client_finished && !link->is_server_finished && !link->is_unix;
        link->error = error == ECONNRESET && is_half_closed ? EPIPE : error;
        sim_link_reset_client(link);
        sim_link_wake(link, 0);
}

/* Where a read that starts now must stop: at the urgent mark, or at the end of what is there. */
static uint64_t readable_end(const struct sim_link *link)
{
        bool is_mark_ahead = link->urgent != SIM_NO_OFFSET &&
                             (link->urgent > link->read || sim_header_unread(link) > 0);

        return is_mark_ahead ? link->urgent : link->sent;
}

static void note_consumed(struct sim_link *link, uint32_t size)
{
        bool is_ahead = link->read + size <= link->echoed;

        link->read += size;
        if (link->urgent != SIM_NO_OFFSET && link->read > link->urgent)
                link->urgent = SIM_NO_OFFSET;
        if (!is_ahead && !link->is_server_finished) {
                link->moved_ns = sim.now_ns;
                link->owed_ns = sim.now_ns;
                sim.figures.taken += size;
        }
}

static long receive(struct sim_link *link, void *data, uint32_t size, int flags)
{
        uint64_t begin = link->read + is_at_hole(link);
        uint32_t headed = sim_header_unread(link);
        uint64_t there = headed + readable_end(link) - begin;
        int error = link->error;

        if (begin > link->read && (flags & MSG_PEEK) == 0) {
                link->read = begin;
                link->urgent = SIM_NO_OFFSET;
        }
        if (there == 0) {
                if (link->is_client_finished && !link->is_unix)
                        return 0;
                link->error = 0;
                return error != 0 ? -error : is_shut_for_reading(link) ? 0 : -EAGAIN;
        }
        uint32_t got = size < there ? size : (uint32_t)there;
        /* No proxy passes descriptors within its header. */
        if (got > 1 && !(headed > 0 && link->is_unix) && SIM_DRAW(SIM_SHORT_RECV) != SIM_NO_FAULT) {
                got = 1 + choice_below(sim.choice, got - 1);
                /* unix(7): where descriptors were passed along, a read ends, and no edge follows.
                 */
                if (!link->is_unix)
                        sim_link_owe_edge(link, EPOLLIN);
                link->is_excused = !link->is_unix || link->is_excused;
        }
        if (headed > got)
                headed = got;
        if (headed > 0)
                sim_header_receive(link, data, headed, flags);
        if (got > headed)
                payload_fill((unsigned char *)data + headed, got - headed, link->ordinal, begin);
        if (got > headed && (flags & MSG_PEEK) == 0)
                note_consumed(link, got - headed);
        return got;
}

void sim_link_await_memory(struct sim_link *link)
{
        link->retry_ns = sim.now_ns + UINT64_C(102000000);
}

/* Errors that end a connection, for whoever asks what the server was told. */
static void tell(struct sim_link *link, long result)
{
        switch (-result) {
        case 0:
        case EINTR:
        case EAGAIN:
                return;
        case ENOBUFS:
        case ENOMEM:
                sim_link_await_memory(link);
                return;
        default:
                if (link->error_told == 0 && !link->is_end_told)
                        link->error_told = (int)-result;
        }
}

/* The faults that recv and send share; 0 = go on. */
static int fail_io(struct sim_link *link, uint32_t edge)
{
        static const int gone[] = { ETIMEDOUT, EHOSTUNREACH, ENETUNREACH };

        switch ((int)SIM_DRAW(SIM_INTERRUPTED, SIM_AGAIN, SIM_NO_BUFFERS, SIM_RESET, SIM_VANISH)) {
        case SIM_INTERRUPTED:
                return -EINTR;
        case SIM_AGAIN:
                sim_link_owe_edge(link, edge);
                link->is_excused = true;
                return -EAGAIN;
        case SIM_NO_BUFFERS:
                link->is_excused = true;
                return choice_below(sim.choice, 2) == 0 ? -ENOBUFS : -ENOMEM;
        case SIM_RESET:
                sim_link_break(link, ECONNRESET);
                return 0;
        case SIM_VANISH:
                sim_link_break(link,
                               link->is_unix ? ECONNRESET : gone[choice_below(sim.choice, 3)]);
                return 0;
        default:
                return 0;
        }
}

static struct sim_link *called(int fd)
{
        struct sim_link *link = &sim.links[sim_descriptor(fd, SIM_STREAM)->link];

        if (link->touched_step != sim.steps)
                link->step_sends = 0;
        link->touched_step = sim.steps;
        return link;
}

/* An errno that ends the connection was injected: both sides see it end. */
static int injected(struct sim_link *link, enum sim_call call, uint32_t edge)
{
        int error = sim_enter(call);

        if (error == -EAGAIN)
                sim_link_owe_edge(link, edge);
        if (error == -EAGAIN || error == -ENOBUFS || error == -ENOMEM)
                link->is_excused = true;
        if (error == -ECONNRESET || error == -ETIMEDOUT)
                sim_link_break(link, -error);
        return error;
}

long sys_recv(int fd, void *data, uint32_t size, int flags)
{
        struct sim_link *link = called(fd);
        bool is_headless = sim_is_headless(link);
        long got = injected(link, SIM_RECV, EPOLLIN);

        if (data == NULL || size == 0)
                sim_fail("nowhere to receive to");
        if (got == 0)
                got = fail_io(link, EPOLLIN);
        if (got == 0)
                got = receive(link, data, size, flags);
        if (got == 0 && link->error_told == 0)
                link->is_end_told = true;
        if ((flags & MSG_PEEK) != 0)
                sim.figures.peeks += !is_headless;
        else if (got > 0)
                sim.progress++;
        tell(link, got < 0 ? got : 0);
        sim_note((flags & MSG_PEEK) != 0 ? "sys_recv(peek)" : "sys_recv", fd, size, got);
        return got;
}

int sys_getpeername(int fd, struct sockaddr *ret_address, uint32_t *size)
{
        struct sim_link *link = called(fd);
        int error = injected(link, SIM_GETPEERNAME, EPOLLIN);

        if (*size < sizeof(struct sockaddr_in6))
                sim_fail("no room for the peer's address");
        /* inet_getname() */
        if (error == 0 && link->is_dead && !link->is_unix)
                error = -ENOTCONN;
        if (error == 0) {
                *size = sim_write_peer(link, ret_address);
                if (link->is_proxied)
                        sim_link_note_headed(link);
        }
        tell(link, error);
        sim_note("sys_getpeername", fd, 0, error);
        return error;
}

static long transmit(struct sim_link *link, const void *data, uint32_t size)
{
        uint32_t room = space(link);
        uint32_t sent = size < room ? size : room;
        int error = link->error;

        if (error != 0 || is_shut_for_writing(link)) {
                link->error = 0;
                return error != 0 ? -error : -EPIPE;
        }
        if (sent < size)
                link->is_waiting_for_space = true;
        if (sent == 0)
                return -EAGAIN;
        if (sent > 1 && SIM_DRAW(SIM_SHORT_SEND) != SIM_NO_FAULT) {
                sent = 1 + choice_below(sim.choice, sent - 1);
                sim_link_owe_edge(link, EPOLLOUT);
        }
        if (sent > link->sent - link->echoed)
                sim_fail("connection %u: an echo of bytes that were never sent", link->ordinal);
        if (!payload_matches(data, sent, link->ordinal, link->echoed))
                sim_fail("connection %u: wrong bytes after %llu right ones", link->ordinal,
                         (unsigned long long)link->echoed);
        link->echoed += sent;
        sim.figures.bytes += sent;
        if (link->echoed > link->read)
                sim.figures.taken += sent;
        if (link->echoed >= link->read)
                link->moved_ns = sim.now_ns;
        if (link->is_client_closed)
                sim_link_break(link, ECONNRESET);
        return sent;
}

long sys_send(int fd, const void *data, uint32_t size)
{
        struct sim_link *link = called(fd);
        long sent = injected(link, SIM_SEND, EPOLLOUT);

        link->step_sends++;
        if (data == NULL || size == 0)
                sim_fail("nothing to send");
        if (sent == 0)
                sent = fail_io(link, EPOLLOUT);
        if (sent == 0)
                sent = transmit(link, data, size);
        if (sent > 0)
                sim.progress++;
        tell(link, sent < 0 ? sent : 0);
        sim_note("sys_send", fd, size, sent);
        return sent;
}

int sys_shutdown_write(int fd)
{
        struct sim_link *link = called(fd);
        int error = injected(link, SIM_SHUTDOWN_WRITE, EPOLLOUT);

        if (error == 0 && SIM_DRAW(SIM_SHUTDOWN_REFUSED) != SIM_NO_FAULT)
                sim_link_break(link, ECONNRESET);
        if (error == 0 && link->is_dead && !link->is_unix) {
                error = -ENOTCONN;
                sim_link_wake(link, 0);
        }
        if (error == 0) {
                link->is_server_finished = true;
                link->moved_ns = sim.now_ns;
                sim.progress++;
                /* unix_shutdown() wakes the other end alone. */
                if (!link->is_unix)
                        sim_link_wake(link, 0);
                sim_link_take_finish(link);
        }
        tell(link, error);
        sim_note("sys_shutdown_write", fd, 0, error);
        return error;
}
