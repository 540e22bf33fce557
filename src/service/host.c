/* SPDX-License-Identifier: MIT */
#include "service/host.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stddef.h>
#include <stdlib.h>

#include "core/ensure.h"

static void add(struct ip_set *set, const struct sockaddr *address)
{
        struct ip ip;
        uint16_t port;

        if (address != NULL && ip_from_socket(address, &ip, &port))
                (void)ip_set_add(set, ip);
}

static uint32_t count_all(const struct ifaddrs *first)
{
        uint32_t count = 0;

        for (const struct ifaddrs *entry = first; entry != NULL; entry = entry->ifa_next)
                count++;
        return count;
}

/* Room for as many in both sets; NULL when there is no memory. */
static struct ip *reserve(struct host *host, uint32_t count)
{
        struct ip *ips = calloc(2 * (size_t)count + 1, sizeof(*ips));

        if (ips == NULL)
                return NULL;
        ip_set_init(&host->own, ips, count);
        ip_set_init(&host->broadcasts, ips + count, count);
        return ips;
}

int host_open(struct host *host)
{
        struct ifaddrs *first = NULL;

        *host = (struct host){ 0 };
        /* Who may not ask knows none of them (RestrictAddressFamilies= without AF_NETLINK). */
        if (getifaddrs(&first) < 0 && errno != EAFNOSUPPORT)
                return -errno;
        struct ip *ips = reserve(host, count_all(first));
        for (const struct ifaddrs *entry = first; entry != NULL && ips != NULL;
             entry = entry->ifa_next) {
                add(&host->own, entry->ifa_addr);
                if ((entry->ifa_flags & IFF_BROADCAST) != 0)
                        add(&host->broadcasts, entry->ifa_broadaddr);
        }
        if (first != NULL)
                freeifaddrs(first);
        return ips != NULL ? 0 : -ENOMEM;
}

void host_add_port(struct host *host, struct datagram_port port)
{
        ensure(host->port_count < HOST_PORTS_MAX);
        host->ports[host->port_count++] = port;
}

void host_close(struct host *host)
{
        free(host->own.ips);
        *host = (struct host){ 0 };
}
