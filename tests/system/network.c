/* SPDX-License-Identifier: MIT */
#include "network.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIRE "wire"

/* Of linux/ipv6.h, which cannot be had beside netinet/in.h. */
struct ip6_request {
        struct in6_addr address;
        uint32_t prefix_size;
        int interface;
};

static bool write_text(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CLOEXEC);

        if (fd < 0)
                return false;
        bool is_written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
        close(fd);
        return is_written;
}

/* Who is not root can be so in a world of its own, where users may make one. */
static bool leave(void)
{
        char map[64];
        uid_t uid = geteuid();

        if (uid == 0)
                return unshare(CLONE_NEWNET) == 0;
        snprintf(map, sizeof(map), "0 %u 1", uid);
        return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && write_text("/proc/self/uid_map", map);
}

bool network_enter(void)
{
        struct ifreq loopback = { .ifr_name = "lo", .ifr_flags = IFF_UP };

        if (!leave())
                return false;
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        bool is_up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &loopback) == 0;
        if (fd >= 0)
                close(fd);
        return is_up;
}

static void request(int family, unsigned long number, void *argument)
{
        int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        ck_assert_int_ge(fd, 0);
        ck_assert_msg(ioctl(fd, number, argument) == 0, "request %lx: %s", number, strerror(errno));
        close(fd);
}

static struct sockaddr ip4_of(const char *host)
{
        struct sockaddr_in address = { .sin_family = AF_INET };
        struct sockaddr result;

        ck_assert(inet_pton(AF_INET, host, &address.sin_addr) == 1);
        memcpy(&result, &address, sizeof(result));
        return result;
}

static void add_ip4(const char *interface, const char *host)
{
        struct ifreq wanted = { .ifr_addr = ip4_of(host) };

        ck_assert_uint_lt(strlen(interface), sizeof(wanted.ifr_name));
        strcpy(wanted.ifr_name, interface);
        request(AF_INET, SIOCSIFADDR, &wanted);
        wanted.ifr_netmask = ip4_of("255.255.255.0");
        request(AF_INET, SIOCSIFNETMASK, &wanted);
}

void network_add_ip4(unsigned count)
{
        char host[NETWORK_HOST_SIZE];
        char alias[IFNAMSIZ];

        for (unsigned i = 0; i < count; i++) {
                network_ip4(i, host);
                snprintf(alias, sizeof(alias), "lo:%u", i);
                add_ip4(alias, host);
        }
}

void network_add_ip6(unsigned count)
{
        char host[NETWORK_HOST_SIZE];

        for (unsigned i = 0; i < count; i++) {
                struct ip6_request added = { .prefix_size = 128,
                                             .interface = (int)if_nametoindex("lo") };
                network_ip6(i, host);
                ck_assert(inet_pton(AF_INET6, host, &added.address) == 1);
                request(AF_INET6, SIOCSIFADDR, &added);
        }
}

int network_open_wire(void)
{
        struct ifreq wire = { .ifr_name = WIRE, .ifr_flags = IFF_TAP | IFF_NO_PI };
        int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

        if (fd < 0)
                return -1;
        if (ioctl(fd, TUNSETIFF, &wire) < 0) {
                close(fd);
                return -1;
        }
        wire.ifr_flags = IFF_UP;
        request(AF_INET, SIOCSIFFLAGS, &wire);
        add_ip4(wire.ifr_name, "10.8.0.1");
        return fd;
}

void network_forget_broadcast(void)
{
        struct ifreq wanted = { .ifr_name = WIRE, .ifr_broadaddr = ip4_of("0.0.0.0") };

        request(AF_INET, SIOCSIFBRDADDR, &wanted);
        wanted.ifr_dstaddr = ip4_of("10.8.0.2");
        request(AF_INET, SIOCSIFDSTADDR, &wanted);
}

void network_ip4(unsigned index, char host[NETWORK_HOST_SIZE])
{
        ck_assert_uint_lt(index, 254);
        snprintf(host, NETWORK_HOST_SIZE, "10.9.0.%u", 1 + index);
}

void network_ip6(unsigned index, char host[NETWORK_HOST_SIZE])
{
        snprintf(host, NETWORK_HOST_SIZE, "fd00:9::%x", 1 + index);
}
