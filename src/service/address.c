/* SPDX-License-Identifier: MIT */
#include "service/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "service/quantity.h"

enum { PORT_MAX = 65535 };

static bool starts_with(const char *text, const char *start)
{
        return strncmp(text, start, strlen(start)) == 0;
}

static bool parse_port(const char *listen, const char *text, uint16_t *ret_port,
                       struct complaint *complaint)
{
        struct complaint_word word;
        uint64_t port = 0;

        if (!quantity_count(text, &port) || port > PORT_MAX)
                return complain(complaint, "%s: port %s: expected a number from 0 to %d", listen,
                                complaint_word(&word, text, strlen(text)), PORT_MAX);
        *ret_port = (uint16_t)port;
        return true;
}

static bool parse_host(const char *listen, const char *text, size_t size, struct in_addr *ret_host,
                       struct complaint *complaint)
{
        struct complaint_word word;
        char host[INET_ADDRSTRLEN];

        if (size < sizeof(host)) {
                memcpy(host, text, size);
                host[size] = '\0';
                if (inet_pton(AF_INET, host, ret_host) == 1)
                        return true;
        }
        return complain(complaint,
                        "%s: host %s: expected an IPv4 address such as 127.0.0.1 (names are "
                        "not looked up)",
                        listen, complaint_word(&word, text, size));
}

static size_t bracket_size(const char *text)
{
        const char *end = strchr(text, ']');

        return end != NULL ? (size_t)(end - text) + 1 : strlen(text);
}

/* What interface.md promises and this version does not have is refused by its name. */
static bool is_of_this_version(const char *listen, const char *text, struct complaint *complaint)
{
        struct complaint_word word;
        const char *flags = strchr(text, ',');
        bool is_any = starts_with(text, "*:");

        if (flags != NULL)
                return complain(complaint, "%s: %s: listener flags are not part of this version",
                                listen, complaint_word(&word, flags, strlen(flags)));
        if (is_any || text[0] == '[')
                return complain(complaint,
                                "%s: host %s: IPv6 is not part of this version, expected an "
                                "IPv4 address such as 127.0.0.1 or 0.0.0.0",
                                listen,
                                complaint_word(&word, text, is_any ? 1 : bracket_size(text)));
        return true;
}

static bool parse_tcp(const char *listen, const char *text, struct address *ret_address,
                      struct complaint *complaint)
{
        struct sockaddr_in ip = { .sin_family = AF_INET };
        const char *colon = strrchr(text, ':');
        uint16_t port = 0;

        if (!is_of_this_version(listen, text, complaint))
                return false;
        if (colon == NULL)
                return complain(complaint, "%s: no port, expected tcp:HOST:PORT", listen);
        if (!parse_host(listen, text, (size_t)(colon - text), &ip.sin_addr, complaint))
                return false;
        if (!parse_port(listen, colon + 1, &port, complaint))
                return false;
        ip.sin_port = htons(port);
        *ret_address = (struct address){ .size = sizeof(ip) };
        memcpy(&ret_address->socket, &ip, sizeof(ip));
        return true;
}

bool address_parse(const char *text, struct address *ret_address, struct complaint *complaint)
{
        struct complaint_word listen;

        (void)complaint_word(&listen, text, strlen(text));
        if (starts_with(text, "tcp:"))
                return parse_tcp(listen.text, text + strlen("tcp:"), ret_address, complaint);
        if (starts_with(text, "udp:") || starts_with(text, "unix:"))
                return complain(complaint,
                                "%s: %.*s listeners are not part of this version, expected "
                                "tcp:HOST:PORT",
                                listen.text, (int)strcspn(text, ":"), text);
        return complain(complaint, "%s: expected a listener, tcp:HOST:PORT", listen.text);
}

void address_format(const struct address *address, char *ret_text, size_t text_size)
{
        struct sockaddr_in ip;
        char host[INET_ADDRSTRLEN];

        memcpy(&ip, &address->socket, sizeof(ip));
        inet_ntop(AF_INET, &ip.sin_addr, host, sizeof(host));
        snprintf(ret_text, text_size, "%s:%u", host, ntohs(ip.sin_port));
}
