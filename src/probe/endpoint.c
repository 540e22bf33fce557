/* SPDX-License-Identifier: MIT */
#include "probe/endpoint.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* Sources are 127.1.0.1 and up: 2^22 of them, then they are used again. */
enum { SOURCE_FIRST = 0x7f010001, SOURCE_COUNT = 1 << 22 };

static int set_option(int fd, int level, int name, int value)
{
        return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

static bool is_loopback(const struct address *target)
{
        const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)&target->socket;

        return ipv4->sin_family == AF_INET && ntohl(ipv4->sin_addr.s_addr) >> 24 == 127;
}

/* The port is left to connect(2), which may give one to several sources. */
static int bind_source(int fd, uint64_t source)
{
        uint32_t ip = SOURCE_FIRST + (uint32_t)(source % SOURCE_COUNT);
        struct sockaddr_in address = {
                .sin_family = AF_INET,
                .sin_addr.s_addr = htonl(ip),
        };
        int error = set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);

        if (error == 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                error = -errno;
        return error;
}

int endpoint_open(const struct address *target, uint64_t source)
{
        int type = target->transport == ADDRESS_UDP ? SOCK_DGRAM : SOCK_STREAM;
        int fd = socket(target->socket.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        int error = 0;

        if (fd < 0)
                return -errno;
        if (target->transport == ADDRESS_TCP)
                error = set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
        if (error == 0 && source != 0 && is_loopback(target))
                error = bind_source(fd, source);
        if (error < 0) {
                close(fd);
                return error;
        }
        return fd;
}

int endpoint_connect(int fd, const struct address *target)
{
        if (connect(fd, (const struct sockaddr *)&target->socket, target->size) < 0)
                return -errno;
        return 0;
}

int endpoint_error(int fd)
{
        int error = 0;
        socklen_t size = sizeof(error);

        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
                return -errno;
        return -error;
}
