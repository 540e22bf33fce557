/* SPDX-License-Identifier: MIT */
/*
 * Two networks of the test's own, and the cable between them (veth): the clients' at one end, the
 * server's at the other. Packets are no larger than Ethernet's, and may be lost, or held back.
 * What cannot be done fails the test. All of it is gone when the test and what it started have
 * ended.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server.h"

enum cable_end { CABLE_CLIENTS, CABLE_SERVER };

/* The addresses of the server's end. */
#define CABLE_IP4 "10.7.0.2"
#define CABLE_IP6 "fd00:7::2"

/*
 * False, and it says why, where the kernel refuses. For main: no test runs yet, and no other
 * thread. Ends at the clients'.
 */
bool cable_lay(void);

/* Starts a server for TCP at its end; the test stays at the clients'. */
void cable_serve(struct server *server, const char *const *arguments);

/* A setting of both ends, such as "net/ipv4/tcp_rmem". */
void cable_set(const char *name, const char *value);

/* So many of a hundred packets that reach an end are lost there, by chance; 0 = none. */
void cable_lose(unsigned percent);

/* How many were lost at that end, since the last cable_lose() that lost any; datagrams alone. */
uint64_t cable_lost(enum cable_end end);
uint64_t cable_lost_datagrams(enum cable_end end);

/* Each end sends no more than that, as tc(8) has it, such as "256kbit". */
void cable_slow(const char *rate);

/* As fast as there are CPUs, again. */
void cable_hurry(void);
