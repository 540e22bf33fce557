/* SPDX-License-Identifier: MIT */
#include "service/host.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/ensure.h"

static void add(struct ip_set *set, const struct sockaddr *address)
{
        struct ip ip;
        uint16_t port;

        if (address != NULL && ip_from_socket(address, &ip, &port))
                (void)ip_set_add(set, ip);
}

/*
 * The broadcast address that goes with an address. getifaddrs(3) cannot be asked for it: where
 * there is none it shows the address itself, or the peer's, as ip(8) leaves it unless it is told
 * `brd +`.
 */
static void add_broadcast(struct ip_set *set, int fd, const struct ifaddrs *entry)
{
        struct ifreq request = { .ifr_addr.sa_family = AF_INET };

        if (entry->ifa_addr == NULL || entry->ifa_addr->sa_family != AF_INET ||
            (entry->ifa_flags & IFF_BROADCAST) == 0)
                return;
        strncpy(request.ifr_name, entry->ifa_name, sizeof(request.ifr_name) - 1);
        /* An interface has several: this says which one is meant. */
        request.ifr_addr = *entry->ifa_addr;
        if (ioctl(fd, SIOCGIFBRDADDR, &request) == 0)
                add(set, &request.ifr_broadaddr);
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

/* -errno, and no set is complete then; a socket is how the kernel is asked. */
static int add_all(struct host *host, const struct ifaddrs *first)
{
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        /* Without IPv4 there is no broadcast either. */
        if (fd < 0 && errno != EAFNOSUPPORT)
                return -errno;
        for (const struct ifaddrs *entry = first; entry != NULL; entry = entry->ifa_next) {
                add(&host->own, entry->ifa_addr);
                add_broadcast(&host->broadcasts, fd, entry);
        }
        if (fd >= 0)
                close(fd);
        return 0;
}

int host_open(struct host *host)
{
        struct ifaddrs *first = NULL;
        int error = -ENOMEM;

        *host = (struct host){ 0 };
        /* Who may not ask knows none of them (RestrictAddressFamilies= without AF_NETLINK). */
        if (getifaddrs(&first) < 0 && errno != EAFNOSUPPORT)
                return -errno;
        struct ip *ips = reserve(host, count_all(first));
        if (ips != NULL)
                error = add_all(host, first);
        if (first != NULL)
                freeifaddrs(first);
        if (error < 0)
                free(ips);
        return error;
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
