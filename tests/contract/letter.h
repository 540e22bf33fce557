/* SPDX-License-Identifier: MIT */
/* Datagrams at the server's side: a socket, and the message that is received or answered. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>

#include "contract.h"
#include "visitor.h"

enum { LETTER_SIZE = 65536, LETTER_CONTROL = 256 };

/* Options of a socket, as bits. */
enum {
        INLET_OVERFLOWS = 1 << 0,
        INLET_BATCHES = 1 << 1,
        INLET_PATH4 = 1 << 2,
        INLET_PATH6 = 1 << 3,
        INLET_DUAL = 1 << 4, /* else one of IPv6 has IPv6 alone */
        INLET_SHARED = 1 << 5,
        INLET_REUSED = 1 << 6,
};

struct inlet {
        int fd;
        uint16_t port;
};

/* Opens a UDP socket there; port 0 = a free one. 0 or -errno: then nothing is left. */
int inlet_try(struct inlet *inlet, const char *address, uint16_t port, unsigned options);
/* The same, at a free port, and it must. */
void inlet_open(struct inlet *inlet, const char *address, unsigned options);
void inlet_close(struct inlet *inlet);
void inlet_await(const struct inlet *inlet);

/* One message; large, so static. */
struct letter {
        struct msghdr header;
        struct iovec vector;
        struct sockaddr_in6 name;
        long size; /* received, or -errno */
        _Alignas(struct cmsghdr) unsigned char control[LETTER_CONTROL];
        unsigned char data[LETTER_SIZE];
};

/* Room for a message. */
void letter_prepare(struct letter *letter);
/* Waits for one and receives it, into what room there is. */
void letter_receive(struct letter *letter, const struct inlet *inlet);
/* The same, of that size, payload of one datagram, from that visitor. */
void letter_expect(struct letter *letter, const struct inlet *inlet, const struct visitor *visitor,
                   uint32_t size);
/* What the kernel told of that kind, copied; false if it did not. */
bool letter_tells(struct letter *letter, int level, int type, void *ret_data, size_t size);
/* Makes it an answer: no control message, what was received. */
void letter_turn(struct letter *letter);
/* Adds a control message. */
void letter_say(struct letter *letter, int level, int type, const void *data, size_t size);
