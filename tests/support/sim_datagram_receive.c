/* SPDX-License-Identifier: MIT */
/*
 * recvmsg(2) and recvmmsg(2) of UDP sockets: udp_recvmsg() of net/ipv4/udp.c, udpv6_recvmsg() of
 * net/ipv6/udp.c, put_cmsg() of net/core/scm.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>

#include "shell/sys.h"
#include "support/payload.h"
#include "support/sim_datagram.h"

/* Where the kernel writes control messages to; it ends where the caller said. */
struct control {
        unsigned char *data;
        size_t room;
        size_t used;
        int flags;
};

static void put_control(struct control *control, int level, int type, const void *data, size_t size)
{
        size_t room = control->room - control->used;
        struct cmsghdr header = { .cmsg_level = level, .cmsg_type = type };

        header.cmsg_len = CMSG_LEN(size);
        if (room < sizeof(header)) {
                control->flags |= MSG_CTRUNC;
                return;
        }
        if (room < header.cmsg_len) {
                control->flags |= MSG_CTRUNC;
                header.cmsg_len = room;
        }
        memcpy(control->data + control->used, &header, sizeof(header));
        memcpy(control->data + control->used + sizeof(header), data,
               header.cmsg_len - sizeof(header));
        control->used += room < CMSG_SPACE(size) ? room : CMSG_SPACE(size);
}

static bool is_link_local(struct ip ip)
{
        return ip.high >> 54 == 0xfe80 >> 6;
}

static struct in_addr to_ip4(struct ip ip)
{
        return (struct in_addr){ .s_addr = htonl((uint32_t)ip.low) };
}

static struct in6_addr to_ip6(struct ip ip)
{
        struct in6_addr address;

        for (unsigned i = 0; i < 8; i++) {
                address.s6_addr[i] = (uint8_t)(ip.high >> (56 - 8 * i));
                address.s6_addr[8 + i] = (uint8_t)(ip.low >> (56 - 8 * i));
        }
        return address;
}

static void put_paths(struct control *control, const struct sim_socket *socket,
                      const struct sim_datagram *datagram)
{
        struct in6_pktinfo path6 = { .ipi6_addr = to_ip6(datagram->destination),
                                     .ipi6_ifindex = SIM_INTERFACE };
        struct in_pktinfo path4 = { .ipi_addr = to_ip4(datagram->destination),
                                    .ipi_spec_dst = to_ip4(datagram->local),
                                    .ipi_ifindex = SIM_INTERFACE };

        if (socket->family == AF_INET6 && socket->options.tells_ip6_path)
                put_control(control, IPPROTO_IPV6, IPV6_PKTINFO, &path6, sizeof(path6));
        if (ip_is_v4(datagram->destination) && socket->options.tells_ip4_path)
                put_control(control, IPPROTO_IP, IP_PKTINFO, &path4, sizeof(path4));
}

/* In the order of the functions above. */
static void write_control(struct msghdr *message, struct sim_socket *socket,
                          const struct sim_packet *packet)
{
        struct control control = { .data = message->msg_control, .room = message->msg_controllen };
        struct sim_receiver *receiver = &socket->receiver;
        int segment_size = (int)packet->of.segment_size;

        if (message->msg_control == NULL)
                control.room = 0;
        if (packet->overflows != 0)
                put_control(&control, SOL_SOCKET, SO_RXQ_OVFL, &packet->overflows,
                            sizeof(packet->overflows));
        if (packet->overflows != 0 && control.flags == 0) {
                sim.figures.overflows += packet->overflows - receiver->told;
                receiver->told = packet->overflows;
        }
        if (packet->of.segment_size != packet->of.size)
                put_control(&control, IPPROTO_UDP, UDP_GRO, &segment_size, sizeof(segment_size));
        put_paths(&control, socket, &packet->of);
        message->msg_controllen = control.used;
        message->msg_flags |= control.flags;
}

static void write_name(struct msghdr *message, const struct sim_socket *socket,
                       const struct sim_datagram *datagram)
{
        struct sockaddr_in6 name = { .sin6_family = socket->family,
                                     .sin6_port = htons(datagram->source_port) };
        struct sockaddr_in name4 = { .sin_family = AF_INET,
                                     .sin_port = htons(datagram->source_port),
                                     .sin_addr = to_ip4(datagram->source) };
        socklen_t size = sizeof(name);

        name.sin6_addr = to_ip6(datagram->source);
        if (is_link_local(datagram->source))
                name.sin6_scope_id = SIM_INTERFACE;
        if (socket->family == AF_INET) {
                size = sizeof(name4);
                memcpy(&name, &name4, sizeof(name4));
        }
        if (message->msg_name == NULL)
                return;
        memcpy(message->msg_name, &name, message->msg_namelen < size ? message->msg_namelen : size);
        message->msg_namelen = size;
}

/* The server has it now, and may answer. */
static void ask(const struct sim_socket *socket, const struct sim_packet *packet,
                const unsigned char *data, uint32_t place, uint32_t size, bool is_truncated)
{
        if (sim_questions.count == SIM_RECEIVED_MAX)
                sim_fail("more than %d datagrams received at once", SIM_RECEIVED_MAX);
        sim_questions.questions[sim_questions.count++] = (struct sim_question){
                .received = { .tag = packet->of.tag,
                              .worker = sim.current,
                              .size = size,
                              .is_truncated = is_truncated },
                .socket = (uint32_t)(socket - sim.sockets),
                .source_port = packet->of.source_port,
                .source = packet->of.source,
                .destination = packet->of.destination,
                .stream = sim_packet_stream(packet, place, size),
                .data = data,
        };
        sim.figures.datagrams++;
}

