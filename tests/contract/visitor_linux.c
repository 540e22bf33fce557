/* SPDX-License-Identifier: MIT */
#include "visitor.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/udp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/payload.h"

enum { PATIENCE_MS = 5000, SIZE_MAX_SENT = 65507, QUEUE_SIZE = 65536 };

static unsigned char buffer[SIZE_MAX_SENT];

/* The address in text; its size. */
static socklen_t name(const char *text, uint16_t port, struct sockaddr_in6 *ret_name)
{
        struct sockaddr_in *name4 = (struct sockaddr_in *)(void *)ret_name;

        *ret_name = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
        if (inet_pton(AF_INET6, text, &ret_name->sin6_addr) == 1)
                return sizeof(*ret_name);
        ret_name->sin6_family = AF_INET;
        ck_assert_int_eq(inet_pton(AF_INET, text, &name4->sin_addr), 1);
        return sizeof(*name4);
}

bool visitor_open(struct visitor *visitor, const char *address)
{
        struct sockaddr_in6 at;
        socklen_t size = name(address, 0, &at);
        int fd = socket(at.sin6_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || bind(fd, (struct sockaddr *)&at, size) < 0) {
                ck_assert(at.sin6_family == AF_INET6);
                if (fd >= 0)
                        close(fd);
                return false;
        }
        ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &size), 0);
        visitor->handle = fd;
        ck_assert(ip_from_socket((struct sockaddr *)&at, &visitor->address, &visitor->port));
        return true;
}

void visitor_close(struct visitor *visitor)
{
        ck_assert_int_eq(close(visitor->handle), 0);
}

/* All pieces of one size are alike. */
static void fill(uint32_t size, uint32_t segment_size)
{
        for (uint32_t done = 0; done < size;) {
                uint32_t left = size - done;
                uint32_t part = segment_size < left ? segment_size : left;
                payload_fill(buffer + done, part, part, 0);
                done += part;
        }
}

static void send_message(const struct visitor *visitor, struct msghdr *message, const char *address,
                         uint16_t port, size_t size)
{
        struct sockaddr_in6 to;
        struct iovec vector = { .iov_base = buffer, .iov_len = size };

        message->msg_namelen = name(address, port, &to);
        message->msg_name = &to;
        message->msg_iov = &vector;
        message->msg_iovlen = 1;
        ck_assert_int_eq(sendmsg(visitor->handle, message, 0), (ssize_t)size);
}

void visitor_send(struct visitor *visitor, const char *address, uint16_t port, uint32_t size)
{
        struct msghdr message = { 0 };

        fill(size, size);
        send_message(visitor, &message, address, port, size);
}

void visitor_send_cut(struct visitor *visitor, const char *address, uint16_t port, uint32_t size,
                      uint32_t segment_size)
{
        uint16_t cut = (uint16_t)segment_size;
        _Alignas(struct cmsghdr) unsigned char control[CMSG_SPACE(sizeof(cut))] = { 0 };
        struct msghdr message = { .msg_control = control, .msg_controllen = sizeof(control) };
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);

        header->cmsg_level = IPPROTO_UDP;
        header->cmsg_type = UDP_SEGMENT;
        header->cmsg_len = CMSG_LEN(sizeof(cut));
        memcpy(CMSG_DATA(header), &cut, sizeof(cut));
        fill(size, segment_size);
        send_message(visitor, &message, address, port, size);
}

void visitor_expect(struct visitor *visitor, const char *address, uint16_t port, const int *sizes)
{
        for (; *sizes >= 0; sizes++) {
                struct pollfd waiting = { .fd = visitor->handle, .events = POLLIN };
                struct sockaddr_in6 from;
                struct sockaddr_in6 expected;
                socklen_t size = sizeof(from);
                ck_assert_int_eq(poll(&waiting, 1, PATIENCE_MS), 1);
                ssize_t got = recvfrom(visitor->handle, buffer, sizeof(buffer), 0,
                                       (struct sockaddr *)&from, &size);
                ck_assert_int_eq(got, *sizes);
                ck_assert(payload_matches(buffer, (uint32_t)got, (uint32_t)got, 0));
                ck_assert_uint_eq(size, name(address, port, &expected));
                ck_assert_mem_eq(&from, &expected, size);
        }
}

void kernel_shrink_queue(int fd)
{
        int size = QUEUE_SIZE;

        ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
}
