/* SPDX-License-Identifier: MIT */
#include "words/address.h"

#include <arpa/inet.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "core/ip.h"
#include "words/quantity.h"

enum { PORT_MAX = 65535, PORT_TEXT_SIZE = 16 };

enum { PATH_OFFSET = offsetof(struct sockaddr_un, sun_path) };

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

/* What is being read. */
struct request {
        struct complaint_word word; /* all of it, as a sentence shows it */
        bool is_target;             /* of a client, which needs one address */
};

static const char proxy_flag[] = ",proxy";

/* What is behind the address, from its comma on. */
static bool parse_flags(const struct request *request, const char *flags, struct address *address,
                        struct complaint *complaint)
{
        struct complaint_word word;

        (void)complaint_word(&word, flags, strlen(flags));
        if (request->is_target)
                return complain(complaint, "%s: %s: a target has no flags", request->word.text,
                                word.text);
        if (strcmp(flags, proxy_flag) != 0)
                return complain(complaint, "%s: %s: no such flag, expected %s", request->word.text,
                                word.text, proxy_flag);
        if (address->transport == ADDRESS_UDP)
                return complain(complaint, "%s: %s: only a tcp or unix listener has this flag",
                                request->word.text, word.text);
        address->is_proxied = true;
        return true;
}

static bool parse_port(const struct request *request, const char *text, size_t size,
                       in_port_t *ret_port, struct complaint *complaint)
{
        struct complaint_word word;
        unsigned least = request->is_target ? 1 : 0;
        char number[PORT_TEXT_SIZE];
        uint64_t port = 0;

        if (!copy_part(number, sizeof(number), text, size) || !quantity_count(number, &port) ||
            port < least || port > PORT_MAX)
                return complain(complaint, "%s: port %s: expected a number from %u to %d",
                                request->word.text, complaint_word(&word, text, size), least,
                                PORT_MAX);
        *ret_port = htons((uint16_t)port);
        return true;
}

static bool complain_of_host(const struct request *request, const char *host, size_t size,
                             struct complaint *complaint)
{
        struct complaint_word word;

        return complain(complaint,
                        "%s: host %s: expected an IPv4 address such as 127.0.0.1, %san IPv6 "
                        "address in brackets such as [::1]%s (names are not looked up)",
                        request->word.text, complaint_word(&word, host, size),
                        request->is_target ? "or " : "",
                        request->is_target ? "" : ", or * for both");
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
static bool parse_scope(const struct request *request, const char *scope, size_t size,
                        struct sockaddr_in6 *ip, struct complaint *complaint)
{
        struct complaint_word word;
        bool is_link_local = IN6_IS_ADDR_LINKLOCAL(&ip->sin6_addr);

        if (scope == NULL && is_link_local)
                return complain(complaint,
                                "%s: a link-local address needs its interface, expected a scope "
                                "such as fe80::1%%eth0",
                                request->word.text);
        if (scope == NULL)
                return true;
        (void)complaint_word(&word, scope, size);
        if (!is_link_local)
                return complain(complaint, "%s: scope %s: only a link-local address has one",
                                request->word.text, word.text);
        ip->sin6_scope_id = scope_number(scope, size);
        if (ip->sin6_scope_id == 0)
                return complain(complaint,
                                "%s: scope %s: no such interface, expected its name or number",
                                request->word.text, word.text);
        return true;
}

static bool parse_ipv6(const struct request *request, const char *host, size_t size,
                       struct sockaddr_in6 *ip, struct complaint *complaint)
{
        struct complaint_word word;
        char literal[INET6_ADDRSTRLEN];

