/* SPDX-License-Identifier: MIT */
/*
 * strace(1) on a running server, which makes one of its calls fail now and then: in each thread the
 * second, and every third after it up to the last that is asked for. A failed call is not made.
 *
 * It turns the call into number -1, and the server's filter of calls looks after that: it ends a
 * process for a number that is none. So such a server needs --no-sandbox.
 */
#pragma once

#include "server.h"

struct tracer {
        struct process process;
        char path[32]; /* of what it writes: a line a call */
};

struct tracer_fault {
        const char *call; /* as Linux names it */
        int error;        /* positive errno */
        unsigned last;    /* no call after this one fails, in each thread */
};

/* Attached when this returns. */
void tracer_attach(struct tracer *tracer, const struct server *server,
                   const struct tracer_fault *fault);

/* Lets go of the server, dead or alive; how many calls have failed on purpose. */
unsigned tracer_detach(struct tracer *tracer);
