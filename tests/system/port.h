/* SPDX-License-Identifier: MIT */
/* Ports of 127.0.0.1, for tests that must know one before echod tells. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>

struct sockaddr_in port_address(uint16_t port);

/*
 * A free port, the caller's as long as *ret_fd is open: nobody gets it unasked, but a server that
 * sets SO_REUSEADDR may listen on it.
 */
uint16_t port_reserve(int *ret_fd);

/*
 * A port that workers of an echod listen on now: nobody but the next one gets it after its end, as
 * long as the socket that is returned is open.
 */
int port_hold(uint16_t port);

/* A port on which the test itself listens, with *ret_fd. */
uint16_t port_occupy(int *ret_fd);

/* A port for datagrams that nobody has now. */
uint16_t port_find_udp(void);

/* Waits until somebody has it. */
void port_await_udp(uint16_t port);

/* True when nobody listens there. */
bool port_is_refused(uint16_t port);

/* Waits until nobody listens there. */
void port_await_refusal(uint16_t port);

/* Waits until somebody listens there. */
void port_await(uint16_t port);
