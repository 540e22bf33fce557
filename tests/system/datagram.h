/* SPDX-License-Identifier: MIT */
/*
 * A client of an echo server by datagrams. Its socket is connected: an answer from another address
 * than the one that was asked never arrives. Each datagram says which one of which client it is, as
 * far as its size allows, and each byte where it stands.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "place.h"

enum {
        DATAGRAM_MOST_IP4 = 65507, /* bytes of payload, by IPv4 */
        DATAGRAM_MOST_IP6 = 65527,
        DATAGRAM_BATCH_MOST = 64, /* datagrams of one call with UDP_SEGMENT */
};

struct datagram_client {
        int fd;
        unsigned number;
};

/* Clients of one test have different numbers. */
void datagram_open(struct datagram_client *client, const struct place *to, unsigned number);

/* The same, from an address of this machine, its port 0 = any. */
void datagram_open_from(struct datagram_client *client, const struct place *from,
                        const struct place *to, unsigned number);

/* False when the address, or the right to it, is not to be had. */
bool datagram_try_open_from(struct datagram_client *client, const struct place *from,
                            const struct place *to, unsigned number);

void datagram_close(const struct datagram_client *client);

void datagram_send(const struct datagram_client *client, unsigned index, uint32_t size);

/*
 * Sends `count` datagrams with one call, which the kernel hands over as one (UDP_SEGMENT): from
 * that index on, each of that size, but the last one, of `last_size` bytes, 1 to `size`.
 */
void datagram_send_batch(const struct datagram_client *client, unsigned index, unsigned count,
                         uint32_t size, uint32_t last_size);

/* Waits for the next answer, which must be this one, to the byte. */
void datagram_expect(const struct datagram_client *client, unsigned index, uint32_t size);

/* Sends one and gets it back. */
void datagram_exchange(const struct datagram_client *client, unsigned index, uint32_t size);

/* No answer waits now. */
void datagram_expect_nothing(const struct datagram_client *client);

/* Reads answers until none waits, whatever they are; how many there were. */
unsigned datagram_discard(const struct datagram_client *client);

/* Waits until nobody has the port any more: the machine itself says so. */
void datagram_await_refusal(const struct datagram_client *client);
