/* SPDX-License-Identifier: MIT */
#include "letter.h"

#include <arpa/inet.h>
#include <netinet/udp.h>
#include <string.h>

#include "support/payload.h"

static int set_options(int fd, int family, unsigned options)
{
        const struct {
                bool is_set;
                int level;
                int name;
                int value;
        } all[] = {
                { (options & INLET_OVERFLOWS) != 0, SOL_SOCKET, SO_RXQ_OVFL, 1 },
                { (options & INLET_BATCHES) != 0, IPPROTO_UDP, UDP_GRO, 1 },
                { (options & INLET_PATH4) != 0, IPPROTO_IP, IP_PKTINFO, 1 },
                { (options & INLET_PATH6) != 0, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1 },
                { family == AF_INET6, IPPROTO_IPV6, IPV6_V6ONLY, (options & INLET_DUAL) == 0 },
                { (options & INLET_SHARED) != 0, SOL_SOCKET, SO_REUSEPORT, 1 },
                { (options & INLET_REUSED) != 0, SOL_SOCKET, SO_REUSEADDR, 1 },
        };
        int error = 0;

        for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]) && error == 0; i++)
                if (all[i].is_set)
                        error = sys_setsockopt_int(fd, all[i].level, all[i].name, all[i].value);
        return error;
}

static int bind_there(struct inlet *inlet, const char *address, uint16_t port, unsigned options)
{
        struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
        struct sockaddr_in *at4 = (struct sockaddr_in *)(void *)&at;
        uint32_t size = sizeof(at);

        if (inet_pton(AF_INET6, address, &at.sin6_addr) != 1) {
                at.sin6_family = AF_INET;
                size = sizeof(*at4);
                ck_assert_int_eq(inet_pton(AF_INET, address, &at4->sin_addr), 1);
        }
        inlet->fd = sys_socket_udp(at.sin6_family);
        if (inlet->fd < 0)
                return inlet->fd;
        int error = set_options(inlet->fd, at.sin6_family, options);
        if (error == 0)
                error = sys_bind(inlet->fd, (struct sockaddr *)&at, size);
        if (error == 0)
                error = sys_getsockname(inlet->fd, (struct sockaddr *)&at, &size);
        inlet->port = ntohs(at.sin6_port);
        return error;
}

int inlet_try(struct inlet *inlet, const char *address, uint16_t port, unsigned options)
{
        int error = bind_there(inlet, address, port, options);

        if (error < 0 && inlet->fd >= 0)
                ck_assert_int_eq(sys_close(inlet->fd), 0);
        return error;
}

void inlet_open(struct inlet *inlet, const char *address, unsigned options)
{
        ck_assert_int_eq(inlet_try(inlet, address, 0, options), 0);
        ck_assert_uint_ne(inlet->port, 0);
}

void inlet_close(struct inlet *inlet)
{
        ck_assert_int_eq(sys_close(inlet->fd), 0);
}

void inlet_await(const struct inlet *inlet)
{
        struct epoll_event event = { 0 };
        int poll_fd = sys_poll_open();

        ck_assert_int_ge(poll_fd, 0);
        ck_assert_int_eq(sys_poll_set(poll_fd, EPOLL_CTL_ADD, inlet->fd, EPOLLIN, 0), 0);
        ck_assert_int_eq(sys_poll_wait(poll_fd, &event, 1, PATIENCE_MS), 1);
        ck_assert_uint_eq(event.events, EPOLLIN);
        ck_assert_int_eq(sys_close(poll_fd), 0);
}

void letter_prepare(struct letter *letter)
{
        letter->vector = (struct iovec){ .iov_base = letter->data, .iov_len = LETTER_SIZE };
        letter->header = (struct msghdr){
                .msg_name = &letter->name,
                .msg_namelen = sizeof(letter->name),
                .msg_iov = &letter->vector,
                .msg_iovlen = 1,
                .msg_control = letter->control,
                .msg_controllen = LETTER_CONTROL,
        };
}

void letter_receive(struct letter *letter, const struct inlet *inlet)
{
        inlet_await(inlet);
        letter->size = sys_recvmsg(inlet->fd, &letter->header);
}

void letter_expect(struct letter *letter, const struct inlet *inlet, const struct visitor *visitor,
                   uint32_t size)
{
        struct ip from;
        uint16_t port = 0;

        letter_prepare(letter);
        letter_receive(letter, inlet);
        ck_assert_int_eq(letter->size, size);
        ck_assert_int_eq(letter->header.msg_flags, 0);
        ck_assert(payload_matches(letter->data, size, size, 0));
        ck_assert(ip_from_socket((struct sockaddr *)&letter->name, &from, &port));
        ck_assert(ip_is_equal(from, visitor->address));
        ck_assert_uint_eq(port, visitor->port);
}

bool letter_tells(struct letter *letter, int level, int type, void *ret_data, size_t size)
{
        for (struct cmsghdr *control = CMSG_FIRSTHDR(&letter->header); control != NULL;
             control = CMSG_NXTHDR(&letter->header, control)) {
                if (control->cmsg_level != level || control->cmsg_type != type)
                        continue;
                ck_assert_uint_eq(control->cmsg_len, CMSG_LEN(size));
                memcpy(ret_data, CMSG_DATA(control), size);
                return true;
        }
        return false;
}

void letter_turn(struct letter *letter)
{
        letter->vector.iov_len = (size_t)letter->size;
        letter->header.msg_controllen = 0;
        letter->header.msg_flags = 0;
}

void letter_say(struct letter *letter, int level, int type, const void *data, size_t size)
{
        struct cmsghdr *control =
            (struct cmsghdr *)(void *)(letter->control + letter->header.msg_controllen);

        memset(control, 0, CMSG_SPACE(size));
        *control =
            (struct cmsghdr){ .cmsg_level = level, .cmsg_type = type, .cmsg_len = CMSG_LEN(size) };
        memcpy(CMSG_DATA(control), data, size);
        letter->header.msg_controllen += CMSG_SPACE(size);
}
