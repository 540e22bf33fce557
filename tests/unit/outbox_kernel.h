/* SPDX-License-Identifier: MIT */
/*
 * An outbox before a kernel that does as it is told: what it shall take of the next calls is listed
 * before, and what it took is kept.
 */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <string.h>

#include "core/ensure.h"
#include "shell/outbox.h"
#include "shell/sys.h"
#include "suite.h"

enum { FD = 7, PORT = 40000, SOURCE = 0x0a000001, MANY = 400, DATA_SIZE = 1 << 17 };

/* A message that the kernel was shown. */
struct letter {
        uint16_t peer_port;
        uint32_t source;       /* IPv4 address that is pinned, 0 = none */
        uint32_t segment_size; /* 0 = it is not to be cut up */
        uint32_t size;
        uint32_t vectors;
};

/* A datagram, as it was put or as it left. */
struct piece {
        const unsigned char *data;
        uint32_t size;
        uint16_t peer_port;
};

static unsigned char data[DATA_SIZE];
static struct counters counters;
static struct outbox outbox;
static struct inbox_batch batch;

static struct letter letters[MANY];
static unsigned letter_count;
static unsigned call_count;
static struct piece put_pieces[MANY];
static unsigned put_count;
static struct piece left_pieces[MANY];
static unsigned left_count;

/* What the next calls return, in order: messages, or -errno. Later ones take everything. */
static const long *answers;
static unsigned answer_count;

static inline long next_answer(unsigned all)
{
        call_count++;
        if (answer_count == 0)
                return all;
        answer_count--;
        return *answers++;
}

static inline void read_control(struct letter *letter, const struct cmsghdr *control)
{
        struct in_pktinfo path;
        uint16_t size;

        if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
                ck_assert_uint_eq(control->cmsg_len, CMSG_LEN(sizeof(path)));
                memcpy(&path, CMSG_DATA(control), sizeof(path));
                letter->source = ntohl(path.ipi_spec_dst.s_addr);
                return;
        }
        ck_assert_int_eq(control->cmsg_level, IPPROTO_UDP);
        ck_assert_int_eq(control->cmsg_type, UDP_SEGMENT);
        ck_assert_uint_eq(control->cmsg_len, CMSG_LEN(sizeof(size)));
        memcpy(&size, CMSG_DATA(control), sizeof(size));
        ck_assert_uint_gt(size, 0);
        letter->segment_size = size;
}

static inline struct letter *read_letter(const struct msghdr *header)
{
        struct letter *letter = &letters[letter_count++];
        struct msghdr copy = *header;
        struct sockaddr_in peer;

        ensure(letter_count <= MANY);
        *letter = (struct letter){ .vectors = (uint32_t)header->msg_iovlen };
        ck_assert_uint_eq(header->msg_namelen, sizeof(peer));
        memcpy(&peer, header->msg_name, sizeof(peer));
        letter->peer_port = ntohs(peer.sin_port);
        for (struct cmsghdr *control = CMSG_FIRSTHDR(&copy); control != NULL;
             control = CMSG_NXTHDR(&copy, control))
                read_control(letter, control);
        for (size_t i = 0; i < header->msg_iovlen; i++)
                letter->size += (uint32_t)header->msg_iov[i].iov_len;
        return letter;
}

static inline void leave(const unsigned char *bytes, size_t size, uint16_t peer_port)
{
        ensure(left_count < MANY);
        left_pieces[left_count++] =
            (struct piece){ .data = bytes, .size = (uint32_t)size, .peer_port = peer_port };
}

/* What the kernel took leaves, cut up as it was told. */
static inline void take(const struct msghdr *header, const struct letter *letter)
{
        for (size_t i = 0; i < header->msg_iovlen; i++) {
                const unsigned char *bytes = header->msg_iov[i].iov_base;
                size_t left = header->msg_iov[i].iov_len;
                do {
                        size_t size = letter->segment_size > 0 && letter->segment_size < left
                                          ? letter->segment_size
                                          : left;
                        leave(bytes, size, letter->peer_port);
                        bytes += size;
                        left -= size;
                } while (left > 0);
        }
}

