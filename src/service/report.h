/* SPDX-License-Identifier: MIT */
/*
 * Turns the records of the workers into lines of log. Each kind has its name, its level and its
 * rate: what comes faster is held back and counted, and the next line of that name that gets
 * through ends in `suppressed=N`. Time is an argument. One thread owns a report.
 */
#pragma once

#include "core/events.h"
#include "service/log.h"

/* Now, by both clocks: an event is so long ago by the one as by the other. */
struct report_time {
        uint64_t monotonic_ns;
        uint64_t wall_ns; /* since 1970 */
};

struct report_rate {
        uint64_t free_ns;    /* monotonic: when all of the burst is free again */
        uint64_t suppressed; /* held back since the last line */
};

struct report {
        struct log *log;
        const char *const *listeners;
        uint32_t listener_count;
        struct report_rate rates[EVENT_COUNT];
};

/* Room for any text that report_peer() writes, its NUL included. */
enum { REPORT_PEER_SIZE = 64 };

/* listeners: their texts, by index; a listener beyond them is shown by its index. All borrowed. */
void report_init(struct report *report, struct log *log, const char *const *listeners,
                 uint32_t listener_count);

struct report_time report_now(void);

/* Queues a line of the event, unless its level is not wanted or its rate is used up. */
void report_event(struct report *report, uint32_t worker, const struct event *event,
                  const struct report_time *now);

/*
 * Takes records out of a worker's ring while the log has spare room for their lines, `most` at
 * most; returns how many. None while the log still has that room: the ring is empty, and its next
 * record wakes us. Otherwise nobody will: call again, once the log has room.
 */
uint32_t report_take(struct report *report, uint32_t worker, struct events *events, uint32_t most);

/* "127.0.0.1:40312", "[::1]:40312", "unix". */
void report_peer(const struct event_peer *peer, char ret_text[REPORT_PEER_SIZE]);
