/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

void peer_require(int ok, const char *words)
{
        if (ok)
                return;
        perror(words);
        exit(EXIT_FAILURE);
}

struct sockaddr_in peer_start(int argc, char **argv)
{
        struct sockaddr_in address = { .sin_family = AF_INET };
        struct rlimit limit;
        long port = argc == 2 || argc == 3 ? strtol(argv[1], NULL, 10) : 0;
        const char *host = argc == 3 ? argv[2] : "127.0.0.1";

        if (port < 1 || port > UINT16_MAX || inet_pton(AF_INET, host, &address.sin_addr) != 1) {
                fprintf(stderr, "Usage: %s PORT [HOST]\n", argv[0]);
                exit(EXIT_FAILURE);
        }
        peer_require(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
        limit.rlim_cur = limit.rlim_max;
        peer_require(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
        signal(SIGPIPE, SIG_IGN);
        address.sin_port = htons((uint16_t)port);
        return address;
}

int peer_listen(const struct sockaddr_in *address, int flags)
{
        int fd = socket(AF_INET, SOCK_STREAM | flags, 0);
        int on = 1;

        peer_require(fd >= 0, "socket");
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        peer_require(bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0, "bind");
        peer_require(listen(fd, PEER_BACKLOG) == 0, "listen");
        return fd;
}

int peer_bind_udp(const struct sockaddr_in *address)
{
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        peer_require(fd >= 0, "socket");
        peer_require(bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0, "bind");
        return fd;
}

void peer_set_nodelay(int fd)
{
        int on = 1;

        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}
