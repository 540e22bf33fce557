/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <check.h>
#include <errno.h>

#include "support/sim.h"

enum { BUFFER_SIZE = 65536 };

static struct choice choice;

void kernel_open(void)
{
        static const struct sim_settings settings = { .descriptors = SIM_DESCRIPTORS_MAX,
                                                      .buffer_min = BUFFER_SIZE,
                                                      .buffer_max = BUFFER_SIZE };

        choice = choice_from_seed(1);
        sim_open(&choice, &settings, NULL);
}

void kernel_close(void)
{
        sim_close();
}

void kernel_await(uint64_t deadline_ns)
{
        if (deadline_ns > sim_now())
                sim_advance(deadline_ns - sim_now());
}

/* They always are. */
void kernel_shrink_buffers(int listen_fd)
{
        (void)listen_fd;
}

int peer_connect(struct peer *peer, uint16_t port)
{
        int index = sim_client_connect(port);

        *peer = (struct peer){ .handle = -1 };
        if (index < 0)
                return index;
        peer->handle = index;
        peer->stream = sim_link(index)->ordinal;
        return 0;
}

int kernel_listen_unix(uint16_t *ret_port)
{
        return sim_listen_unix(ret_port);
}

void peer_connect_unix(struct peer *peer, uint16_t port)
{
        ck_assert_int_eq(peer_connect(peer, port), 0);
        peer->is_unix = true;
}

bool peer_is_unanswered(uint16_t port)
{
        return sim_client_connect(port) == -EAGAIN;
}

void peer_send(struct peer *peer, uint32_t size)
{
        ck_assert_uint_eq(sim_client_send(peer->handle, size, false), size);
        peer->sent += size;
}

void peer_send_urgent(struct peer *peer, uint32_t size)
{
        ck_assert_uint_eq(sim_client_send(peer->handle, size, true), size);
        peer->sent += size;
}

uint32_t peer_send_some(struct peer *peer, uint32_t size)
{
        uint32_t sent = sim_client_send(peer->handle, size, false);

        peer->sent += sent;
        return sent;
}

void peer_send_in_vain(struct peer *peer)
{
        ck_assert_uint_eq(sim_client_send(peer->handle, 1, false), 0);
}

/* What they are was checked when the server sent them. */
void peer_receive(struct peer *peer, uint64_t size)
{
        ck_assert_uint_eq(sim_client_receive(peer->handle, (uint32_t)size), size);
        peer->received += size;
}

void peer_expect_end(struct peer *peer)
{
        ck_assert(sim_client_is_at_end(peer->handle));
}

void peer_expect_reset(struct peer *peer)
{
        ck_assert(sim_link(peer->handle)->is_client_reset);
}

void peer_finish(struct peer *peer)
{
        sim_client_finish(peer->handle);
}

static void forget(struct peer *peer)
{
        sim_client_forget(peer->handle);
        peer->handle = -1;
}

void peer_close(struct peer *peer)
{
        sim_client_close(peer->handle);
        forget(peer);
}

void peer_reset(struct peer *peer)
{
        sim_client_reset(peer->handle);
        forget(peer);
}
