/* SPDX-License-Identifier: MIT */
#include "words/cidr.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "words/quantity.h"

/* The address in front of the slash; false if it is none. */
static bool parse_address(const char *text, size_t size, bool is_v6, struct ip *ret_ip)
{
        char literal[INET6_ADDRSTRLEN];
        struct in_addr v4;
        struct in6_addr v6;

        if (size >= sizeof(literal))
                return false;
        memcpy(literal, text, size);
        literal[size] = '\0';
        if (inet_pton(is_v6 ? AF_INET6 : AF_INET, literal, is_v6 ? (void *)&v6 : (void *)&v4) != 1)
                return false;
        *ret_ip = is_v6 ? ip_from_v6(&v6) : ip_from_v4(v4);
        return true;
}

/* Both sides of the slash; *ret_bits are those of 128. */
static bool parse_sides(const char *text, const char *slash, struct ip *ret_ip, uint32_t *ret_bits,
                        struct complaint *complaint)
{
        size_t size = (size_t)(slash - text);
        bool is_v6 = memchr(text, ':', size) != NULL;
        uint32_t before = is_v6 ? 0 : NETWORK_V4_BITS;
        uint64_t length = 0;
        struct complaint_word whole;
        struct complaint_word side;

        (void)complaint_word(&whole, text, strlen(text));
        if (!parse_address(text, size, is_v6, ret_ip))
                return complain(complaint,
                                "%s: address %s: expected one of IPv4 such as 192.0.2.0 or of IPv6 "
                                "such as 2001:db8:: (without brackets; names are not looked up)",
                                whole.text, complaint_word(&side, text, size));
        if (!quantity_count(slash + 1, &length) || length > NETWORK_BITS_MAX - before)
                return complain(complaint, "%s: length %s: expected a number from 0 to %u",
                                whole.text, complaint_word(&side, slash + 1, strlen(slash + 1)),
                                NETWORK_BITS_MAX - before);
        *ret_bits = before + (uint32_t)length;
        return true;
}

bool cidr_parse(const char *text, struct network *ret_network, struct complaint *complaint)
{
        const char *slash = strchr(text, '/');
        char right[CIDR_TEXT_SIZE];
        struct complaint_word whole;
        struct ip ip;
        uint32_t bits;

        (void)complaint_word(&whole, text, strlen(text));
        if (slash == NULL)
                return complain(complaint,
                                "%s: no length, expected ADDRESS/LENGTH such as 192.0.2.0/24 or "
                                "2001:db8::/32",
                                whole.text);
        if (!parse_sides(text, slash, &ip, &bits, complaint))
                return false;
        struct network network = network_around(ip, bits);
        cidr_format(network, right);
        if (network_is_v4(network) && strchr(text, ':') != NULL)
                return complain(complaint, "%s: expected the IPv4 network itself, %s", whole.text,
                                right);
        if (!ip_is_equal(network.ip, ip))
                return complain(complaint, "%s: bits behind its length are set, expected %s",
                                whole.text, right);
        *ret_network = network;
        return true;
}

void cidr_format(struct network network, char ret_text[CIDR_TEXT_SIZE])
{
        char literal[INET6_ADDRSTRLEN];
        struct in_addr v4 = { .s_addr = htobe32((uint32_t)network.ip.low) };
        uint64_t v6[2] = { htobe64(network.ip.high), htobe64(network.ip.low) };

        if (network_is_v4(network)) {
                inet_ntop(AF_INET, &v4, literal, sizeof(literal));
                snprintf(ret_text, CIDR_TEXT_SIZE, "%s/%u", literal,
                         network.bits - NETWORK_V4_BITS);
                return;
        }
        inet_ntop(AF_INET6, v6, literal, sizeof(literal));
        snprintf(ret_text, CIDR_TEXT_SIZE, "%s/%u", literal, network.bits);
}
