/* SPDX-License-Identifier: MIT */
/*
 * libuv's echo, as in its own example: a buffer allocated for each read travels with the write
 * that sends it back and is freed after it. The client's end shuts down, then closes.
 */
#include <stdlib.h>
#include <uv.h>

#include "peer.h"

struct write {
        uv_write_t request;
        uv_buf_t buffer;
};

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
        struct write *write = (struct write *)request;

        if (status < 0)
                client_close((uv_handle_t *)request->handle);
        free(write->buffer.base);
        free(write);
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
        buffer->base = malloc(suggested_size);
        buffer->len = suggested_size;
}

static void client_read(uv_stream_t *client, ssize_t size, const uv_buf_t *buffer)
{
        struct write *write = size > 0 ? malloc(sizeof(*write)) : NULL;

        if (write == NULL) {
                free(buffer->base);
                if (size != 0)
                        client_end(client, (int)size);
                return;
        }
        write->buffer = uv_buf_init(buffer->base, (unsigned)size);
        if (uv_write(&write->request, client, &write->buffer, 1, client_wrote) < 0) {
                free(buffer->base);
                free(write);
                client_close((uv_handle_t *)client);
        }
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
