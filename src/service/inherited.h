/* SPDX-License-Identifier: MIT */
/*
 * Sockets that a service manager opened and hands over. The manager keeps them: an option that is
 * set stays set, and who waits there when this process ends is served by the next one.
 *
 * Without a LISTEN they are the listeners. With some, each must be covered by one: a socket that
 * is not is closed, so that whoever writes a socket unit opens no more doors than the command line
 * knows of.
 */
#pragma once

#include "service/environment.h"
#include "service/options.h"
#include "words/exit_code.h"

/* By place in the options' listeners. */
struct inherited {
        int fds[OPTIONS_LISTENERS_MAX]; /* -1 = not inherited: it is still to be opened */
        struct environment_name names[OPTIONS_LISTENERS_MAX];
};

/*
 * Makes the options' listeners what there will be: the sockets, and then what is left of the
 * LISTENs that none is for. The descriptors are the caller's. On failure it says in the log why.
 */
enum exit_code inherited_take(struct inherited *inherited, const struct environment *environment,
                              struct options *options, struct log *log);
