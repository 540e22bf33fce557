/* SPDX-License-Identifier: MIT */
/*
 * UDP sockets, and how datagrams come to them: udp4_lib_lookup2(), __udp4_lib_mcast_deliver() and
 * udp_queue_rcv_skb() of net/ipv4/udp.c, and their like of IPv6.
 */
#include "support/sim_datagram.h"

#include <errno.h>
#include <inttypes.h>

#include "shell/sys.h"

struct sim_questions sim_questions;

/* By socket, rings. */
static struct sim_packet packets[SIM_SOCKETS_MAX][SIM_DATAGRAMS_MAX];

static struct sim_packet *packet_at(const struct sim_socket *socket, uint32_t place)
{
        uint32_t at = (socket->packet_first + place) % SIM_DATAGRAMS_MAX;

        return &packets[socket - sim.sockets][at];
}

const struct sim_packet *sim_packet_first(const struct sim_socket *socket)
{
        return packet_at(socket, 0);
}

void sim_packet_drop_first(struct sim_socket *socket)
{
        socket->packet_first = (socket->packet_first + 1) % SIM_DATAGRAMS_MAX;
        socket->receiver.waiting--;
}

uint32_t sim_packet_stream(const struct sim_packet *packet, uint32_t place, uint32_t size)
{
        return packet->of.is_alike ? size : packet->stream + place;
}

int sys_socket_udp(int family)
{
        int fd = sim_enter(SIM_SOCKET_UDP);

        if (fd == 0)
                fd = sim_socket_open((uint16_t)family);
        if (fd >= 0) {
                struct sim_socket *socket = sim_socket(fd);
                socket->is_datagram = true;
                socket->fd = fd;
                socket->receiver.room = SIM_DATAGRAMS_MAX;
                if (sim.settings.datagrams_max > 0)
                        socket->receiver.room = choice_size(sim.choice, sim.settings.datagrams_max);
                if (socket->receiver.room > SIM_DATAGRAMS_MAX)
                        sim_fail("no more than %d datagrams can wait", SIM_DATAGRAMS_MAX);
        }
        sim_note("sys_socket_udp", family, 0, fd);
        return fd;
}

/* sock_queue_rcv: what finds no room is counted, a batch as one. */
static void put(struct sim_socket *socket, const struct sim_packet *packet)
{
        if (socket->receiver.waiting == socket->receiver.room) {
                socket->receiver.overflow++;
                return;
        }
        struct sim_packet *place = packet_at(socket, socket->receiver.waiting++);
        *place = *packet;
        place->overflows = socket->options.tells_overflows ? socket->receiver.overflow : 0;
        sim_poll_wake(socket->fd, EPOLLIN);
}

/* udp_queue_rcv_skb(): who did not ask for batches gets each datagram by itself. */
static void queue(struct sim_socket *socket, const struct sim_packet *packet)
{
        uint32_t size = packet->of.segment_size;
        uint32_t left = packet->of.size;

        if (socket->options.coalesces || size == left) {
                put(socket, packet);
                return;
        }
        for (uint32_t place = 0; left > 0; place++) {
                struct sim_packet part = *packet;
                part.of.size = size < left ? size : left;
                part.of.segment_size = part.of.size;
                part.stream = sim_packet_stream(packet, place, part.of.size);
                put(socket, &part);
                left -= part.of.size;
        }
}

/* 0 = it does not receive this; the more it is made for it, the higher. */
static unsigned score(const struct sim_socket *socket, const struct sim_datagram *datagram)
{
        bool is_ip4 = ip_is_v4(datagram->destination);

        if (socket->references == 0 || !socket->is_datagram || socket->port != datagram->port ||
            socket->port == 0)
                return 0;
        if (socket->family == AF_INET ? !is_ip4 : is_ip4 && socket->options.is_ip6_only)
                return 0;
        unsigned points = socket->family == AF_INET ? 2 : 1;
        if (sim_is_wildcard(socket))
                return points;
        return ip_is_equal(socket->address, datagram->destination) ? points + 4 : 0;
}

