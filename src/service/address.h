/* SPDX-License-Identifier: MIT */
/*
 * The text of a listener, `tcp:HOST:PORT`, and of a socket's address. HOST is an IPv4 literal;
 * names are not looked up.
 */
#pragma once

#include <stddef.h>
#include <sys/socket.h>

#include "service/complaint.h"

struct address {
        struct sockaddr_storage socket;
        socklen_t size;
};

/* Room for any text that address_format() writes, its NUL included. */
enum { ADDRESS_TEXT_SIZE = 64 };

/* True on success, and only then *ret_address is written; else the complaint. */
bool address_parse(const char *text, struct address *ret_address, struct complaint *complaint);

/* "127.0.0.1:7007". */
void address_format(const struct address *address, char *ret_text, size_t text_size);
