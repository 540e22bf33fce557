/* SPDX-License-Identifier: MIT */
/*
 * Where connections and datagrams come in: every listener, opened once for all workers or taken
 * over from a service manager, and told of in the log. TCP and UDP give each worker a socket of its
 * own; a Unix socket is shared, and so is whatever was inherited.
 */
#pragma once

#include "service/crew.h"
#include "service/inherited.h"
#include "service/options.h"
#include "service/udp.h"
#include "service/unix_socket.h"
#include "words/exit_code.h"

struct listeners {
        struct unix_socket unix_sockets[OPTIONS_LISTENERS_MAX]; /* with a path to give back */
        uint32_t unix_count;
        struct udp udp;
        /* As the workers number them: those of UDP last. With the real ports. */
        char texts[OPTIONS_LISTENERS_MAX][ADDRESS_TEXT_SIZE];
        const char *names[OPTIONS_LISTENERS_MAX]; /* pointers to the texts */
        uint32_t count;
};

/*
 * Opens them all and hands them to the workers. On failure it says in the log what failed and why,
 * and what was opened is closed by crew_close() and listeners_close().
 */
enum exit_code listeners_open(struct listeners *listeners, const struct options *options,
                              const struct inherited *inherited, struct crew *crew,
                              struct log *log);

/* Gives the paths of Unix sockets back, while workers may still run; the rest is udp_close()'s. */
void listeners_close(struct listeners *listeners, struct log *log);
