/* SPDX-License-Identifier: MIT */
/*
 * A TCP connection, both ends, as Linux shows it to the server: tcp_poll() of net/ipv4/tcp.c,
 * tcp_reset() and tcp_fin() of tcp_input.c, in counts.
 */
#include <errno.h>

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

uint32_t sim_link_space(const struct sim_link *link)
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
        return sim_link_space(link) > 0 && link->send_size - used >= used / 2 &&
               used < (link->options.unsent_max + 1) / 2;
}

bool sim_link_is_shut_for_reading(const struct sim_link *link)
{
        return link->is_client_finished || link->is_dead;
}

bool sim_link_is_shut_for_writing(const struct sim_link *link)
{
        return link->is_server_finished || link->is_dead;
}

bool sim_link_is_at_hole(const struct sim_link *link)
{
        return link->urgent == link->read && !link->options.urgent_in_line &&
               sim_header_unread(link) == 0;
}

uint32_t sim_link_mask(const struct sim_link *link)
{
        uint32_t mask = 0;

        if (sim_link_is_shut_for_reading(link))
                mask |= EPOLLIN | EPOLLRDHUP;
        if (sim_link_is_shut_for_reading(link) && sim_link_is_shut_for_writing(link))
                mask |= EPOLLHUP;
        if (sim_link_unread(link) > sim_link_is_at_hole(link))
                mask |= EPOLLIN;
        if ((sim_link_is_shut_for_writing(link) && !link->is_unix) || is_writable(link))
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
        if (sim_link_is_at_hole(link) && !link->is_unix)
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

void sim_link_await_memory(struct sim_link *link)
{
        link->retry_ns = sim.now_ns + UINT64_C(102000000);
}
