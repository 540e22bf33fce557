/* SPDX-License-Identifier: MIT */
/*
 * An echo written by hand on libev: one watcher a connection, recv and send through one shared
 * buffer. After a short write the rest is kept and the watcher waits for room alone.
 */
#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

enum { BUFFER_SIZE = 65536 };

struct client {
        ev_io io;
        char *data; /* what is still to be sent: bytes sent..size; NULL if nothing */
        size_t size;
        size_t sent;
};

static char buffer[BUFFER_SIZE];

static void client_close(struct ev_loop *loop, struct client *client)
{
        ev_io_stop(loop, &client->io);
        close(client->io.fd);
        free(client->data);
        free(client);
}

static void client_watch(struct ev_loop *loop, struct client *client, int events)
{
        ev_io_stop(loop, &client->io);
        ev_io_modify(&client->io, events);
        ev_io_start(loop, &client->io);
}

static void client_hold(struct ev_loop *loop, struct client *client, const char *data, size_t size)
{
        client->data = malloc(size);
        peer_require(client->data != NULL, "malloc");
        memcpy(client->data, data, size);
        client->size = size;
        client->sent = 0;
        client_watch(loop, client, EV_WRITE);
}

static void client_flush(struct ev_loop *loop, struct client *client)
{
        size_t left = client->size - client->sent;
        ssize_t sent = send(client->io.fd, client->data + client->sent, left, 0);

        if (sent < 0) {
                if (errno != EAGAIN)
                        client_close(loop, client);
                return;
        }
        client->sent += (size_t)sent;
        if ((size_t)sent < left)
                return;
        free(client->data);
        client->data = NULL;
        client_watch(loop, client, EV_READ);
}

static void client_echo(struct ev_loop *loop, struct client *client)
{
        ssize_t size = recv(client->io.fd, buffer, BUFFER_SIZE, 0);
        ssize_t sent = 0;

        if (size < 0 && errno == EAGAIN)
                return;
        if (size > 0)
                sent = send(client->io.fd, buffer, (size_t)size, 0);
        if (sent < 0 && errno == EAGAIN)
                sent = 0;
        else if (size <= 0 || sent < 0) {
                client_close(loop, client);
                return;
        }
        if (sent < size)
                client_hold(loop, client, buffer + sent, (size_t)(size - sent));
}

static void client_ready(struct ev_loop *loop, ev_io *io, int events)
{
        struct client *client = (struct client *)io;

        if ((events & EV_WRITE) != 0)
                client_flush(loop, client);
        else
                client_echo(loop, client);
}

static void clients_accept(struct ev_loop *loop, ev_io *listener, int events)
{
        int fd = -1;

        (void)events;
        while ((fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
                struct client *client = calloc(1, sizeof(*client));

                peer_require(client != NULL, "calloc");
                peer_set_nodelay(fd);
                ev_io_init(&client->io, client_ready, fd, EV_READ);
                ev_io_start(loop, &client->io);
        }
}

int main(int argc, char **argv)
{
        struct sockaddr_in address = peer_start(argc, argv);
        struct ev_loop *loop = ev_default_loop(EVBACKEND_EPOLL);
        ev_io listener;

        ev_io_init(&listener, clients_accept, peer_listen(&address, SOCK_NONBLOCK), EV_READ);
        ev_io_start(loop, &listener);
        ev_run(loop, 0);
        return 0;
}