/* `got` bytes of it, whole datagrams or a part of one, wherever it ends. */
static void write_payload(unsigned char *data, uint32_t got, const struct sim_socket *socket,
                          const struct sim_packet *packet, bool is_truncated)
{
        uint32_t segment_size = packet->of.segment_size;
        uint32_t done = 0;
        uint32_t place = 0;

        do {
                uint32_t left = packet->of.size - done;
                uint32_t whole = segment_size < left ? segment_size : left;
                uint32_t part = whole < got - done ? whole : got - done;
                payload_fill(data + done, part, sim_packet_stream(packet, place, whole), 0);
                if (!is_truncated)
                        ask(socket, packet, data + done, place, part, false);
                done += part;
                place++;
        } while (done < got);
        if (is_truncated)
                ask(socket, packet, data, 0, got, true);
        sim.figures.datagram_bytes += got;
        sim.figures.batches += segment_size < packet->of.size && !is_truncated;
}

/* Cuts what there is room for, in one of the ways that a kernel has to say so. */
static uint32_t cut(struct msghdr *message, uint32_t got)
{
        if (SIM_DRAW(SIM_DATAGRAM_CUT) == SIM_NO_FAULT)
                return got;
        if (got > 0 && choice_below(sim.choice, 2) == 0) {
                message->msg_flags |= MSG_TRUNC;
                return choice_below(sim.choice, got);
        }
        message->msg_flags |= MSG_CTRUNC;
        message->msg_controllen = 0;
        return got;
}

/* What waits longest; how many bytes of it. */
static uint32_t receive(struct sim_socket *socket, struct msghdr *message)
{
        const struct sim_packet *packet = sim_packet_first(socket);
        uint32_t got = packet->of.size;

        if (message->msg_iovlen != 1 || message->msg_iov->iov_base == NULL ||
            message->msg_iov->iov_len == 0)
                sim_fail("nowhere to receive a datagram to");
        message->msg_flags = 0;
        if (got > message->msg_iov->iov_len) {
                got = (uint32_t)message->msg_iov->iov_len;
                message->msg_flags |= MSG_TRUNC;
        }
        got = cut(message, got);
        write_name(message, socket, &packet->of);
        write_control(message, socket, packet);
        write_payload(message->msg_iov->iov_base, got, socket, packet,
                      (message->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0);
        sim_packet_drop_first(socket);
        sim.progress++;
        return got;
}

/* The faults of both calls; 0 = go on. */
static int fail(const struct sim_socket *socket)
{
        static const int of_peers[] = { ECONNREFUSED, EHOSTUNREACH, ENETUNREACH };

        switch ((int)SIM_DRAW(SIM_INTERRUPTED, SIM_AGAIN, SIM_NO_BUFFERS, SIM_DATAGRAM_ERROR)) {
        case SIM_INTERRUPTED:
                return -EINTR;
        case SIM_AGAIN:
                return -EAGAIN;
        case SIM_NO_BUFFERS:
                return choice_below(sim.choice, 2) == 0 ? -ENOBUFS : -ENOMEM;
        case SIM_DATAGRAM_ERROR:
                return -of_peers[choice_below(sim.choice, 3)];
        default:
                return socket->receiver.waiting > 0 ? 0 : -EAGAIN;
        }
}

static struct sim_socket *begin(int fd, enum sim_call call, int *ret_error)
{
        struct sim_socket *socket = sim_socket(fd);

        if (!socket->is_datagram)
                sim_fail("descriptor %d is no UDP socket", fd);
        /* What was there is overwritten from now on. */
        sim_datagrams_end();
        *ret_error = sim_enter(call);
        if (*ret_error == 0)
                *ret_error = fail(socket);
        return socket;
}

static void end(struct sim_socket *socket, int count)
{
        struct sim_receiver *receiver = &socket->receiver;

        if (receiver->step != sim.steps)
                receiver->calls = 0;
        receiver->step = sim.steps;
        receiver->calls++;
        receiver->last_receive = count;
}

long sys_recvmsg(int fd, struct msghdr *message)
{
        int error = 0;
        struct sim_socket *socket = begin(fd, SIM_RECVMSG, &error);
        long got = error;

        if (error == 0)
                got = receive(socket, message);
        end(socket, error == 0 ? 1 : error);
        sim_note("sys_recvmsg", fd, message->msg_flags, got);
        return got;
}

int sys_recvmmsg(int fd, struct mmsghdr *messages, unsigned count)
{
        int got = 0;
        struct sim_socket *socket = begin(fd, SIM_RECVMMSG, &got);

        if (count == 0)
                sim_fail("no datagrams to receive");
        if (got == 0 && SIM_DRAW(SIM_DATAGRAM_FEW) != SIM_NO_FAULT)
                count = 1 + choice_below(sim.choice, count);
        while (got >= 0 && (unsigned)got < count && socket->receiver.waiting > 0) {
                messages[got].msg_len = receive(socket, &messages[got].msg_hdr);
                got++;
        }
        end(socket, got);
        sim_note("sys_recvmmsg", fd, count, got);
        return got;
}
