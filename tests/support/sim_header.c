/* SPDX-License-Identifier: MIT */
/* What a simulated proxy says first. */
#include <string.h>
#include <sys/socket.h>

#include "support/sim_state.h"

void sim_expect_headers(int listen_fd)
{
        sim_socket(listen_fd)->is_proxied = true;
}

void sim_client_set_header(int index, const struct header *header)
{
        struct sim_link *link = sim_link(index);
        unsigned char bytes[PROXY_SIZE_MAX];

        if (!link->is_proxied || link->header_size > 0)
                sim_fail("connection %u: nobody waits for a header", link->ordinal);
        link->header = *header;
        link->header_size = header_write(header, bytes);
        sim_note("header", link->ordinal, header->kind, link->header_size);
}

bool sim_is_headless(const struct sim_link *link)
{
        return link->is_proxied && !link->is_headed;
}

uint32_t sim_header_unread(const struct sim_link *link)
{
        return link->header_sent - link->header_read;
}

/* The server has seen all of it: whoever waits for that is told, unless the peer is asked for. */
static void note_seen(struct sim_link *link, uint32_t seen)
{
        if (seen > link->header_seen)
                link->header_seen = seen;
        bool is_whole = link->header_seen == link->header_size;
        if (!is_whole || header_verdict(link->header.kind) != PROXY_COMPLETE)
                return;
        if (header_has_addresses(link->header.kind) || link->is_unix)
                sim_link_note_headed(link);
}

void sim_link_note_headed(struct sim_link *link)
{
        link->is_headed = true;
        link->moved_ns = sim.now_ns;
        if (sim.watcher != NULL && sim.watcher->headed != NULL)
                sim.watcher->headed(link);
}

static void note_read(struct sim_link *link, uint32_t size)
{
        if (sim_is_headless(link) && !link->is_server_finished)
                sim_fail("connection %u: a header is read that was not understood", link->ordinal);
        link->header_read += size;
        sim.figures.headers += link->is_headed && link->header_read == link->header_size;
}

void sim_header_receive(struct sim_link *link, unsigned char *data, uint32_t size, int flags)
{
        unsigned char bytes[PROXY_SIZE_MAX];

        (void)header_write(&link->header, bytes);
        memcpy(data, bytes + link->header_read, size);
        if ((flags & MSG_PEEK) != 0)
                note_seen(link, link->header_read + size);
        else
                note_read(link, size);
}
