/* SPDX-License-Identifier: MIT */
#include "shell/inbox.h"

#include <errno.h>
#include <netinet/udp.h>
#include <string.h>

#include "core/poison.h"
#include "shell/sys.h"

int inbox_prepare(int fd, int family, bool is_wildcard)
{
        int error = sys_setsockopt_int(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);

        if (error == 0)
                error = sys_setsockopt_int(fd, IPPROTO_UDP, UDP_GRO, 1);
        /* Of IPv4 a dual-stack socket tells only this way whether it was a broadcast. */
        if (error == 0 && is_wildcard)
                error = sys_setsockopt_int(fd, IPPROTO_IP, IP_PKTINFO, 1);
        if (error == 0 && is_wildcard && family == AF_INET6)
                error = sys_setsockopt_int(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
        return error;
}

/* What the kernel has written is room again. */
static void arm(struct inbox *inbox, unsigned index)
{
        struct msghdr *header = &inbox->headers[index].msg_hdr;

        header->msg_namelen = sizeof(inbox->batches[index].peer);
        header->msg_controllen = INBOX_CONTROL_SIZE;
}

void inbox_init(struct inbox *inbox)
{
        for (unsigned i = 0; i < INBOX_SLOTS; i++) {
                struct inbox_slot *slot = &inbox->slots[i];
                slot->vector =
                    (struct iovec){ .iov_base = inbox->data[i], .iov_len = INBOX_SLOT_SIZE };
                inbox->headers[i].msg_hdr = (struct msghdr){ .msg_name = &inbox->batches[i].peer,
                                                             .msg_iov = &slot->vector,
                                                             .msg_iovlen = 1,
                                                             .msg_control = slot->control };
                inbox->batches[i].data = inbox->data[i];
                arm(inbox, i);
        }
        poison(inbox->data, sizeof(inbox->data));
}

static void write_path(struct inbox_batch *batch, int level, int type, const void *info,
                       size_t info_size)
{
        struct cmsghdr *path = (struct cmsghdr *)(void *)batch->path;

        *path = (struct cmsghdr){ .cmsg_level = level,
                                  .cmsg_type = type,
                                  .cmsg_len = CMSG_LEN(info_size) };
        memcpy(CMSG_DATA(path), info, info_size);
        batch->path_size = (uint32_t)CMSG_SPACE(info_size);
}

static void read_ip4(struct inbox_batch *batch, const struct cmsghdr *control)
{
        struct in_pktinfo info;

        memcpy(&info, CMSG_DATA(control), sizeof(info));
        batch->destination = ip_from_v4(info.ipi_addr);
        batch->is_broadcast = info.ipi_addr.s_addr != info.ipi_spec_dst.s_addr;
        /* The address is pinned, the interface is routing's to choose. */
        struct in_pktinfo path = { .ipi_spec_dst = info.ipi_addr };
        write_path(batch, IPPROTO_IP, IP_PKTINFO, &path, sizeof(path));
}

/* A link-local address means nothing without its interface. */
static void read_ip6(struct inbox_batch *batch, const struct cmsghdr *control)
{
        struct in6_pktinfo info;

        memcpy(&info, CMSG_DATA(control), sizeof(info));
        /* Of IPv4 the other message tells more. */
        if (IN6_IS_ADDR_V4MAPPED(&info.ipi6_addr))
                return;
        batch->destination = ip_from_v6(&info.ipi6_addr);
        if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
                info.ipi6_ifindex = 0;
        write_path(batch, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
}

static void read_segment_size(struct inbox_batch *batch, const struct cmsghdr *control)
{
        int size = 0;

        memcpy(&size, CMSG_DATA(control), sizeof(size));
        if (size > 0 && (uint32_t)size < batch->size)
                batch->segment_size = (uint32_t)size;
}

static void read_control(struct inbox_batch *batch, const struct cmsghdr *control)
{
        if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
                read_ip4(batch, control);
        } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
                read_ip6(batch, control);
        } else if (control->cmsg_level == IPPROTO_UDP && control->cmsg_type == UDP_GRO) {
                read_segment_size(batch, control);
        } else if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SO_RXQ_OVFL) {
                memcpy(&batch->overflows, CMSG_DATA(control), sizeof(batch->overflows));
                batch->has_overflows = true;
        }
}

static void read_batch(struct inbox_batch *batch, struct msghdr *header, uint32_t size)
{
        batch->size = size;
        batch->segment_size = size;
        batch->peer_size = header->msg_namelen;
        batch->destination = (struct ip){ 0 };
        batch->path_size = 0;
        batch->has_overflows = false;
        batch->is_broadcast = false;
        for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control != NULL;
             control = CMSG_NXTHDR(header, control))
                read_control(batch, control);
        /* Where a datagram of a batch ends is not known of one that was cut. */
        batch->is_truncated = (header->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
        if (batch->is_truncated)
                batch->segment_size = size;
}

static int receive_one(struct inbox *inbox, int fd)
{
        long got = sys_recvmsg(fd, &inbox->headers[0].msg_hdr);

        if (got < 0)
                return (int)got;
        inbox->headers[0].msg_len = (unsigned)got;
        return 1;
}

int inbox_receive(struct inbox *inbox, int fd, unsigned most)
{
        unpoison(inbox->data, (size_t)most * INBOX_SLOT_SIZE);
        int got = most == 1 ? receive_one(inbox, fd) : sys_recvmmsg(fd, inbox->headers, most);
        unsigned count = got < 0 ? 0 : (unsigned)got;
        poison(inbox->data[count], (size_t)(most - count) * INBOX_SLOT_SIZE);
        for (unsigned i = 0; i < count; i++)
                read_batch(&inbox->batches[i], &inbox->headers[i].msg_hdr,
                           inbox->headers[i].msg_len);
        return got;
}

void inbox_done(struct inbox *inbox, unsigned count)
{
        for (unsigned i = 0; i < count; i++)
                arm(inbox, i);
        poison(inbox->data, (size_t)count * INBOX_SLOT_SIZE);
}
