/* SPDX-License-Identifier: MIT */
#include "service/udp.h"

#include <linux/sock_diag.h>
#include <string.h>

#include "core/ensure.h"
#include "shell/listener.h"
#include "shell/sys.h"

int udp_open(struct udp *udp, const struct options *options)
{
        if (udp->is_open)
                return 0;
        int error = rate_draw_key(&udp->guard_key);
        if (error == 0)
                error = host_open(&udp->host);
        if (error < 0)
                return error;
        error = rate_open(&udp->rate, options->udp_rate);
        if (error < 0)
                host_close(&udp->host);
        udp->is_open = error == 0;
        return error;
}

void udp_add(struct udp *udp, const struct options *options, const struct address *address,
             const int *fds, uint32_t workers, uint8_t number)
{
        ensure(udp->count < OPTIONS_LISTENERS_MAX);
        struct udp_listener *listener = &udp->listeners[udp->count++];
        const struct sockaddr *socket = (const struct sockaddr *)&address->socket;
        uint16_t port = 0;

        bool is_ip = ip_from_socket(socket, &listener->address, &port);
        ensure(is_ip);
        bool takes_ip4 = address->is_dual || ip_is_v4(listener->address);
        bool takes_ip6 = address->is_dual || !takes_ip4;
        host_add_port(&udp->host, (struct datagram_port){ port, takes_ip4, takes_ip6 });
        udp->workers = workers;
        listener->number = number;
        memcpy(listener->fds, fds, workers * sizeof(fds[0]));
        listener->is_wildcard = listener_is_wildcard(socket);
        listener->has_loop_guard = options_has_udp_loop_guard(options, address);
        listener->rules = (struct datagram_rules){
                .grants_low_ports = options->udp_low_ports,
                .own = udp->host.own,
                .broadcasts = udp->host.broadcasts,
                .ports = udp->host.ports,
                .buckets = options_has_udp_rate(options, address) ? rate_buckets(&udp->rate) : NULL,
        };
}

/* What the kernel dropped at the socket before this process had it; 0 if it does not tell. */
static uint32_t overflows_of(int fd)
{
        uint32_t figures[SK_MEMINFO_VARS] = { 0 };
        socklen_t size = sizeof(figures);

        if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, figures, &size) < 0)
                return 0;
        return figures[SK_MEMINFO_DROPS];
}

void udp_add_shared(struct udp *udp, const struct options *options, const struct address *address,
                    const int *fds, uint32_t workers, uint8_t number)
{
        struct udp_listener *listener = &udp->listeners[udp->count];

        udp_add(udp, options, address, fds, workers, number);
        listener->is_shared = true;
        atomic_store(&listener->overflows, overflows_of(fds[0]));
}

/* One descriptor to each worker; those that none took are closed. */
static int hand_out(const struct udp *udp, struct udp_listener *listener, struct crew *crew)
{
        struct datagram_rules rules = listener->rules;
        struct reflector_setup setup = {
                .listener = listener->number,
                .is_wildcard = listener->is_wildcard,
                .address = listener->address,
                .guard_key = listener->has_loop_guard ? &udp->guard_key : NULL,
                .shared = listener->is_shared ? &listener->overflows : NULL,
                .rules = &rules,
        };
        int error = 0;

        rules.port_count = udp->host.port_count;
        rules.access = crew->admission.access;
        for (uint32_t i = 0; i < crew->count; i++) {
                setup.fd = listener->fds[i];
                if (error == 0)
                        error = worker_reflect(&crew->members[i].worker, &setup);
                if (error < 0)
                        (void)sys_close(setup.fd);
        }
        return error;
}

int udp_hand_out(struct udp *udp, struct crew *crew)
{
        int error = 0;

        while (error == 0 && udp->count > 0)
                error = hand_out(udp, &udp->listeners[--udp->count], crew);
        return error;
}

void udp_close(struct udp *udp)
{
        while (udp->count > 0)
                for (uint32_t i = udp->workers, last = --udp->count; i-- > 0;)
                        (void)sys_close(udp->listeners[last].fds[i]);
        rate_close(&udp->rate);
        host_close(&udp->host);
        udp->is_open = false;
}
