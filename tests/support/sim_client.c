/* SPDX-License-Identifier: MIT */
/* The client's end of simulated connections. */
#include <errno.h>
#include <string.h>

#include "support/ips.h"
#include "support/sim_state.h"

struct sim_link *sim_link(int index)
{
        if (index < 0 || index >= SIM_LINKS_MAX || !sim.links[index].is_used)
                sim_fail("client's connection %d is not known", index);
        return &sim.links[index];
}

const struct sim_link *sim_link_at(int index)
{
        return sim.links[index].is_used ? &sim.links[index] : NULL;
}

static struct sim_link *new_link(void)
{
        for (unsigned i = 0; i < SIM_LINKS_MAX; i++)
                if (!sim.links[i].is_used)
                        return &sim.links[i];
        return NULL;
}

/* One of the listeners of the port, as the kernel's hash would choose; NULL = none. */
static struct sim_socket *choose_listener(uint16_t port)
{
        struct sim_socket *found = NULL;
        uint32_t count = 0;

        for (uint32_t i = 0; i < SIM_SOCKETS_MAX; i++) {
                struct sim_socket *listener = &sim.sockets[i];
                if (listener->references == 0 || !listener->is_listening || listener->port != port)
                        continue;
                count++;
                if (found == NULL || choice_below(sim.choice, count) == 0)
                        found = listener;
        }
        return found;
}

static uint32_t draw_size(void)
{
        uint32_t size = choice_size(sim.choice, sim.settings.buffer_max);

        return size > sim.settings.buffer_min ? size : sim.settings.buffer_min;
}

static void set_up(struct sim_link *link, const struct sim_socket *listener, struct ip source)
{
        memset(link, 0, sizeof(*link));
        link->is_used = true;
        link->ordinal = (uint32_t)sim.figures.connections++;
        link->fd = -1;
        link->peer = source;
        link->urgent = SIM_NO_OFFSET;
        link->is_unix = listener->is_unix;
        link->is_proxied = listener->is_proxied;
        link->family = listener->family;
        link->options = listener->options;
        /* unix_create1() makes a new socket, and copies no option. */
        if (link->is_unix)
                link->options.urgent_in_line = false;
        link->receive_size = draw_size();
        link->send_size = draw_size();
        /* Between Unix sockets there is one queue, and it is the sender's. */
        link->window = link->is_unix ? 0 : draw_size();
}

static int connect_to(struct sim_socket *listener, struct ip source)
{
        struct sim_link *link = new_link();

        if (link == NULL)
                return -ENOBUFS;
        /* sk_acceptq_is_full(): a backlog of n holds n + 1. */
        if (listener->waiting_count > listener->backlog)
                return -EAGAIN;
        set_up(link, listener, source);
        uint32_t index = (uint32_t)(link - sim.links);
        uint32_t at = listener->waiting_first + listener->waiting_count++;
        listener->waiting[at % SIM_LINKS_MAX] = index;
        sim.waiting++;
        sim_poll_wake_listeners((uint32_t)(listener - sim.sockets));
        return (int)index;
}

int sim_client_connect(uint16_t port)
{
        return sim_client_connect_from(port, ips_parse("192.0.2.2"));
}

int sim_client_connect_from(uint16_t port, struct ip source)
{
        struct sim_socket *listener = choose_listener(port);
        int index = listener == NULL ? -ECONNREFUSED : connect_to(listener, source);

        sim_note("connect", port, 0, index);
        return index;
}

/* What arrives at a socket that is closed, or whose reader is, is answered by a reset. */
static bool is_refused_by_server(struct sim_link *link)
{
        if (!link->is_server_closed && !link->is_dead)
                return false;
        sim_link_reset_client(link);
        return true;
}

/* What there is room for, of what is to be sent. */
static uint32_t room_for(const struct sim_link *link, uint32_t size)
{
        uint64_t used = sim_link_unread(link);
        uint64_t room = used < link->receive_size ? link->receive_size - used : 0;

        return size < room ? size : (uint32_t)room;
}

