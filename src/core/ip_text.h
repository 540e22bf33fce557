/* SPDX-License-Identifier: MIT */
/*
 * Reads the text of an address byte by byte, without knowing where it ends: a byte with which no
 * address could go on is refused at once, so whatever was taken is the beginning of an address.
 *
 * Strict: four decimal numbers without leading zeros; or groups of one to four hex digits with one
 * `::` at most, which stands for one group at least. After `::` or `::ffff:` at its start, an IPv6
 * address may end as an IPv4 one, for so inet_ntop(3) writes what is mapped or compatible.
 */
#pragma once

#include "core/ip.h"

enum { IP_TEXT_GROUPS = 8 };

/* Private to ip_text. */
struct ip_text {
        bool is_dotted;       /* what is read now is decimal, with dots */
        uint32_t digits;      /* of the number that is read now */
        uint32_t number;      /* what they say so far */
        uint32_t dot_count;   /* so many numbers are done, */
        uint32_t v4;          /* and what they say */
        uint64_t low;         /* what comes before them */
        uint32_t colons;      /* that came just now: 0 to 2 */
        uint32_t group_count; /* so many groups are done; all after the gap if it is 0 */
        uint32_t gap;         /* so many groups come before `::` */
        uint16_t groups[IP_TEXT_GROUPS];
};

void ip_text_begin_v4(struct ip_text *text);
void ip_text_begin_v6(struct ip_text *text);

/* False if no address goes on like that; then the text is of no more use. */
bool ip_text_add(struct ip_text *text, unsigned char byte);

/* Whether the text may end here; only then *ret_ip is written. */
bool ip_text_end(const struct ip_text *text, struct ip *ret_ip);