long sys_sendmsg(int fd, const struct msghdr *message)
{
        const struct letter *letter = read_letter(message);
        long answer = next_answer(1);

        ck_assert_int_eq(fd, FD);
        if (answer < 0)
                return answer;
        take(message, letter);
        return letter->size;
}

int sys_sendmmsg(int fd, struct mmsghdr *messages, unsigned count)
{
        int answer = (int)next_answer(count);

        ck_assert_int_eq(fd, FD);
        ck_assert_uint_gt(count, 1);
        for (int i = 0; i < answer; i++)
                take(&messages[i].msg_hdr, read_letter(&messages[i].msg_hdr));
        return answer;
}

/* From that port, sent to that address. */
static inline struct inbox_batch came(uint16_t peer_port, uint32_t source)
{
        struct inbox_batch one = { .peer_size = sizeof(struct sockaddr_in),
                                   .path_size = CMSG_SPACE(sizeof(struct in_pktinfo)) };
        struct sockaddr_in peer = { .sin_family = AF_INET, .sin_port = htons(peer_port) };
        struct in_pktinfo path = { .ipi_spec_dst = { .s_addr = htonl(source) } };
        struct cmsghdr *control = (struct cmsghdr *)(void *)one.path;

        memcpy(&one.peer, &peer, sizeof(peer));
        *control = (struct cmsghdr){ .cmsg_level = IPPROTO_IP,
                                     .cmsg_type = IP_PKTINFO,
                                     .cmsg_len = CMSG_LEN(sizeof(path)) };
        memcpy(CMSG_DATA(control), &path, sizeof(path));
        return one;
}

static inline void start(void)
{
        counters = (struct counters){ 0 };
        batch = came(PORT, SOURCE);
        letter_count = call_count = put_count = left_count = answer_count = 0;
        outbox_begin(&outbox, FD, &counters);
}

static inline void script(unsigned count, const long *next)
{
        answers = next;
        answer_count = count;
}

static inline void put_at(const struct inbox_batch *from, const unsigned char *bytes, uint32_t size)
{
        struct sockaddr_in peer;

        memcpy(&peer, &from->peer, sizeof(peer));
        ensure(put_count < MANY);
        put_pieces[put_count++] =
            (struct piece){ .data = bytes, .size = size, .peer_port = ntohs(peer.sin_port) };
        outbox_put(&outbox, from, bytes, size);
}

/* A datagram that lies alone: no other one is next to it. */
static inline void put(const struct inbox_batch *from, uint32_t size)
{
        put_at(from, &data[put_count * 2], size);
}

static inline void put_sizes(unsigned count, const uint32_t *sizes)
{
        for (unsigned i = 0; i < count; i++)
                put(&batch, sizes[i]);
}

static inline uint64_t dropped(enum datagram_drop why)
{
        return counter_read(&counters.datagrams_dropped[why]);
}

/* So many left, in order, from `first` on; all others were dropped. */
static inline void check_left(unsigned first, unsigned count)
{
        uint64_t bytes = 0;

        ck_assert_uint_eq(left_count, count);
        for (unsigned i = 0; i < count; i++) {
                const struct piece *expected = &put_pieces[first + i];
                ck_assert_ptr_eq(left_pieces[i].data, expected->data);
                ck_assert_uint_eq(left_pieces[i].size, expected->size);
                ck_assert_uint_eq(left_pieces[i].peer_port, expected->peer_port);
                bytes += expected->size;
        }
        ck_assert_uint_eq(counter_read(&counters.datagrams_sent), count);
        ck_assert_uint_eq(counter_read(&counters.datagram_sent_bytes), bytes);
        ck_assert_uint_eq(put_count, count + counters_dropped(&counters));
        ck_assert_uint_eq(answer_count, 0);
}

static inline void flush(unsigned expected_calls)
{
        outbox_flush(&outbox);
        ck_assert_uint_eq(call_count, expected_calls);
}

static inline void check_letter(unsigned index, uint32_t size, uint32_t segment_size)
{
        ck_assert_uint_lt(index, letter_count);
        ck_assert_uint_eq(letters[index].size, size);
        ck_assert_uint_eq(letters[index].segment_size, segment_size);
        ck_assert_uint_eq(letters[index].source, SOURCE);
}
