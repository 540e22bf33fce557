/* SPDX-License-Identifier: MIT */
/*
 * An echo of datagrams on libuv: all are received into one buffer, and uv_udp_try_send answers at
 * once. libuv itself reads until there is no more.
 */
#include <uv.h>

#include "peer.h"

enum { BUFFER_SIZE = 65536 };

static char shared[BUFFER_SIZE];

static void datagram_alloc(uv_handle_t *handle, size_t suggested_size, uv_buf_t *buffer)
{
        (void)handle;
        (void)suggested_size;
        *buffer = uv_buf_init(shared, BUFFER_SIZE);
}

/* No address: there is no more. What the kernel has no room for is lost, as datagrams are. */
static void datagram_receive(uv_udp_t *handle, ssize_t size, const uv_buf_t *buffer,
                             const struct sockaddr *from, unsigned flags)
{
        uv_buf_t answer = uv_buf_init(buffer->base, size > 0 ? (unsigned)size : 0);

        (void)flags;
        if (size >= 0 && from != NULL)
                uv_udp_try_send(handle, &answer, 1, from);
}

int main(int argc, char **argv)
{
        struct sockaddr_in address = peer_start(argc, argv);
        uv_loop_t *loop = uv_default_loop();
        uv_udp_t server;
        int error = uv_udp_init(loop, &server);

        if (error == 0)
                error = uv_udp_bind(&server, (const struct sockaddr *)&address, 0);
        if (error == 0)
                error = uv_udp_recv_start(&server, datagram_alloc, datagram_receive);
        peer_require(error == 0, "uv_udp_recv_start");
        return uv_run(loop, UV_RUN_DEFAULT);
}