/* Returns how much of it was header. */
static uint32_t send_bytes(struct sim_link *link, uint32_t size)
{
        uint32_t left = link->header_size - link->header_sent;
        uint32_t headed = size < left ? size : left;

        link->header_sent += headed;
        link->sent += size - headed;
        return headed;
}

uint32_t sim_client_send(int index, uint32_t size, bool is_urgent)
{
        struct sim_link *link = sim_link(index);
        uint32_t sent = 0;

        if (link->is_client_finished || link->is_client_reset || link->is_dark)
                sim_fail("client %d cannot send any more", index);
        if (link->is_proxied && link->header_size == 0)
                sim_fail("client %d has no header to send", index);
        if (!is_refused_by_server(link))
                sent = room_for(link, size);
        uint32_t headed = send_bytes(link, sent);
        if (sent > headed && is_urgent)
                sim_link_mark_urgent(link);
        if (sent > 0)
                sim_link_wake(link, EPOLLIN | EPOLLPRI);
        sim_note(is_urgent ? "urgent" : "send", link->ordinal, size, sent);
        return sent;
}

uint32_t sim_client_readable(int index)
{
        const struct sim_link *link = sim_link(index);

        return link->is_client_reset ? 0 : (uint32_t)(link->echoed - link->taken);
}

uint32_t sim_client_receive(int index, uint32_t size)
{
        struct sim_link *link = sim_link(index);
        uint32_t readable = sim_client_readable(index);

        if (size > readable)
                size = readable;
        link->taken += size;
        if (!link->is_server_closed && !link->is_dead)
                sim_link_wake_for_space(link);
        sim_link_take_finish(link);
        sim_note("receive", link->ordinal, size, readable);
        return size;
}

bool sim_client_is_at_end(int index)
{
        const struct sim_link *link = sim_link(index);

        return (link->is_server_finished || link->is_server_closed) && !link->is_client_reset &&
               link->taken == link->echoed;
}

void sim_client_finish(int index)
{
        struct sim_link *link = sim_link(index);

        sim_note("finish", link->ordinal, 0, 0);
        if (link->is_client_finished || link->is_dead)
                return;
        link->is_client_finished = true;
        sim_link_wake(link, 0);
        sim_link_take_finish(link);
}

/* unix_release_sock(): all is over at once; the server's error tells of bytes left unread. */
static void close_unix(struct sim_link *link, uint32_t unread)
{
        sim_link_break(link, unread > 0 ? ECONNRESET : 0);
        link->is_client_reset = true;
}

void sim_client_reset(int index)
{
        struct sim_link *link = sim_link(index);
        uint32_t unread = sim_client_readable(index);

        sim_note("reset", link->ordinal, 0, 0);
        link->is_client_closed = true;
        if (link->is_unix) {
                close_unix(link, unread);
                return;
        }
        sim_link_break(link, ECONNRESET);
        sim_link_reset_client(link);
}

void sim_client_close(int index)
{
        struct sim_link *link = sim_link(index);

        /* tcp_close(): unread bytes make it a reset. A Unix socket knows no other end. */
        if (sim_client_readable(index) > 0 || link->is_unix) {
                sim_client_reset(index);
                return;
        }
        sim_client_finish(index);
        sim_note("close", link->ordinal, 0, 0);
        link->is_client_closed = true;
}

void sim_client_vanish(int index)
{
        struct sim_link *link = sim_link(index);

        if (link->is_unix) {
                sim_client_reset(index);
                return;
        }
        sim_note("vanish", link->ordinal, 0, 0);
        link->is_dark = true;
        link->dark_ns = sim.now_ns;
        sim.dark_count++;
}

void sim_client_forget(int index)
{
        struct sim_link *link = sim_link(index);

        link->is_client_gone = true;
        sim_link_free_if_unknown(link);
}