/* To many, the way a network does it. */
static bool is_to_many(const struct sim_datagram *datagram)
{
        return ip_is_multicast(datagram->destination) ||
               !ip_is_equal(datagram->destination, datagram->local);
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        return hash ^ hash >> 32;
}

/* udp_ehashfn(): by both ends, so all of one peer come to the same of several sockets. */
static uint64_t hash_ends(const struct sim_datagram *datagram)
{
        uint64_t hash = mix(datagram->source.high, datagram->source.low);

        hash = mix(hash, datagram->destination.high);
        hash = mix(hash, datagram->destination.low);
        return mix(hash, (uint64_t)datagram->source_port << 16 | datagram->port);
}

static int deliver_to_many(const struct sim_packet *packet)
{
        int count = 0;

        for (uint32_t i = 0; i < SIM_SOCKETS_MAX; i++) {
                if (score(&sim.sockets[i], &packet->of) == 0)
                        continue;
                queue(&sim.sockets[i], packet);
                count++;
        }
        return count > 0 ? count : -ECONNREFUSED;
}

static int deliver_to_one(const struct sim_packet *packet)
{
        struct sim_socket *best[SIM_SOCKETS_MAX];
        unsigned best_score = 1;
        uint32_t count = 0;

        for (uint32_t i = 0; i < SIM_SOCKETS_MAX; i++) {
                unsigned points = score(&sim.sockets[i], &packet->of);
                if (points < best_score)
                        continue;
                if (points > best_score)
                        count = 0;
                best_score = points;
                best[count++] = &sim.sockets[i];
        }
        if (count == 0)
                return -ECONNREFUSED;
        queue(best[hash_ends(&packet->of) % count], packet);
        return 1;
}

static int deliver(const struct sim_packet *packet)
{
        return is_to_many(&packet->of) ? deliver_to_many(packet) : deliver_to_one(packet);
}

int sim_datagram_send(const struct sim_datagram *datagram)
{
        uint32_t segment_size = datagram->segment_size;
        uint32_t segments =
            segment_size > 0 ? (datagram->size + segment_size - 1) / segment_size : 1;
        struct sim_packet packet = { .of = *datagram, .stream = sim.stream };
        int came = 1;

        if (segment_size > datagram->size || datagram->size > UINT16_MAX ||
            segments > SIM_SEGMENTS_MAX || (segment_size == 0 && datagram->size > 0))
                sim_fail("%" PRIu32 " bytes in datagrams of %" PRIu32 " cannot be sent",
                         datagram->size, segment_size);
        sim.stream += segments;
        enum sim_fault fault = SIM_DRAW(SIM_DATAGRAM_LOST, SIM_DATAGRAM_TWICE);
        if (fault != SIM_DATAGRAM_LOST)
                came = deliver(&packet);
        if (fault == SIM_DATAGRAM_TWICE)
                came = deliver(&packet);
        sim_note("datagram", datagram->source_port, datagram->size, came);
        return came;
}

const struct sim_receiver *sim_receiver_at(uint32_t worker, uint32_t number)
{
        for (uint32_t i = 0; i < SIM_SOCKETS_MAX; i++) {
                const struct sim_socket *socket = &sim.sockets[i];
                if (socket->references == 0 || !socket->is_datagram ||
                    !sim.descriptors[socket->fd].watches[worker].is_used)
                        continue;
                if (number-- == 0)
                        return &socket->receiver;
        }
        return NULL;
}

void sim_datagram_release(struct sim_socket *socket)
{
        const struct sim_watcher *watcher = sim.watcher;

        sim_datagrams_end();
        if (watcher != NULL && watcher->receiver_closes != NULL)
                watcher->receiver_closes(sim.descriptors[socket->fd].watched_by, &socket->receiver);
}

void sim_datagrams_open(void)
{
        sim_questions.count = 0;
        sim_questions.next = 0;
}

void sim_datagrams_end(void)
{
        for (uint32_t i = 0; i < sim_questions.count; i++)
                if (sim.watcher != NULL && sim.watcher->datagram_ends != NULL)
                        sim.watcher->datagram_ends(&sim_questions.questions[i].received);
        sim_questions.count = 0;
        sim_questions.next = 0;
}