        if (size < strlen("[]") || host[size - 1] != ']')
                return complain_of_host(request, host, size, complaint);
        const char *inside = host + 1;
        size_t inside_size = size - strlen("[]");
        const char *percent = memchr(inside, '%', inside_size);
        size_t literal_size = percent != NULL ? (size_t)(percent - inside) : inside_size;
        if (!copy_part(literal, sizeof(literal), inside, literal_size) ||
            inet_pton(AF_INET6, literal, &ip->sin6_addr) != 1)
                return complain_of_host(request, host, size, complaint);
        if (IN6_IS_ADDR_V4MAPPED(&ip->sin6_addr))
                return complain(complaint,
                                "%s: host %s: expected the IPv4 address itself, without ::ffff:",
                                request->word.text, complaint_word(&word, host, size));
        if (percent == NULL)
                return parse_scope(request, NULL, 0, ip, complaint);
        return parse_scope(request, percent + 1, inside_size - literal_size - 1, ip, complaint);
}

/* HOST and PORT, wherever the text was split; `*` is the IPv6 address of all zeros. */
static bool parse_ip(const struct request *request, const char *host, const char *colon,
                     const char *end, struct address *address, struct complaint *complaint)
{
        size_t size = (size_t)(colon - host);
        const char *port = colon + 1;
        size_t port_size = (size_t)(end - port);
        struct sockaddr_in *ipv4 = (struct sockaddr_in *)&address->socket;
        struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&address->socket;
        char literal[INET_ADDRSTRLEN];

        address->is_dual = size == 1 && host[0] == '*';
        if (address->is_dual && request->is_target)
                return complain_of_host(request, host, size, complaint);
        if (address->is_dual || host[0] == '[') {
                address->size = sizeof(*ipv6);
                ipv6->sin6_family = AF_INET6;
                if (!address->is_dual && !parse_ipv6(request, host, size, ipv6, complaint))
                        return false;
                return parse_port(request, port, port_size, &ipv6->sin6_port, complaint);
        }
        address->size = sizeof(*ipv4);
        ipv4->sin_family = AF_INET;
        if (!copy_part(literal, sizeof(literal), host, size) ||
            inet_pton(AF_INET, literal, &ipv4->sin_addr) != 1)
                return complain_of_host(request, host, size, complaint);
        return parse_port(request, port, port_size, &ipv4->sin_port, complaint);
}

/* HOST:PORT, behind the transport. */
static bool parse_host_port(const struct request *request, const char *text,
                            struct address *address, struct complaint *complaint)
{
        const char *bracket = text[0] == '[' ? strchr(text, ']') : NULL;
        const char *behind = bracket != NULL ? bracket : text;
        const char *end = strchrnul(behind, ',');
        const char *colon = memrchr(behind, ':', (size_t)(end - behind));

        if (end[0] != '\0' && !parse_flags(request, end, address, complaint))
                return false;
        if (text[0] == '[' && bracket == NULL)
                return complain_of_host(request, text, strlen(text), complaint);
        if (colon == NULL)
                return complain(complaint, "%s: no port, expected %s:HOST:PORT", request->word.text,
                                address_transport_name(address->transport));
        return parse_ip(request, text, colon, end, address, complaint);
}

static bool parse_unix(const struct request *request, const char *text, struct address *address,
                       struct complaint *complaint)
{
        struct sockaddr_un *path = (struct sockaddr_un *)&address->socket;
        bool is_abstract = text[0] == '@';
        const char *name = text + is_abstract;
        size_t name_size = strlen(name);

