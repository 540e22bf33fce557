/* SPDX-License-Identifier: MIT */
/*
 * An echo on libuv: all reads share one buffer, uv_try_write sends at once, and an allocated copy
 * of the rest travels with a uv_write and is freed after it. The client's end shuts down, then
 * closes.
 *
 * libuv's own example allocates the 64 KiB suggested for each read and always queues the write.
 * With many clients that gives memory back to the kernel and faults it in again all the time and
 * nearly doubles the cost of a message: not what to measure oneself against.
 */
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "peer.h"

enum { BUFFER_SIZE = 65536 };

struct write {
        uv_write_t request;
        char data[];
};

static char shared[BUFFER_SIZE];

static void client_closed(uv_handle_t *handle)
{
        free(handle);
}

static void client_close(uv_handle_t *handle)
{
        if (!uv_is_closing(handle))
                uv_close(handle, client_closed);
}

static void client_wrote(uv_write_t *request, int status)
{
        if (status < 0)
                client_close((uv_handle_t *)request->handle);
        free(request); /* the first member of its struct write */
}

static void client_shut(uv_shutdown_t *request, int status)
{
        (void)status;
        client_close((uv_handle_t *)request->handle);
        free(request);
}

static void client_end(uv_stream_t *client, int error)
{
        uv_shutdown_t *request = error == UV_EOF ? malloc(sizeof(*request)) : NULL;

        uv_read_stop(client);
        if (request == NULL || uv_shutdown(request, client, client_shut) < 0) {
                free(request);
                client_close((uv_handle_t *)client);
        }
}

static void client_alloc(uv_handle_t *handle, size_t suggested_size, uv_buf_t *buffer)
{
        (void)handle;
        (void)suggested_size;
        *buffer = uv_buf_init(shared, BUFFER_SIZE);
}

/* Sends what the kernel does not take at once when it has room. */
static void client_queue(uv_stream_t *client, const char *data, size_t size)
{
        struct write *write = malloc(sizeof(*write) + size);
        uv_buf_t copy;

        peer_require(write != NULL, "malloc");
        memcpy(write->data, data, size);
        copy = uv_buf_init(write->data, (unsigned)size);
        if (uv_write(&write->request, client, &copy, 1, client_wrote) < 0) {
                free(write);
                client_close((uv_handle_t *)client);
        }
}

static void client_read(uv_stream_t *client, ssize_t size, const uv_buf_t *buffer)
{
        uv_buf_t message = uv_buf_init(buffer->base, size > 0 ? (unsigned)size : 0);
        int sent = 0;

        if (size <= 0) {
                if (size < 0)
                        client_end(client, (int)size);
                return;
        }
        sent = uv_try_write(client, &message, 1);
        if (sent == UV_EAGAIN)
                sent = 0;
        if (sent < 0)
                client_close((uv_handle_t *)client);
        else if (sent < size)
                client_queue(client, buffer->base + sent, (size_t)(size - sent));
}

static void client_add(uv_stream_t *listener, int status)
{
        uv_tcp_t *client = status == 0 ? malloc(sizeof(*client)) : NULL;

        if (client == NULL)
                return;
        uv_tcp_init(listener->loop, client);
        if (uv_accept(listener, (uv_stream_t *)client) < 0) {
                client_close((uv_handle_t *)client);
                return;
        }
        uv_tcp_nodelay(client, 1);
        uv_read_start((uv_stream_t *)client, client_alloc, client_read);
}

int main(int argc, char **argv)
{
        struct sockaddr_in address = peer_start(argc, argv);
        uv_loop_t *loop = uv_default_loop();
        uv_tcp_t listener;
        int error = uv_tcp_init(loop, &listener);

        if (error == 0)
                error = uv_tcp_bind(&listener, (const struct sockaddr *)&address, 0);
        if (error == 0)
                error = uv_listen((uv_stream_t *)&listener, PEER_BACKLOG, client_add);
        peer_require(error == 0, "uv_listen");
        return uv_run(loop, UV_RUN_DEFAULT);
}
