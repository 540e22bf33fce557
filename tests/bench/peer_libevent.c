/* SPDX-License-Identifier: MIT */
/*
 * libevent's echo, as its book writes it: a bufferevent whose read callback moves its input to
 * its output, without a copy. After the client's end it stays until its output is gone.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "peer.h"

static void client_echo(struct bufferevent *client, void *context)
{
        (void)context;
        evbuffer_add_buffer(bufferevent_get_output(client), bufferevent_get_input(client));
}

static void client_wrote(struct bufferevent *client, void *context)
{
        (void)context;
        bufferevent_free(client);
}

static void client_changed(struct bufferevent *client, short what, void *context)
{
        size_t owed = evbuffer_get_length(bufferevent_get_output(client));

        (void)context;
        if ((what & BEV_EVENT_EOF) != 0 && owed > 0) {
                bufferevent_setcb(client, NULL, client_wrote, client_changed, NULL);
                bufferevent_disable(client, EV_READ);
        } else if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0) {
                bufferevent_free(client);
        }
}

static void client_add(struct evconnlistener *listener, evutil_socket_t fd,
                       struct sockaddr *address, int address_size, void *context)
{
        struct event_base *base = evconnlistener_get_base(listener);
        struct bufferevent *client = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);

        (void)address;
        (void)address_size;
        (void)context;
        if (client == NULL) {
                evutil_closesocket(fd);
                return;
        }
        peer_set_nodelay(fd);
        bufferevent_setcb(client, client_echo, NULL, client_changed, NULL);
        bufferevent_enable(client, EV_READ | EV_WRITE);
}

int main(int argc, char **argv)
{
        struct sockaddr_in address = peer_start(argc, argv);
        struct event_base *base = event_base_new();
        struct evconnlistener *listener = NULL;

        peer_require(base != NULL, "event_base_new");
        listener = evconnlistener_new_bind(base, client_add, NULL,
                                           LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, PEER_BACKLOG,
                                           (struct sockaddr *)&address, sizeof(address));
        peer_require(listener != NULL, "evconnlistener_new_bind");
        event_base_dispatch(base);
        evconnlistener_free(listener);
        event_base_free(base);
        return 0;
}
