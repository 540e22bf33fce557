/* SPDX-License-Identifier: MIT */
/*
 * The text of a listener, of a client's target, and of a socket's address.
 *
 * A listener is `tcp:HOST:PORT` or `udp:HOST:PORT`, where HOST is an IPv4 literal, an IPv6 literal
 * in brackets, with a %scope if it is link-local and only then, or `*` for both families; or
 * `unix:PATH`, or `unix:@NAME` for an abstract name. Names of hosts are not looked up.
 *
 * A stream listener may end in the flag `,proxy`: who connects is a proxy, and sends the header of
 * the PROXY protocol first. Elsewhere in PATH and NAME a comma is a byte like others.
 *
 * A target is the same, but one address: neither `*` nor PORT 0, and no flags.
 */
#pragma once

#include <stddef.h>
#include <sys/socket.h>

#include "words/complaint.h"

enum address_transport { ADDRESS_TCP, ADDRESS_UDP, ADDRESS_UNIX, ADDRESS_TRANSPORT_COUNT };

/* As bind(2), accept(2) and getpeername(2) know it; all other bytes of `socket` are zero. */
struct address {
        enum address_transport transport;
        bool is_dual;    /* `*`: one IPv6 socket for both families; see address_without_ipv6() */
        bool is_proxied; /* `,proxy` */
        struct sockaddr_storage socket;
        socklen_t size; /* exact: nothing behind it belongs to an abstract name */
};

/* Bytes of a PATH or a NAME. */
enum { ADDRESS_PATH_MAX = 107 };

/* Room for any text that address_format() writes, its NUL included. */
enum { ADDRESS_TEXT_SIZE = 112 };

/* True on success, and only then *ret_address is written; else the complaint. */
bool address_parse(const char *text, struct address *ret_address, struct complaint *complaint);

/* The same for a target. */
bool address_parse_target(const char *text, struct address *ret_address,
                          struct complaint *complaint);

/*
 * "127.0.0.1:7007", "[::1]:7007", "[fe80::1%eth0]:7007", "*:7007" if is_dual, "/run/echod",
 * "@name". An IPv4 address mapped into IPv6 is shown as what it is. A Unix socket without a name is
 * "@"; a NUL within an abstract name is shown as '@', too. Flags are not shown.
 */
void address_format(const struct address *address, char *ret_text, size_t text_size);

/* "tcp", "udp" or "unix". */
const char *address_transport_name(enum address_transport transport);

/*
 * True when both are one listener given twice. Addresses that merely overlap, such as `*` and
 * 127.0.0.1, are for bind(2) to refuse; PORT 0 is another port each time.
 */
bool address_is_repeated(const struct address *a, const struct address *b);

/*
 * True if a socket that is bound there is what the listener asks for: the same place or, for `*`,
 * all addresses of either family or of both.
 */
bool address_covers(const struct address *listener, const struct address *socket);

/* Of TCP or UDP: its port is 0. */
bool address_has_no_port(const struct address *address);

/* True if only this machine can reach it: 127.0.0.0/8, ::1. False of a Unix socket. */
bool address_is_loopback(const struct address *address);

/* What `*` is where there is no IPv6: all IPv4 addresses, the same port. */
struct address address_without_ipv6(const struct address *dual);
