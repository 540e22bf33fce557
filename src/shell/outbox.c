/* SPDX-License-Identifier: MIT */
#include "shell/outbox.h"

#include <errno.h>
#include <netinet/udp.h>
#include <string.h>

#include "shell/sys.h"

/* What cannot wait is not interrupted either; should it be, then not for ever. */
enum { INTERRUPTIONS_MAX = 8 };

static void drop(struct outbox *outbox, enum datagram_drop why, uint32_t count)
{
        counter_add(&outbox->counters->datagrams_dropped[why], count);
}

static void note_sent(struct outbox *outbox, uint32_t count, uint32_t size)
{
        counter_add(&outbox->counters->datagrams_sent, count);
        counter_add(&outbox->counters->datagram_sent_bytes, size);
}

static enum datagram_drop classify(long error)
{
        bool has_no_room = error == -EAGAIN || error == -ENOBUFS || error == -ENOMEM;

        return has_no_room ? DATAGRAM_DROP_SEND_BUFFER : DATAGRAM_DROP_SEND_ERROR;
}

static bool is_to_repeat(struct outbox *outbox, long error)
{
        return error == -EINTR && outbox->interruptions++ < INTERRUPTIONS_MAX;
}

void outbox_begin(struct outbox *outbox, int fd, struct counters *counters)
{
        outbox->counters = counters;
        outbox->fd = fd;
        outbox->count = 0;
        outbox->vector_count = 0;
        outbox->interruptions = 0;
}

static bool is_same_way(const struct inbox_batch *a, const struct inbox_batch *b)
{
        return a == b || (a->peer_size == b->peer_size && a->path_size == b->path_size &&
                          memcmp(&a->peer, &b->peer, a->peer_size) == 0 &&
                          memcmp(a->path, b->path, a->path_size) == 0);
}

/* True if the bytes lie right behind those that were put last. */
static bool is_next_to_last(const struct outbox *outbox, const unsigned char *data)
{
        const struct iovec *last = &outbox->vectors[outbox->vector_count - 1];

        return (const unsigned char *)last->iov_base + last->iov_len == data;
}

/* True if the datagram can leave as one more segment of the latest message. */
static bool is_joining(const struct outbox *outbox, const struct inbox_batch *batch,
                       const unsigned char *data, uint32_t size)
{
        if (outbox->count == 0)
                return false;
        const struct outbox_message *last = &outbox->messages[outbox->count - 1];
        return size > 0 && size <= last->segment_size &&
               last->size % last->segment_size == 0 && /* only the last may be shorter */
               last->segment_count < OUTBOX_SEGMENTS_MAX &&
               size <= OUTBOX_MESSAGE_SIZE_MAX - last->size && is_same_way(last->batch, batch) &&
               (outbox->vector_count < OUTBOX_VECTORS || is_next_to_last(outbox, data));
}

static void begin_message(struct outbox *outbox, const struct inbox_batch *batch, uint32_t size)
{
        if (outbox->count == OUTBOX_MESSAGES || outbox->vector_count == OUTBOX_VECTORS)
                outbox_flush(outbox);
        struct outbox_message *message = &outbox->messages[outbox->count];
        message->batch = batch;
        message->segment_size = size;
        message->segment_count = 0;
        message->size = 0;
        message->vectors = &outbox->vectors[outbox->vector_count];
        message->vector_count = 0;
        outbox->count++;
}

static void append(struct outbox *outbox, const unsigned char *data, uint32_t size)
{
        struct outbox_message *message = &outbox->messages[outbox->count - 1];

        if (message->vector_count > 0 && is_next_to_last(outbox, data)) {
                outbox->vectors[outbox->vector_count - 1].iov_len += size;
        } else {
                /* sendmsg(2) only reads it. */
                outbox->vectors[outbox->vector_count++] =
                    (struct iovec){ .iov_base = (void *)(uintptr_t)data, .iov_len = size };
                message->vector_count++;
        }
        message->segment_count++;
        message->size += size;
}

