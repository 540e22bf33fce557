/* SPDX-License-Identifier: MIT */
/*
 * The calls of a connection: tcp_recvmsg() and tcp_sendmsg() of net/ipv4/tcp.c, shutdown(2) and
 * getpeername(2), with the faults they may have.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "shell/sys.h"
#include "support/payload.h"
#include "support/sim_state.h"

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
                link->owed_ns = link->blocked_ns != 0 ? link->blocked_ns : sim.now_ns;
                sim.figures.taken += size;
        }
}

static long receive(struct sim_link *link, void *data, uint32_t size, int flags)
{
        uint64_t begin = link->read + sim_link_is_at_hole(link);
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
                return error != 0 ? -error : sim_link_is_shut_for_reading(link) ? 0 : -EAGAIN;
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
        uint32_t room = sim_link_space(link);
        uint32_t sent = size < room ? size : room;
        int error = link->error;

        if (error != 0 || sim_link_is_shut_for_writing(link)) {
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

/* What was not read before it was sent had been peeked at. */
static void note_blocked(struct sim_link *link, bool is_peeked, uint32_t size, long sent)
{
        if (sent > 0 && link->blocked_ns != 0)
                link->owed_ns = sim.now_ns;
        if (sent > 0 || !is_peeked)
                link->blocked_ns = 0;
        if (is_peeked && sent < (long)size && link->blocked_ns == 0)
                link->blocked_ns = sim.now_ns;
}

long sys_send(int fd, const void *data, uint32_t size)
{
        struct sim_link *link = called(fd);
        bool is_peeked = link->read == link->echoed;
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
        note_blocked(link, is_peeked, size, sent);
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
