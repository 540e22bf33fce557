/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <check.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "limit.h"
#include "support/pattern.h"

enum {
        CHUNK_SIZE = 64 * 1024,
        SMALL_SIZE = 32 * 1024,
        CLIENTS_MAX = 256,
        /* Nobody can send, or nothing comes, for so long: then it is taken to stay so. */
        QUIET_MS = 200,
};

/* More than any kernel buffers for one connection: who took so much did not block. */
static const uint64_t blocked_most = UINT64_C(256) << 20;

static void set_option(int fd, int level, int name, int value)
{
        ck_assert(setsockopt(fd, level, name, &value, sizeof(value)) == 0);
}

static int open_socket(const struct place *place)
{
        int fd = socket(place->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

        ck_assert_msg(fd >= 0, "socket: %s", strerror(errno));
        /* Each send leaves as a segment of its own. */
        if (place->address.ss_family != AF_UNIX)
                set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
        return fd;
}

static void connect_socket(struct client *client, int fd, const struct place *place,
                           unsigned number)
{
        *client = (struct client){ .fd = fd, .number = number };
        ck_assert_msg(connect(fd, (const struct sockaddr *)&place->address, place->size) == 0,
                      "client %u: connect: %s", number, strerror(errno));
}

void client_connect_to(struct client *client, const struct place *place, unsigned number)
{
        connect_socket(client, open_socket(place), place, number);
}

void client_connect_from(struct client *client, const struct place *from, const struct place *to,
                         unsigned number)
{
        int fd = open_socket(to);

        ck_assert_msg(bind(fd, (const struct sockaddr *)&from->address, from->size) == 0,
                      "client %u: bind: %s", number, strerror(errno));
        connect_socket(client, fd, to, number);
}

void client_connect_small_to(struct client *client, const struct place *place, unsigned number)
{
        int fd = open_socket(place);

        set_option(fd, SOL_SOCKET, SO_SNDBUF, SMALL_SIZE);
        set_option(fd, SOL_SOCKET, SO_RCVBUF, SMALL_SIZE);
        connect_socket(client, fd, place, number);
}

void client_connect(struct client *client, uint16_t port, unsigned number)
{
        struct place place = place_ip4(port);

        client_connect_to(client, &place, number);
}

void client_connect_small(struct client *client, uint16_t port, unsigned number)
{
        struct place place = place_ip4(port);

        client_connect_small_to(client, &place, number);
}

void client_connect_all(struct client *clients, unsigned count, uint16_t port)
{
        for (unsigned i = 0; i < count; i++)
                client_connect(&clients[i], port, i);
}

static short wait_for(const struct client *client, short events)
{
        struct pollfd wanted = { .fd = client->fd, .events = events };

        ck_assert_msg(poll(&wanted, 1, LIMIT_MS) == 1,
                      "client %u: nothing happens; sent %llu, received %llu", client->number,
                      (unsigned long long)client->sent, (unsigned long long)client->received);
        return wanted.revents;
}

/* Sends some of the next `size` bytes; false when the kernel takes none now. */
static bool send_some(struct client *client, uint64_t size, int flags)
{
        static unsigned char chunk[CHUNK_SIZE];
        uint64_t some = size < sizeof(chunk) ? size : sizeof(chunk);

        pattern_fill(chunk, some, client->number, client->sent);
        ssize_t sent = send(client->fd, chunk, some, MSG_NOSIGNAL | MSG_DONTWAIT | flags);
        if (sent < 0 && errno == EAGAIN)
                return false;
        ck_assert_msg(sent > 0, "client %u: send: %s", client->number, strerror(errno));
        client->sent += (uint64_t)sent;
        return true;
}

/* Sees that these bytes are the next ones. */
static void check_bytes(struct client *client, const unsigned char *chunk, uint64_t size)
{
        ck_assert_msg(size <= client->sent - client->received, "client %u: %llu bytes too many",
                      client->number, (unsigned long long)(client->received + size - client->sent));
        uint64_t right = pattern_check(chunk, size, client->number, client->received);
        ck_assert_msg(right == size, "client %u: wrong byte at %llu", client->number,
                      (unsigned long long)(client->received + right));
        client->received += size;
}

/* Takes what has come, if anything, and no more than that. */
static void receive_most(struct client *client, uint64_t most)
{
        static unsigned char chunk[CHUNK_SIZE];
        uint64_t asked = most < sizeof(chunk) ? most : sizeof(chunk);
        ssize_t got = recv(client->fd, chunk, asked, MSG_DONTWAIT);

        if (got < 0 && errno == EAGAIN)
                return;
        ck_assert_msg(got >= 0, "client %u: recv: %s", client->number, strerror(errno));
        ck_assert_msg(got > 0, "client %u: the stream ended after %llu of %llu bytes",
                      client->number, (unsigned long long)client->received,
                      (unsigned long long)client->sent);
        check_bytes(client, chunk, (uint64_t)got);
}

static void receive_some(struct client *client)
{
        receive_most(client, CHUNK_SIZE);
}

static void send_all(struct client *client, uint64_t size, int flags)
{
        uint64_t goal = client->sent + size;

        while (client->sent < goal)
                if (!send_some(client, goal - client->sent, flags))
                        wait_for(client, POLLOUT);
}

void client_send(struct client *client, uint64_t size)
{
        send_all(client, size, 0);
}

void client_send_urgent(struct client *client, uint64_t size)
{
        send_all(client, size, MSG_OOB);
}

void client_send_behind(struct client *client, const void *head, uint64_t head_size, uint64_t size)
{
        static unsigned char chunk[2 * CHUNK_SIZE];

        ck_assert_uint_le(head_size, CHUNK_SIZE);
        ck_assert_uint_le(size, CHUNK_SIZE);
        memcpy(chunk, head, head_size);
        pattern_fill(chunk + head_size, size, client->number, client->sent);
        ssize_t sent = send(client->fd, chunk, head_size + size, MSG_NOSIGNAL);
        ck_assert_msg(sent == (ssize_t)(head_size + size), "client %u: send: %s", client->number,
                      sent < 0 ? strerror(errno) : "not all");
        client->sent += size;
}

void client_await_acknowledged(const struct client *client)
{
        struct limit limit = limit_start();
        int pending = 1;

        while (pending > 0) {
                ck_assert(ioctl(client->fd, SIOCOUTQ, &pending) == 0);
                ck_assert_msg(limit_left_ms(&limit) > 0, "client %u: %d bytes are never taken",
                              client->number, pending);
        }
}

void client_send_until_blocked(struct client *clients, unsigned count)
{
        struct pollfd polls[CLIENTS_MAX];

        ck_assert_uint_le(count, CLIENTS_MAX);
        for (unsigned i = 0; i < count; i++)
                polls[i] = (struct pollfd){ .fd = clients[i].fd, .events = POLLOUT };
        while (poll(polls, count, QUIET_MS) > 0) {
                for (unsigned i = 0; i < count; i++) {
                        /* Reset meanwhile: it will not send more either. */
                        if ((polls[i].revents & (POLLERR | POLLHUP)) != 0)
                                polls[i].fd = -1;
                        else if (polls[i].revents != 0)
                                (void)send_some(&clients[i], CHUNK_SIZE, 0);
                        ck_assert_msg(clients[i].sent < blocked_most, "client %u: never blocks",
                                      clients[i].number);
                }
        }
}

/* What is still to be done, as a poll set; returns how many clients are not done. */
static unsigned exchange_wants(const struct client *clients, const uint64_t *goals,
                               struct pollfd *polls, unsigned count)
{
        unsigned busy = 0;

        for (unsigned i = 0; i < count; i++) {
                polls[i] = (struct pollfd){ .fd = clients[i].fd };
                if (clients[i].sent < goals[i])
                        polls[i].events |= POLLOUT;
                if (clients[i].received < goals[i])
                        polls[i].events |= POLLIN;
                if (polls[i].events == 0)
                        polls[i].fd = -1;
                else
                        busy++;
        }
        return busy;
}

void client_exchange(struct client *clients, unsigned count, uint64_t size)
{
        struct pollfd polls[CLIENTS_MAX];
        uint64_t goals[CLIENTS_MAX];
        unsigned busy;

        ck_assert_uint_le(count, CLIENTS_MAX);
        for (unsigned i = 0; i < count; i++)
                goals[i] = clients[i].sent + size;
        while ((busy = exchange_wants(clients, goals, polls, count)) > 0) {
                ck_assert_msg(poll(polls, count, LIMIT_MS) > 0,
                              "%u of %u clients do not get their bytes", busy, count);
                for (unsigned i = 0; i < count; i++) {
                        if ((polls[i].revents & POLLOUT) != 0)
                                (void)send_some(&clients[i], goals[i] - clients[i].sent, 0);
                        if ((polls[i].revents & ~POLLOUT) != 0)
                                receive_some(&clients[i]);
                }
        }
}

void client_exchange_slowly(struct client *client, uint64_t size, uint64_t rate)
{
        uint64_t goal = client->sent + size;
        uint64_t before = client->received;
        uint64_t started_ms = limit_now_ms();

        while (client->received < goal) {
                uint64_t due = (limit_now_ms() - started_ms) * rate / 1000;
                uint64_t most = due - (client->received - before);
                if (client->sent < goal)
                        (void)send_some(client, goal - client->sent, 0);
                if (most > 0)
                        receive_most(client, most);
                limit_pause();
        }
}

void client_take(struct client *client)
{
        struct pollfd wanted = { .fd = client->fd, .events = POLLIN };

        while (client->received < client->sent && poll(&wanted, 1, QUIET_MS) > 0)
                receive_some(client);
}

void client_receive(struct client *client)
{
        while (client->received < client->sent) {
                wait_for(client, POLLIN);
                receive_some(client);
        }
}

void client_finish(const struct client *client)
{
        ck_assert(shutdown(client->fd, SHUT_WR) == 0);
}

void client_expect_end(const struct client *client)
{
        unsigned char byte;

        wait_for(client, POLLIN);
        ssize_t got = recv(client->fd, &byte, sizeof(byte), MSG_DONTWAIT);
        ck_assert_msg(got >= 0, "client %u: %s instead of the end", client->number,
                      strerror(errno));
        ck_assert_msg(got == 0, "client %u: a byte too many before the end", client->number);
}

int client_await_reset(const struct client *client)
{
        int error = 0;
        socklen_t size = sizeof(error);

        ck_assert((wait_for(client, 0) & POLLERR) != 0);
        ck_assert(getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0);
        return error;
}

void client_expect_reset(const struct client *client)
{
        unsigned char chunk[4096];
        ssize_t got;

        do {
                wait_for(client, POLLIN);
                got = recv(client->fd, chunk, sizeof(chunk), MSG_DONTWAIT);
        } while (got > 0);
        ck_assert_msg(got < 0, "client %u: an end as if all was well", client->number);
        ck_assert_int_eq(errno, ECONNRESET);
}

void client_expect_cut(struct client *client)
{
        unsigned char chunk[4096];
        ssize_t got;

        for (;;) {
                wait_for(client, POLLIN);
                got = recv(client->fd, chunk, sizeof(chunk), MSG_DONTWAIT);
                if (got <= 0)
                        break;
                check_bytes(client, chunk, (uint64_t)got);
        }
        ck_assert_msg(got == 0 || errno == ECONNRESET, "client %u: %s", client->number,
                      strerror(errno));
        ck_assert_uint_lt(client->received, client->sent);
}

void client_close(struct client *client)
{
        close(client->fd);
        client->fd = -1;
}

void client_close_all(struct client *clients, unsigned count)
{
        for (unsigned i = 0; i < count; i++)
                client_close(&clients[i]);
}

void client_reset(struct client *client)
{
        struct linger linger = { .l_onoff = 1, .l_linger = 0 };

        ck_assert(setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) == 0);
        client_close(client);
}
