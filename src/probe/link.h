/* SPDX-License-Identifier: MIT */
/*
 * One stream connection of a run: its socket, its book (stream.h), and how it ended. What it may
 * send it sends, what comes is verified, and a fault ends it. All its functions take the run that
 * it is part of, count into the run's result, and may leave it closed: then link_is_open() is
 * false.
 */
#pragma once

#include "probe/stream.h"

enum link_phase {
        LINK_CLOSED,
        LINK_CONNECTING,
        LINK_OPEN,
        LINK_FINISHING, /* our side is shut down, the server's end-of-stream is awaited */
};

struct link {
        struct stream stream;
        uint64_t opened_ns;  /* when connecting began */
        uint64_t awaited_ns; /* since when the next byte, or the connection, is awaited */
        int fd;
        enum link_phase phase;
        bool wants_room; /* the kernel took less than there was to send */
        bool is_deaf;    /* reads only when its mode does: a bad peer */
};

struct run;

bool link_is_open(const struct link *link);

/* Starts connecting; `source` as in endpoint.h. */
void link_open(struct run *run, struct link *link, uint64_t source);

/* What the kernel told of its socket: connects, reads once, or ends. */
void link_notice(struct run *run, struct link *link, uint32_t events);

/* Sends what may be sent now; a connection whose last message is sent shuts down, if it is to. */
void link_send(struct run *run, struct link *link);

/* Reads once: at most `size` bytes, which is at most RUN_SCRATCH_SIZE. */
void link_read(struct run *run, struct link *link, uint32_t size);

/* From now on it reads only when link_read() is called, until link_stop(). */
void link_deafen(struct run *run, struct link *link);

/* Begins no further message; the connection ends when all came back. */
void link_stop(struct run *run, struct link *link);

/* Every 100 ms: tries again to connect, and ends it if something is awaited for too long. */
void link_tick(struct run *run, struct link *link);

/* Ends it, since what is awaited does not come. */
void link_give_up(struct run *run, struct link *link);

void link_close(struct run *run, struct link *link);
