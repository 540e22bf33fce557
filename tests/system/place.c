/* SPDX-License-Identifier: MIT */
#include "place.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "port.h"

static struct place place_of(const void *address, size_t size)
{
        struct place place = { .size = (socklen_t)size };

        memcpy(&place.address, address, size);
        return place;
}

struct place place_ip4(uint16_t port)
{
        struct sockaddr_in address = port_address(port);

        return place_of(&address, sizeof(address));
}

struct place place_ip6(uint16_t port)
{
        struct sockaddr_in6 address = { .sin6_family = AF_INET6,
                                        .sin6_port = htons(port),
                                        .sin6_addr = IN6ADDR_LOOPBACK_INIT };

        return place_of(&address, sizeof(address));
}

struct place place_at(const char *host, uint16_t port)
{
        struct sockaddr_in ip4 = { .sin_family = AF_INET, .sin_port = htons(port) };
        struct sockaddr_in6 ip6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

        if (inet_pton(AF_INET, host, &ip4.sin_addr) == 1)
                return place_of(&ip4, sizeof(ip4));
        ck_assert_msg(inet_pton(AF_INET6, host, &ip6.sin6_addr) == 1, "%s", host);
        return place_of(&ip6, sizeof(ip6));
}

struct place place_path(const char *path)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        ck_assert_uint_lt(strlen(path), sizeof(address.sun_path));
        memcpy(address.sun_path, path, strlen(path) + 1);
        return place_of(&address, sizeof(address));
}

struct place place_name(const char *name)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        ck_assert_uint_lt(strlen(name) + 1, sizeof(address.sun_path));
        memcpy(address.sun_path + 1, name, strlen(name));
        return place_of(&address, offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
}

bool place_has_ip6(void)
{
        struct place place = place_ip6(0);
        int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return false;
        int result = bind(fd, (const struct sockaddr *)&place.address, place.size);
        close(fd);
        return result == 0;
}

bool place_is_refused(const struct place *place)
{
        /* Who listens, and accepts nobody, would let it wait for minutes. */
        const struct timeval patience = { .tv_sec = 1 };
        int fd = socket(place->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

        ck_assert_int_ge(fd, 0);
        ck_assert(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0);
        int result = connect(fd, (const struct sockaddr *)&place->address, place->size);
        int error = result < 0 ? errno : 0;
        close(fd);
        return error == ECONNREFUSED || error == ENOENT;
}
