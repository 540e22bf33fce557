/* SPDX-License-Identifier: MIT */
#include "words/address.h"

#include <arpa/inet.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "words/quantity.h"

enum { PORT_MAX = 65535 };

enum { PATH_OFFSET = offsetof(struct sockaddr_un, sun_path) };

static bool starts_with(const char *text, const char *start)
{
        return strncmp(text, start, strlen(start)) == 0;
}

static bool ends_with(const char *text, const char *end)
{
        size_t size = strlen(text);
        size_t end_size = strlen(end);

        return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

/* Copies a part of a text into a string if it fits. */
static bool copy_part(char *ret_string, size_t string_size, const char *part, size_t size)
{
        if (size >= string_size)
                return false;
        memcpy(ret_string, part, size);
        ret_string[size] = '\0';
        return true;
}

static bool refuse_flags(const char *listen, const char *flags, struct complaint *complaint)
{
        struct complaint_word word;

        return complain(complaint, "%s: %s: listener flags are not part of this version", listen,
                        complaint_word(&word, flags, strlen(flags)));
}

static bool parse_port(const char *listen, const char *text, in_port_t *ret_port,
                       struct complaint *complaint)
{
        struct complaint_word word;
        uint64_t port = 0;

        if (!quantity_count(text, &port) || port > PORT_MAX)
                return complain(complaint, "%s: port %s: expected a number from 0 to %d", listen,
                                complaint_word(&word, text, strlen(text)), PORT_MAX);
        *ret_port = htons((uint16_t)port);
        return true;
}

static bool complain_of_host(const char *listen, const char *host, size_t size,
                             struct complaint *complaint)
{
        struct complaint_word word;

        return complain(complaint,
                        "%s: host %s: expected an IPv4 address such as 127.0.0.1, an IPv6 address "
                        "in brackets such as [::1], or * for both (names are not looked up)",
                        listen, complaint_word(&word, host, size));
}

/* An interface's name or number; as getaddrinfo(3), the name first. 0 if there is no such one. */
static uint32_t scope_number(const char *scope, size_t size)
{
        char name[IF_NAMESIZE];
        uint64_t number = 0;

        if (!copy_part(name, sizeof(name), scope, size))
                return 0;
        unsigned found = if_nametoindex(name);
        if (found == 0 && quantity_count(name, &number) && number <= INT_MAX)
                found = (unsigned)number;
        return found;
}

/* The kernel ignores the scope of other addresses, and refuses link-local ones without. */
static bool parse_scope(const char *listen, const char *scope, size_t size, struct sockaddr_in6 *ip,
                        struct complaint *complaint)
{
        struct complaint_word word;
        bool is_link_local = IN6_IS_ADDR_LINKLOCAL(&ip->sin6_addr);

        if (scope == NULL && is_link_local)
                return complain(complaint,
                                "%s: a link-local address needs its interface, expected a scope "
                                "such as fe80::1%%eth0",
                                listen);
        if (scope == NULL)
                return true;
        (void)complaint_word(&word, scope, size);
        if (!is_link_local)
                return complain(complaint, "%s: scope %s: only a link-local address has one",
                                listen, word.text);
        ip->sin6_scope_id = scope_number(scope, size);
        if (ip->sin6_scope_id == 0)
                return complain(complaint,
                                "%s: scope %s: no such interface, expected its name or number",
                                listen, word.text);
        return true;
}

static bool parse_ipv6(const char *listen, const char *host, size_t size, struct sockaddr_in6 *ip,
                       struct complaint *complaint)
{
        struct complaint_word word;
        char literal[INET6_ADDRSTRLEN];

        if (size < strlen("[]") || host[size - 1] != ']')
                return complain_of_host(listen, host, size, complaint);
        const char *inside = host + 1;
        size_t inside_size = size - strlen("[]");
        const char *percent = memchr(inside, '%', inside_size);
        size_t literal_size = percent != NULL ? (size_t)(percent - inside) : inside_size;
        if (!copy_part(literal, sizeof(literal), inside, literal_size) ||
            inet_pton(AF_INET6, literal, &ip->sin6_addr) != 1)
                return complain_of_host(listen, host, size, complaint);
        if (IN6_IS_ADDR_V4MAPPED(&ip->sin6_addr))
                return complain(complaint,
                                "%s: host %s: expected the IPv4 address itself, without ::ffff:",
                                listen, complaint_word(&word, host, size));
        if (percent == NULL)
                return parse_scope(listen, NULL, 0, ip, complaint);
        return parse_scope(listen, percent + 1, inside_size - literal_size - 1, ip, complaint);
}

/* HOST and PORT, wherever the text was split; `*` is the IPv6 address of all zeros. */
static bool parse_ip(const char *listen, const char *host, const char *colon,
                     struct address *address, struct complaint *complaint)
{
        size_t size = (size_t)(colon - host);
        struct sockaddr_in *ipv4 = (struct sockaddr_in *)&address->socket;
        struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&address->socket;
        char literal[INET_ADDRSTRLEN];

        address->is_dual = size == 1 && host[0] == '*';
        if (address->is_dual || host[0] == '[') {
                address->size = sizeof(*ipv6);
                ipv6->sin6_family = AF_INET6;
                if (!address->is_dual && !parse_ipv6(listen, host, size, ipv6, complaint))
                        return false;
                return parse_port(listen, colon + 1, &ipv6->sin6_port, complaint);
        }
        address->size = sizeof(*ipv4);
        ipv4->sin_family = AF_INET;
        if (!copy_part(literal, sizeof(literal), host, size) ||
            inet_pton(AF_INET, literal, &ipv4->sin_addr) != 1)
                return complain_of_host(listen, host, size, complaint);
        return parse_port(listen, colon + 1, &ipv4->sin_port, complaint);
}

static bool parse_tcp(const char *listen, const char *text, struct address *address,
                      struct complaint *complaint)
{
        const char *bracket = text[0] == '[' ? strchr(text, ']') : NULL;
        const char *behind = bracket != NULL ? bracket : text;
        const char *flags = strchr(behind, ',');
        const char *colon = strrchr(behind, ':');

        if (flags != NULL)
                return refuse_flags(listen, flags, complaint);
        if (text[0] == '[' && bracket == NULL)
                return complain_of_host(listen, text, strlen(text), complaint);
        if (colon == NULL)
                return complain(complaint, "%s: no port, expected tcp:HOST:PORT", listen);
        address->transport = ADDRESS_TCP;
        return parse_ip(listen, text, colon, address, complaint);
}

static bool parse_unix(const char *listen, const char *text, struct address *address,
                       struct complaint *complaint)
{
        static const char flag[] = ",proxy";
        struct sockaddr_un *path = (struct sockaddr_un *)&address->socket;
        bool is_abstract = text[0] == '@';
        const char *name = text + is_abstract;
        size_t name_size = strlen(name);

        if (ends_with(text, flag))
                return refuse_flags(listen, flag, complaint);
        if (name_size == 0)
                return complain(complaint, "%s: no %s, expected unix:PATH or unix:@NAME", listen,
                                is_abstract ? "name" : "path");
        if (name_size > ADDRESS_PATH_MAX)
                return complain(complaint, "%s: %s of %zu bytes: expected at most %d", listen,
                                is_abstract ? "name" : "path", name_size, ADDRESS_PATH_MAX);
        address->transport = ADDRESS_UNIX;
        path->sun_family = AF_UNIX;
        memcpy(path->sun_path + is_abstract, name, name_size);
        /* A NUL ends a path, and starts an abstract name (unix(7)). */
        address->size = (socklen_t)(PATH_OFFSET + name_size + 1);
        return true;
}

static bool parse(const char *listen, const char *text, struct address *address,
                  struct complaint *complaint)
{
        if (starts_with(text, "tcp:"))
                return parse_tcp(listen, text + strlen("tcp:"), address, complaint);
        if (starts_with(text, "unix:"))
                return parse_unix(listen, text + strlen("unix:"), address, complaint);
        if (starts_with(text, "udp:"))
                return complain(complaint,
                                "%s: udp listeners are not part of this version, expected "
                                "tcp:HOST:PORT or unix:PATH",
                                listen);
        return complain(complaint, "%s: expected a listener, tcp:HOST:PORT or unix:PATH", listen);
}

bool address_parse(const char *text, struct address *ret_address, struct complaint *complaint)
{
        struct complaint_word listen;
        struct address address = { 0 };

        if (!parse(complaint_word(&listen, text, strlen(text)), text, &address, complaint))
                return false;
        *ret_address = address;
        return true;
}

static void format_ipv4(const void *host, in_port_t port, char *ret_text, size_t text_size)
{
        char literal[INET_ADDRSTRLEN];

        inet_ntop(AF_INET, host, literal, sizeof(literal));
        snprintf(ret_text, text_size, "%s:%u", literal, ntohs(port));
}

static void format_ipv6(const struct sockaddr_in6 *ip, char *ret_text, size_t text_size)
{
        char literal[INET6_ADDRSTRLEN];
        char scope[IF_NAMESIZE] = "";

        if (IN6_IS_ADDR_V4MAPPED(&ip->sin6_addr)) {
                format_ipv4(&ip->sin6_addr.s6_addr[12], ip->sin6_port, ret_text, text_size);
                return;
        }
        inet_ntop(AF_INET6, &ip->sin6_addr, literal, sizeof(literal));
        if (ip->sin6_scope_id != 0 && if_indextoname(ip->sin6_scope_id, scope) == NULL)
                snprintf(scope, sizeof(scope), "%u", ip->sin6_scope_id);
        snprintf(ret_text, text_size, "[%s%s%s]:%u", literal, scope[0] != '\0' ? "%" : "", scope,
                 ntohs(ip->sin6_port));
}

static void format_unix(const struct sockaddr_un *path, size_t size, char *ret_text,
                        size_t text_size)
{
        char name[sizeof(path->sun_path) + 1] = "@";
        size_t name_size = size > PATH_OFFSET ? size - PATH_OFFSET : 0;

        if (name_size > sizeof(path->sun_path))
                name_size = sizeof(path->sun_path);
        memcpy(name, path->sun_path, name_size);
        if (name[0] == '\0')
                for (size_t i = 0; i < name_size; i++)
                        name[i] = name[i] != '\0' ? name[i] : '@';
        snprintf(ret_text, text_size, "%s", name[0] != '\0' ? name : "@");
}

void address_format(const struct address *address, char *ret_text, size_t text_size)
{
        const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)&address->socket;
        const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)&address->socket;

        if (address->is_dual)
                snprintf(ret_text, text_size, "*:%u", ntohs(ipv6->sin6_port));
        else if (address->socket.ss_family == AF_INET)
                format_ipv4(&ipv4->sin_addr, ipv4->sin_port, ret_text, text_size);
        else if (address->socket.ss_family == AF_INET6)
                format_ipv6(ipv6, ret_text, text_size);
        else
                format_unix((const struct sockaddr_un *)&address->socket, address->size, ret_text,
                            text_size);
}

const char *address_transport_name(enum address_transport transport)
{
        return transport == ADDRESS_UNIX ? "unix" : "tcp";
}

/* Port 0, of either family: both keep it in the same place. */
static bool has_no_port(const struct address *address)
{
        const struct sockaddr_in *ip = (const struct sockaddr_in *)&address->socket;

        return address->transport == ADDRESS_TCP && ip->sin_port == 0;
}

bool address_is_repeated(const struct address *a, const struct address *b)
{
        return !has_no_port(a) && a->is_dual == b->is_dual && a->size == b->size &&
               memcmp(&a->socket, &b->socket, a->size) == 0;
}

struct address address_without_ipv6(const struct address *dual)
{
        const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)&dual->socket;
        struct address address = { .transport = ADDRESS_TCP, .size = sizeof(struct sockaddr_in) };
        struct sockaddr_in *ipv4 = (struct sockaddr_in *)&address.socket;

        ipv4->sin_family = AF_INET;
        ipv4->sin_port = ipv6->sin6_port;
        return address;
}
