/* SPDX-License-Identifier: MIT */
#include "core/ip.h"

#include <endian.h>
#include <string.h>

/* ::ffff:0:0/96, the lower half: an IPv4 address in IPv6. */
#define MAPPED (UINT64_C(0xffff) << 32)

/* ::1, which looks like IPv4-compatible 0.0.0.1. */
#define LOOPBACK 1

struct ip ip_from_v4(struct in_addr address)
{
        return (struct ip){ .low = MAPPED | be32toh(address.s_addr) };
}

struct ip ip_from_v6(const struct in6_addr *address)
{
        struct ip ip;

        memcpy(&ip.high, address->s6_addr, sizeof(ip.high));
        memcpy(&ip.low, address->s6_addr + sizeof(ip.high), sizeof(ip.low));
        ip.high = be64toh(ip.high);
        ip.low = be64toh(ip.low);
        return ip;
}

bool ip_from_socket(const struct sockaddr *address, struct ip *ret_ip, uint16_t *ret_port)
{
        if (address->sa_family == AF_INET) {
                const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
                *ret_ip = ip_from_v4(v4->sin_addr);
                *ret_port = be16toh(v4->sin_port);
                return true;
        }
        if (address->sa_family == AF_INET6) {
                const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
                *ret_ip = ip_from_v6(&v6->sin6_addr);
                *ret_port = be16toh(v6->sin6_port);
                return true;
        }
        return false;
}

struct ip ip_prefix(struct ip ip)
{
        if (ip_is_v4(ip))
                return ip;
        return (struct ip){ .high = ip.high };
}

bool ip_is_equal(struct ip a, struct ip b)
{
        return a.high == b.high && a.low == b.low;
}

bool ip_is_before(struct ip a, struct ip b)
{
        return a.high < b.high || (a.high == b.high && a.low < b.low);
}

bool ip_is_v4(struct ip ip)
{
        return ip.high == 0 && ip.low >> 32 == MAPPED >> 32;
}

/* Whether an IPv4 address, mapped or compatible, lies in a prefix of `bits` bits. */
static bool is_in_v4(struct ip ip, uint32_t prefix, unsigned bits)
{
        bool is_compatible = ip.high == 0 && ip.low >> 32 == 0 && ip.low != LOOPBACK;

        return (ip_is_v4(ip) || is_compatible) && ((uint32_t)ip.low ^ prefix) >> (32 - bits) == 0;
}

bool ip_is_loopback(struct ip ip)
{
        return is_in_v4(ip, UINT32_C(127) << 24, 8) || (ip.high == 0 && ip.low == LOOPBACK);
}

bool ip_is_unspecified(struct ip ip)
{
        return is_in_v4(ip, 0, 8);
}

bool ip_is_multicast(struct ip ip)
{
        return ip.high >> 56 == 0xff || is_in_v4(ip, UINT32_C(224) << 24, 4);
}

bool ip_is_broadcast(struct ip ip)
{
        return is_in_v4(ip, UINT32_C(255) << 24, 8);
}

void ip_set_init(struct ip_set *set, struct ip *ips, uint32_t capacity)
{
        *set = (struct ip_set){ .ips = ips, .capacity = capacity };
}

/* How many of the set's addresses come before this one: where it is, or belongs. */
static uint32_t place_of(const struct ip_set *set, struct ip ip)
{
        uint32_t begin = 0;
        uint32_t end = set->count;

        while (begin < end) {
                uint32_t middle = begin + (end - begin) / 2;
                if (ip_is_before(set->ips[middle], ip))
                        begin = middle + 1;
                else
                        end = middle;
        }
        return begin;
}

bool ip_set_add(struct ip_set *set, struct ip ip)
{
        uint32_t place = place_of(set, ip);

        if (ip_set_has(set, ip))
                return true;
        if (set->count == set->capacity)
                return false;
        memmove(set->ips + place + 1, set->ips + place, (set->count - place) * sizeof(ip));
        set->ips[place] = ip;
        set->count++;
        return true;
}

bool ip_set_has(const struct ip_set *set, struct ip ip)
{
        uint32_t place = place_of(set, ip);

        return place < set->count && ip_is_equal(set->ips[place], ip);
}
