/* SPDX-License-Identifier: MIT */
#include "forge.h"

#include <check.h>
#include <errno.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <string.h>
#include <unistd.h>

enum { PAYLOAD_MOST = 1000, HEADER_SIZE = sizeof(struct ip6_hdr) + sizeof(struct udphdr) };

struct packet {
        unsigned char data[HEADER_SIZE + PAYLOAD_MOST];
        uint32_t size;
};

static const struct sockaddr_in *as_ip4(const struct place *place)
{
        return (const struct sockaddr_in *)&place->address;
}

static const struct sockaddr_in6 *as_ip6(const struct place *place)
{
        return (const struct sockaddr_in6 *)&place->address;
}

static uint32_t add_words(uint32_t sum, const void *data, uint32_t size)
{
        const unsigned char *bytes = (const unsigned char *)data;

        for (uint32_t i = 0; i < size; i++)
                sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
        return sum;
}

/* `sum` is that of the addresses; RFC 768, and the same for IPv6. */
static void append_udp(struct packet *packet, uint32_t sum, in_port_t from, in_port_t to,
                       const void *data, uint32_t size)
{
        struct udphdr header = { .source = from,
                                 .dest = to,
                                 .len = htons((uint16_t)(sizeof(header) + size)) };

        ck_assert_uint_le(size, PAYLOAD_MOST);
        sum += IPPROTO_UDP + (uint32_t)sizeof(header) + size;
        sum = add_words(sum, &header, sizeof(header));
        sum = add_words(sum, data, size);
        while (sum > UINT16_MAX)
                sum = (sum >> 16) + (sum & UINT16_MAX);
        header.check = sum == UINT16_MAX ? UINT16_MAX : htons((uint16_t)~sum);
        memcpy(packet->data + packet->size, &header, sizeof(header));
        memcpy(packet->data + packet->size + sizeof(header), data, size);
        packet->size += (uint32_t)sizeof(header) + size;
}

/* The kernel completes it. */
static void make_ip4(struct packet *packet, const struct place *from, const struct place *to,
                     const void *data, uint32_t size)
{
        struct iphdr header = { .version = 4,
                                .ihl = sizeof(header) / 4,
                                .ttl = 64,
                                .protocol = IPPROTO_UDP,
                                .saddr = as_ip4(from)->sin_addr.s_addr,
                                .daddr = as_ip4(to)->sin_addr.s_addr };
        uint32_t sum = add_words(0, &header.saddr, sizeof(header.saddr));

        sum = add_words(sum, &header.daddr, sizeof(header.daddr));
        memcpy(packet->data, &header, sizeof(header));
        packet->size = sizeof(header);
        append_udp(packet, sum, as_ip4(from)->sin_port, as_ip4(to)->sin_port, data, size);
}

static void make_ip6(struct packet *packet, const struct place *from, const struct place *to,
                     const void *data, uint32_t size)
{
        struct ip6_hdr header = { .ip6_src = as_ip6(from)->sin6_addr,
                                  .ip6_dst = as_ip6(to)->sin6_addr };
        uint32_t sum = add_words(0, &header.ip6_src, sizeof(header.ip6_src));

        sum = add_words(sum, &header.ip6_dst, sizeof(header.ip6_dst));
        header.ip6_flow = htonl(6U << 28);
        header.ip6_plen = htons((uint16_t)(sizeof(struct udphdr) + size));
        header.ip6_nxt = IPPROTO_UDP;
        header.ip6_hlim = 64;
        memcpy(packet->data, &header, sizeof(header));
        packet->size = sizeof(header);
        append_udp(packet, sum, as_ip6(from)->sin6_port, as_ip6(to)->sin6_port, data, size);
}

void forge_send(const struct place *from, const struct place *to, const void *data, uint32_t size)
{
        struct packet packet;
        struct sockaddr_storage target = to->address;
        int family = to->address.ss_family;
        int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

        ck_assert_msg(fd >= 0, "raw socket: %s", strerror(errno));
        if (family == AF_INET)
                make_ip4(&packet, from, to, data, size);
        else
                make_ip6(&packet, from, to, data, size);
        /* The port is in the packet; here it would be taken for a protocol. */
        if (family == AF_INET6)
                ((struct sockaddr_in6 *)&target)->sin6_port = 0;
        ssize_t sent =
            sendto(fd, packet.data, packet.size, 0, (struct sockaddr *)&target, to->size);
        ck_assert_msg(sent == (ssize_t)packet.size, "raw socket: %s", strerror(errno));
        close(fd);
}

void forge_inject(int wire_fd, const struct place *from, const struct place *to, const void *data,
                  uint32_t size)
{
        struct ether_header header = { .ether_dhost = { 0x33, 0x33 },
                                       .ether_shost = { 2, 0, 0, 0, 0, 2 },
                                       .ether_type = htons(ETHERTYPE_IPV6) };
        struct packet packet;
        unsigned char frame[sizeof(header) + sizeof(packet.data)];

        /* RFC 2464: a group's own address ends as the group does. */
        memcpy(header.ether_dhost + 2, as_ip6(to)->sin6_addr.s6_addr + 12, 4);
        make_ip6(&packet, from, to, data, size);
        memcpy(frame, &header, sizeof(header));
        memcpy(frame + sizeof(header), packet.data, packet.size);
        ssize_t frame_size = (ssize_t)(sizeof(header) + packet.size);
        ck_assert(write(wire_fd, frame, (size_t)frame_size) == frame_size);
}