        if (ends_with(name, proxy_flag)) {
                name_size -= strlen(proxy_flag);
                if (!parse_flags(request, proxy_flag, address, complaint))
                        return false;
        }
        if (name_size == 0)
                return complain(complaint, "%s: no %s, expected unix:PATH or unix:@NAME",
                                request->word.text, is_abstract ? "name" : "path");
        if (name_size > ADDRESS_PATH_MAX)
                return complain(complaint, "%s: %s of %zu bytes: expected at most %d",
                                request->word.text, is_abstract ? "name" : "path", name_size,
                                ADDRESS_PATH_MAX);
        path->sun_family = AF_UNIX;
        memcpy(path->sun_path + is_abstract, name, name_size);
        /* A NUL ends a path, and starts an abstract name (unix(7)). */
        address->size = (socklen_t)(PATH_OFFSET + name_size + 1);
        return true;
}

/* The transport that the text begins with; what follows it, or NULL if there is none. */
static const char *parse_transport(const char *text, enum address_transport *ret_transport)
{
        for (unsigned i = 0; i < ADDRESS_TRANSPORT_COUNT; i++) {
                const char *name = address_transport_name((enum address_transport)i);
                size_t size = strlen(name);
                if (strncmp(text, name, size) != 0 || text[size] != ':')
                        continue;
                *ret_transport = (enum address_transport)i;
                return text + size + 1;
        }
        return NULL;
}

static bool parse(const char *text, bool is_target, struct address *ret_address,
                  struct complaint *complaint)
{
        struct request request = { .is_target = is_target };
        struct address address = { 0 };
        const char *rest = parse_transport(text, &address.transport);
        const char *word = complaint_word(&request.word, text, strlen(text));

        if (rest == NULL && is_target)
                return complain(complaint,
                                "%s: expected a target, tcp:HOST:PORT, udp:HOST:PORT or unix:PATH",
                                word);
        if (rest == NULL)
                return complain(
                    complaint, "%s: expected a listener, tcp:HOST:PORT, udp:HOST:PORT or unix:PATH",
                    word);
        bool is_right = address.transport == ADDRESS_UNIX
                            ? parse_unix(&request, rest, &address, complaint)
                            : parse_host_port(&request, rest, &address, complaint);
        if (is_right)
                *ret_address = address;
        return is_right;
}

bool address_parse(const char *text, struct address *ret_address, struct complaint *complaint)
{
        return parse(text, false, ret_address, complaint);
}

bool address_parse_target(const char *text, struct address *ret_address,
                          struct complaint *complaint)
{
        return parse(text, true, ret_address, complaint);
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
        switch (transport) {
        case ADDRESS_TCP:
                return "tcp";
        case ADDRESS_UDP:
                return "udp";
        case ADDRESS_UNIX:
        case ADDRESS_TRANSPORT_COUNT:
                break;
        }
        return "unix";
}

/* Both families keep it in the same place. */
bool address_has_no_port(const struct address *address)
{
        const struct sockaddr_in *ip = (const struct sockaddr_in *)&address->socket;

        return address->transport != ADDRESS_UNIX && ip->sin_port == 0;
}

bool address_is_repeated(const struct address *a, const struct address *b)
{
        return a->transport == b->transport && !address_has_no_port(a) &&
               a->is_dual == b->is_dual && a->size == b->size &&
               memcmp(&a->socket, &b->socket, a->size) == 0;
}

bool address_covers(const struct address *listener, const struct address *socket)
{
        struct ip ip;
        struct ip any;
        uint16_t port;
        uint16_t wanted;

        if (!listener->is_dual)
                return address_is_repeated(listener, socket);
        return listener->transport == socket->transport && !address_has_no_port(listener) &&
               ip_from_socket((const struct sockaddr *)&listener->socket, &any, &wanted) &&
               ip_from_socket((const struct sockaddr *)&socket->socket, &ip, &port) &&
               ip_is_unspecified(ip) && port == wanted;
}

bool address_is_loopback(const struct address *address)
{
        struct ip ip;
        uint16_t port;

        return ip_from_socket((const struct sockaddr *)&address->socket, &ip, &port) &&
               ip_is_loopback(ip);
}

struct address address_without_ipv6(const struct address *dual)
{
        const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)&dual->socket;
        struct address address = { .transport = dual->transport,
                                   .is_proxied = dual->is_proxied,
                                   .size = sizeof(struct sockaddr_in) };
        struct sockaddr_in *ipv4 = (struct sockaddr_in *)&address.socket;

        ipv4->sin_family = AF_INET;
        ipv4->sin_port = ipv6->sin6_port;
        return address;
}
