/* SPDX-License-Identifier: MIT */
#include "datagram.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "limit.h"
#include "support/pattern.h"

enum { DATA_SIZE = 64 * 1024, RECEIVE_BUFFER_SIZE = 8 << 20 };

/* A datagram of some size begins with its client and its index. */
struct stamp {
        uint32_t number;
        uint32_t index;
};

static int open_socket(const struct place *place)
{
        int size = RECEIVE_BUFFER_SIZE;
        int fd = socket(place->address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        ck_assert_msg(fd >= 0, "socket: %s", strerror(errno));
        /* As much as there is to be had. */
        if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
                (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
        return fd;
}

static void connect_socket(struct datagram_client *client, int fd, const struct place *to,
                           unsigned number)
{
        *client = (struct datagram_client){ .fd = fd, .number = number };
        ck_assert_msg(connect(fd, (const struct sockaddr *)&to->address, to->size) == 0,
                      "client %u: connect: %s", number, strerror(errno));
}

void datagram_open(struct datagram_client *client, const struct place *to, unsigned number)
{
        connect_socket(client, open_socket(to), to, number);
}

bool datagram_try_open_from(struct datagram_client *client, const struct place *from,
                            const struct place *to, unsigned number)
{
        int fd = open_socket(from);

        if (bind(fd, (const struct sockaddr *)&from->address, from->size) < 0) {
                close(fd);
                return false;
        }
        connect_socket(client, fd, to, number);
        return true;
}

void datagram_open_from(struct datagram_client *client, const struct place *from,
                        const struct place *to, unsigned number)
{
        ck_assert_msg(datagram_try_open_from(client, from, to, number), "client %u: bind: %s",
                      number, strerror(errno));
}

void datagram_close(const struct datagram_client *client)
{
        close(client->fd);
}

static void write_payload(const struct datagram_client *client, unsigned index, uint32_t size,
                          unsigned char *ret_data)
{
        struct stamp stamp = { .number = client->number, .index = index };

        pattern_fill(ret_data, size, client->number + index, 0);
        memcpy(ret_data, &stamp, size < sizeof(stamp) ? size : sizeof(stamp));
}

void datagram_send(const struct datagram_client *client, unsigned index, uint32_t size)
{
        static unsigned char data[DATA_SIZE];

        ck_assert_uint_le(size, sizeof(data));
        write_payload(client, index, size, data);
        ssize_t sent = send(client->fd, data, size, 0);
        ck_assert_msg(sent == (ssize_t)size, "client %u: datagram %u of %u bytes: %s",
                      client->number, index, size, strerror(errno));
}

void datagram_send_batch(const struct datagram_client *client, unsigned index, unsigned count,
                         uint32_t size, uint32_t last_size)
{
        static unsigned char data[DATA_SIZE];
        uint32_t sum = (count - 1) * size + last_size;
        int segment_size = (int)size;

        ck_assert_uint_le(count, DATAGRAM_BATCH_MOST);
        ck_assert(last_size > 0 && last_size <= size && sum <= DATAGRAM_MOST_IP4);
        for (unsigned i = 0; i < count; i++)
                write_payload(client, index + i, i + 1 < count ? size : last_size, data + i * size);
        ck_assert_int_eq(
            setsockopt(client->fd, IPPROTO_UDP, UDP_SEGMENT, &segment_size, sizeof(segment_size)),
            0);
        ssize_t sent = send(client->fd, data, sum, 0);
        ck_assert_msg(sent == (ssize_t)sum, "client %u: batch: %s", client->number,
                      strerror(errno));
        segment_size = 0;
        ck_assert_int_eq(
            setsockopt(client->fd, IPPROTO_UDP, UDP_SEGMENT, &segment_size, sizeof(segment_size)),
            0);
}

void datagram_expect(const struct datagram_client *client, unsigned index, uint32_t size)
{
        static unsigned char expected[DATA_SIZE];
        static unsigned char got[DATA_SIZE];
        struct pollfd wanted = { .fd = client->fd, .events = POLLIN };

        ck_assert_msg(poll(&wanted, 1, LIMIT_MS) == 1, "client %u: no answer %u of %u bytes",
                      client->number, index, size);
        ssize_t got_size = recv(client->fd, got, sizeof(got), MSG_TRUNC);
        ck_assert_msg(got_size == (ssize_t)size, "client %u: answer %u has %zd bytes, not %u: %s",
                      client->number, index, got_size, size, got_size < 0 ? strerror(errno) : "");
        write_payload(client, index, size, expected);
        ck_assert_msg(memcmp(got, expected, size) == 0, "client %u: answer %u of %u bytes is wrong",
                      client->number, index, size);
}

void datagram_exchange(const struct datagram_client *client, unsigned index, uint32_t size)
{
        datagram_send(client, index, size);
        datagram_expect(client, index, size);
}

static bool take(const struct datagram_client *client)
{
        ssize_t got = recv(client->fd, NULL, 0, MSG_TRUNC | MSG_DONTWAIT);

        ck_assert_msg(got >= 0 || errno == EAGAIN, "client %u: %s", client->number,
                      strerror(errno));
        return got >= 0;
}

void datagram_expect_nothing(const struct datagram_client *client)
{
        ck_assert_msg(!take(client), "client %u: an answer too many", client->number);
}

unsigned datagram_discard(const struct datagram_client *client)
{
        unsigned count = 0;

        while (take(client))
                count++;
        return count;
}

void datagram_await_refusal(const struct datagram_client *client)
{
        struct limit limit = limit_start();

        while (send(client->fd, "", 0, 0) == 0) {
                ck_assert_msg(limit_left_ms(&limit) > 0, "somebody still has the port");
                limit_pause();
        }
        ck_assert_int_eq(errno, ECONNREFUSED);
}
