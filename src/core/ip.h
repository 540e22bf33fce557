/* SPDX-License-Identifier: MIT */
/*
 * An address of IPv4 or IPv6, in one form that both have: 128 bits, IPv4 mapped into IPv6
 * (::ffff:a.b.c.d). So an address has no second spelling: what a dual-stack socket tells as mapped
 * and an IPv4 socket tells as such is the same, and no rule can be passed by the one but not by the
 * other. The zone of a link-local address is not part of it.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct ip {
        uint64_t high; /* in the order of the machine */
        uint64_t low;
};

struct ip ip_from_v4(struct in_addr address);
struct ip ip_from_v6(const struct in6_addr *address);

/*
 * Address and port of a socket's peer. `address` is a whole sockaddr_in or sockaddr_in6; false, and
 * nothing written, if it is of another family.
 */
bool ip_from_socket(const struct sockaddr *address, struct ip *ret_ip, uint16_t *ret_port);

/*
 * Who an address belongs to, as far as limits go: all of an IPv4 address, but the first 64 bits of
 * an IPv6 one, for a single customer has as many of those as there are bits behind. The prefix of
 * one family is never that of the other.
 */
struct ip ip_prefix(struct ip ip);

bool ip_is_equal(struct ip a, struct ip b);
bool ip_is_before(struct ip a, struct ip b); /* as numbers */
bool ip_is_v4(struct ip ip);

/* 127.0.0.0/8, ::1: this host, whatever its interfaces are. */
bool ip_is_loopback(struct ip ip);

/*
 * The kinds of address that nobody sends from. An IPv4-compatible address (::a.b.c.d, but for ::1)
 * is what its IPv4 address is.
 */
bool ip_is_unspecified(struct ip ip); /* :: and 0.0.0.0/8 */
bool ip_is_multicast(struct ip ip);
bool ip_is_broadcast(struct ip ip); /* 255.0.0.0/8; that of a network only its hosts know */

/* A set of addresses in the caller's memory, sorted. All zero = empty, for ever. */
struct ip_set {
        struct ip *ips;
        uint32_t capacity;
        uint32_t count;
};

/* `ips` has room for `capacity` addresses and stays the caller's. */
void ip_set_init(struct ip_set *set, struct ip *ips, uint32_t capacity);

/* False if there was no room; true also if it was there before. */
bool ip_set_add(struct ip_set *set, struct ip ip);
bool ip_set_has(const struct ip_set *set, struct ip ip);
