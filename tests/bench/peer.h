/* SPDX-License-Identifier: MIT */
/*
 * What the peer servers share, so that they differ in nothing but their loop: the command line
 * `peer_NAME PORT [HOST]`, the listener and its options. Whatever fails ends the program.
 */
#pragma once

#include <netinet/in.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { PEER_BACKLOG = 4096 };

/* Fills in HOST:PORT, 127.0.0.1 if there is no HOST, raises the limit of descriptors as far as it
 * goes, ignores SIGPIPE. */
struct sockaddr_in peer_start(int argc, char **argv);

/* A listening socket on address; flags as in socket(2), such as SOCK_NONBLOCK. */
int peer_listen(const struct sockaddr_in *address, int flags);

/* A nonblocking socket for datagrams on address. */
int peer_bind_udp(const struct sockaddr_in *address);

/* Sends each answer at once: else one in pieces waits 40 ms for the client's delayed ACK. */
void peer_set_nodelay(int fd);

/* Ends the program with the words and errno's if ok is 0; as perror(3) does. */
void peer_require(int ok, const char *words);

#ifdef __cplusplus
}
#endif
