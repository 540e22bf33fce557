/* SPDX-License-Identifier: MIT */
/*
 * The floor under every echo server: what one recv and one send of a message cost the thread that
 * makes them, with nothing around. Both ends of some connections, or pairs of sockets, are in this
 * thread, on one CPU; only the server's calls lie between two readings of the clock. Prints JSON.
 *
 * Usage: floor tcp|udp [SIZE]    bytes a message, 1 to 16384, else 64
 */
#include <arpa/inet.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "peer.h"

enum { PAIR_COUNT = 64, ROUND_COUNT = 15, SIZE_MAX_BYTES = 16384 };
enum { LAP_COUNT = 300, SYSCALL_COUNT = 50000 };

struct pair {
        int client;
        int server;
};

static struct pair pairs[PAIR_COUNT];
static char buffer[SIZE_MAX_BYTES];

/* CPU time of this thread. */
static uint64_t clock_now_ns(void)
{
        struct timespec now = { 0 };

        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* Wherever the thread is now, there it stays: a move would cost it its caches. */
static void cpu_keep(void)
{
        cpu_set_t cpus;

        CPU_ZERO(&cpus);
        CPU_SET((size_t)sched_getcpu(), &cpus);
        peer_require(sched_setaffinity(0, sizeof(cpus), &cpus) == 0, "sched_setaffinity");
}

static void connections_open(void)
{
        struct sockaddr_in address = { .sin_family = AF_INET };
        socklen_t address_size = sizeof(address);
        int listener = -1;

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        listener = peer_listen(&address, 0);
        getsockname(listener, (struct sockaddr *)&address, &address_size);
        for (int i = 0; i < PAIR_COUNT; i++) {
                int client = socket(AF_INET, SOCK_STREAM, 0);

                peer_require(connect(client, (struct sockaddr *)&address, address_size) == 0,
                             "connect");
                pairs[i] = (struct pair){ client, accept(listener, NULL, NULL) };
                peer_require(pairs[i].server >= 0, "accept");
                peer_set_nodelay(pairs[i].client);
                peer_set_nodelay(pairs[i].server);
        }
        close(listener);
}

static void message_send(int fd, size_t size)
{
        peer_require(send(fd, buffer, size, 0) == (ssize_t)size, "send");
}

static void message_receive(int fd, size_t size)
{
        peer_require(recv(fd, buffer, size, MSG_WAITALL) == (ssize_t)size, "recv");
}

static void connection_echo(int fd, size_t size)
{
        message_receive(fd, size);
        message_send(fd, size);
}

/* The server's sockets are not connected: a server of datagrams has one for all its clients. */
static void sockets_open(void)
{
        struct sockaddr_in address = { .sin_family = AF_INET };
        socklen_t address_size = sizeof(address);

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        for (int i = 0; i < PAIR_COUNT; i++) {
                address.sin_port = 0;
                pairs[i].server = peer_bind_udp(&address);
                getsockname(pairs[i].server, (struct sockaddr *)&address, &address_size);
                pairs[i].client = socket(AF_INET, SOCK_DGRAM, 0);
                peer_require(connect(pairs[i].client, (struct sockaddr *)&address, address_size) ==
                                 0,
                             "connect");
        }
}

static void datagram_echo(int fd, size_t size)
{
        struct sockaddr_storage from;
        socklen_t from_size = sizeof(from);
        struct sockaddr *address = (struct sockaddr *)&from;

        peer_require(recvfrom(fd, buffer, size, 0, address, &from_size) == (ssize_t)size,
                     "recvfrom");
        peer_require(sendto(fd, buffer, size, 0, address, from_size) == (ssize_t)size, "sendto");
}

static const struct transport {
        const char *name;
        void (*open)(void);
        void (*echo)(int fd, size_t size); /* what is measured */
} transports[] = {
        { "tcp", connections_open, connection_echo },
        { "udp", sockets_open, datagram_echo },
};

static const struct transport *transport_find(const char *name)
{
        for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++)
                if (strcmp(transports[i].name, name) == 0)
                        return &transports[i];
        return NULL;
}

/* CPU time of one recv and one send on each pair. */
static uint64_t lap_measure(const struct transport *transport, size_t size)
{
        uint64_t start_ns = 0;
        uint64_t end_ns = 0;

        for (int i = 0; i < PAIR_COUNT; i++)
                message_send(pairs[i].client, size);
        start_ns = clock_now_ns();
        for (int i = 0; i < PAIR_COUNT; i++)
                transport->echo(pairs[i].server, size);
        end_ns = clock_now_ns();
        for (int i = 0; i < PAIR_COUNT; i++)
                message_receive(pairs[i].client, size);
        return end_ns - start_ns;
}

static double pair_measure(const struct transport *transport, size_t size)
{
        uint64_t sum_ns = 0;

        for (int lap = 0; lap < LAP_COUNT; lap++)
                sum_ns += lap_measure(transport, size);
        return (double)sum_ns / (LAP_COUNT * PAIR_COUNT);
}

static double syscall_measure(void)
{
        uint64_t start_ns = clock_now_ns();

        for (int i = 0; i < SYSCALL_COUNT; i++)
                syscall(SYS_getppid);
        return (double)(clock_now_ns() - start_ns) / (double)SYSCALL_COUNT;
}

static int compare(const void *left, const void *right)
{
        double a = *(const double *)left;
        double b = *(const double *)right;

        return (a > b) - (a < b);
}

int main(int argc, char **argv)
{
        double pair_ns[ROUND_COUNT];
        double syscall_ns[ROUND_COUNT];
        const struct transport *transport = argc > 1 ? transport_find(argv[1]) : NULL;
        long size = argc > 2 ? strtol(argv[2], NULL, 10) : 64;

        if (transport == NULL || argc > 3 || size < 1 || size > SIZE_MAX_BYTES) {
                fprintf(stderr, "Usage: %s tcp|udp [SIZE]\n", argv[0]);
                return EXIT_FAILURE;
        }
        cpu_keep();
        transport->open();
        pair_measure(transport, (size_t)size); /* warms up */
        for (int round = 0; round < ROUND_COUNT; round++) {
                pair_ns[round] = pair_measure(transport, (size_t)size);
                syscall_ns[round] = syscall_measure();
        }
        qsort(pair_ns, ROUND_COUNT, sizeof(*pair_ns), compare);
        qsort(syscall_ns, ROUND_COUNT, sizeof(*syscall_ns), compare);
        printf(
            "{\"transport\": \"%s\", \"size\": %ld, \"connections\": %d, \"rounds\": %d, "
            "\"pair_ns\": %.1f, "
            "\"pair_min_ns\": %.1f, \"pair_max_ns\": %.1f, \"syscall_ns\": %.1f}\n",
            transport->name, size, PAIR_COUNT, ROUND_COUNT, pair_ns[ROUND_COUNT / 2], pair_ns[0],
            pair_ns[ROUND_COUNT - 1], syscall_ns[ROUND_COUNT / 2]);
        return 0;
}
