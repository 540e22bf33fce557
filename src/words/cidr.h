/* SPDX-License-Identifier: MIT */
/*
 * The text of a network: ADDRESS/LENGTH, such as 192.0.2.0/24 or 2001:db8::/32. Strict: a length is
 * never left out, no bit behind it is set, IPv6 has no brackets here, and an IPv4 network is not
 * written as one of IPv6.
 */
#pragma once

#include <stddef.h>

#include "core/network.h"
#include "words/complaint.h"

/* Room for any text that cidr_format() writes, its NUL included. */
enum { CIDR_TEXT_SIZE = 56 };

/* True on success, and only then *ret_network is written; else the complaint. */
bool cidr_parse(const char *text, struct network *ret_network, struct complaint *complaint);

/* As inet_ntop(3) writes the address. */
void cidr_format(struct network network, char ret_text[CIDR_TEXT_SIZE]);
