/* SPDX-License-Identifier: MIT */
/*
 * A network of the test's own, in which any port and any address is free: it, and what it starts,
 * leave the network of the machine for good. It has a loopback interface with IPv4, and with IPv6
 * where the machine has it.
 */
#pragma once

#include <stdbool.h>

/* False when this is not allowed here. For main: no test runs yet, and no other thread. */
bool network_enter(void);

/* Gives the loopback interface addresses: 10.9.0.1/24 and so on, or fd00:9::1 and so on. */
void network_add_ip4(unsigned count);
void network_add_ip6(unsigned count);

/*
 * An Ethernet interface, 10.8.0.1/24: a frame that is written to this comes in there. -1 = there is
 * none here.
 */
int network_open_wire(void);

/*
 * From now on that interface has no broadcast address, as many have none that ip(8) has set up, and
 * its address goes with one of a peer, 10.8.0.2.
 */
void network_forget_broadcast(void);

enum { NETWORK_HOST_SIZE = 40 };

/* The text of such an address, its index from 0. */
void network_ip4(unsigned index, char host[NETWORK_HOST_SIZE]);
void network_ip6(unsigned index, char host[NETWORK_HOST_SIZE]);