void outbox_put(struct outbox *outbox, const struct inbox_batch *batch, const unsigned char *data,
                uint32_t size)
{
        if (!is_joining(outbox, batch, data, size))
                begin_message(outbox, batch, size);
        append(outbox, data, size);
}

/* To where the batch came from; `control` has room for the path and UDP_SEGMENT. */
static struct msghdr address(const struct inbox_batch *batch, unsigned char *control)
{
        memcpy(control, batch->path, batch->path_size);
        return (struct msghdr){
                .msg_name = (void *)(uintptr_t)&batch->peer,
                .msg_namelen = batch->peer_size,
                .msg_control = control,
                .msg_controllen = batch->path_size,
        };
}

static void write_header(struct outbox_message *message, struct msghdr *ret_header)
{
        uint16_t segment_size = (uint16_t)message->segment_size;

        *ret_header = address(message->batch, message->control);
        ret_header->msg_iov = message->vectors;
        ret_header->msg_iovlen = message->vector_count;
        if (message->segment_count == 1)
                return;
        struct cmsghdr *control =
            (struct cmsghdr *)(void *)(message->control + message->batch->path_size);
        *control = (struct cmsghdr){ .cmsg_level = IPPROTO_UDP,
                                     .cmsg_type = UDP_SEGMENT,
                                     .cmsg_len = CMSG_LEN(sizeof(segment_size)) };
        memcpy(CMSG_DATA(control), &segment_size, sizeof(segment_size));
        ret_header->msg_controllen += CMSG_SPACE(sizeof(segment_size));
}

static void send_single(struct outbox *outbox, struct msghdr *header, struct iovec single)
{
        long sent;

        header->msg_iov = &single;
        header->msg_iovlen = 1;
        do
                sent = sys_sendmsg(outbox->fd, header);
        while (is_to_repeat(outbox, sent));
        if (sent < 0)
                drop(outbox, classify(sent), 1);
        else
                note_sent(outbox, 1, (uint32_t)single.iov_len);
}

/* The kernel does not cut it up, perhaps as a datagram needs fragments: each leaves by itself. */
static void send_singly(struct outbox *outbox, struct outbox_message *message)
{
        struct msghdr header = address(message->batch, message->control);

        for (uint32_t i = 0; i < message->vector_count; i++) {
                unsigned char *data = message->vectors[i].iov_base;
                size_t left = message->vectors[i].iov_len;
                while (left > 0) {
                        size_t size = left < message->segment_size ? left : message->segment_size;
                        send_single(outbox, &header, (struct iovec){ data, size });
                        data += size;
                        left -= size;
                }
        }
}

/* The kernel did not take that message. */
static void give_up(struct outbox *outbox, unsigned index, long error)
{
        struct outbox_message *message = &outbox->messages[index];
        bool is_for_batch = error == -EINVAL || error == -EMSGSIZE || error == -EIO;

        if (is_for_batch && message->segment_count > 1)
                send_singly(outbox, message);
        else
                drop(outbox, classify(error), message->segment_count);
}

/* The messages from `first` on: how many of them the kernel took, or its error for that one. */
static long send_from(struct outbox *outbox, unsigned first)
{
        unsigned left = outbox->count - first;

        if (left > 1)
                return sys_sendmmsg(outbox->fd, &outbox->headers[first], left);
        long sent = sys_sendmsg(outbox->fd, &outbox->headers[first].msg_hdr);
        return sent < 0 ? sent : 1;
}

void outbox_flush(struct outbox *outbox)
{
        unsigned first = 0;

        for (unsigned i = 0; i < outbox->count; i++)
                write_header(&outbox->messages[i], &outbox->headers[i].msg_hdr);
        while (first < outbox->count) {
                long sent = send_from(outbox, first);
                if (is_to_repeat(outbox, sent))
                        continue;
                if (sent <= 0)
                        give_up(outbox, first++, sent);
                while (sent == -EAGAIN && first < outbox->count)
                        give_up(outbox, first++, sent);
                for (; sent > 0; sent--, first++)
                        note_sent(outbox, outbox->messages[first].segment_count,
                                  outbox->messages[first].size);
        }
        outbox->count = 0;
        outbox->vector_count = 0;
}
