/* SPDX-License-Identifier: MIT */
#include "support/logbook.h"

#include <inttypes.h>
#include <string.h>

#include "shell/sys.h"
#include "support/sim.h"

enum { EVENTS_MAX = 16, OPEN_MAX = 64 };

/* What one worker told. */
struct book {
        struct events events;
        struct event records[EVENTS_MAX];
        bool is_verbose;
        uint64_t told[EVENT_COUNT];
        uint64_t open[OPEN_MAX]; /* connections by number; 0 = none */
};

static struct {
        struct book books[LOGBOOK_WORKERS_MAX];
        int wake_fd;
} logbook;

void logbook_open(void)
{
        memset(&logbook, 0, sizeof(logbook));
        logbook.wake_fd = sys_wake_open();
        for (uint32_t i = 0; i < LOGBOOK_WORKERS_MAX; i++)
                events_init(&logbook.books[i].events, logbook.books[i].records, EVENTS_MAX);
}

struct teller logbook_teller(uint32_t worker, bool is_verbose)
{
        struct book *book = &logbook.books[worker];

        book->is_verbose = is_verbose;
        return (struct teller){ .events = &book->events,
                                .wake_fd = logbook.wake_fd,
                                .is_verbose = is_verbose };
}

/* Where that connection stands in the book; 0 finds a free place. NULL = nowhere. */
static uint64_t *find(struct book *book, uint64_t connection)
{
        for (uint32_t i = 0; i < OPEN_MAX; i++)
                if (book->open[i] == connection)
                        return &book->open[i];
        return NULL;
}

/* A connection opens, says something, and closes: in that order, if no record is missing. */
static void check_order(struct book *book, const struct event *event)
{
        bool is_opening = event->kind == EVENT_CONNECTION_OPEN;
        uint64_t *place = find(book, event->connection);

        if (event->connection == 0 || (place == NULL) != is_opening)
                sim_fail("connection %" PRIu64 " is told of out of order", event->connection);
        if (is_opening)
                place = find(book, 0);
        if (place == NULL)
                sim_fail("more than %d connections are told open", OPEN_MAX);
        if (event->kind != EVENT_DATA)
                *place = is_opening ? event->connection : 0;
}

static void note(struct book *book, const struct event *event)
{
        book->told[event->kind]++;
        if (event->kind != EVENT_ACCEPT_PAUSED && event->kind != EVENT_LIMIT_REACHED &&
            events_lost(&book->events) == 0)
                check_order(book, event);
}

void logbook_read(void)
{
        bool is_woken = sim_wake_take(logbook.wake_fd);
        struct event event;

        for (uint32_t i = 0; i < LOGBOOK_WORKERS_MAX; i++)
                while (events_take(&logbook.books[i].events, &event)) {
                        if (!is_woken)
                                sim_fail("the log sleeps on a record");
                        note(&logbook.books[i], &event);
                }
}

static void check_complete(const struct book *book, const struct counters *counters)
{
        uint64_t accepted = book->is_verbose ? counter_read(&counters->accepted) : 0;

        if (events_lost(&book->events) > 0)
                return;
        if (book->told[EVENT_ACCEPT_PAUSED] != counter_read(&counters->accept_pauses) ||
            book->told[EVENT_LIMIT_REACHED] != counter_read(&counters->refused[REFUSED_LIMIT]))
                sim_fail("the log misses pauses or refusals");
        if (book->told[EVENT_CONNECTION_OPEN] != accepted ||
            book->told[EVENT_CONNECTION_CLOSE] != accepted)
                sim_fail("the log misses connections");
}

void logbook_close(const struct worker *workers, uint32_t count)
{
        logbook_read();
        for (uint32_t i = 0; i < count; i++)
                check_complete(&logbook.books[i], workers[i].counters);
        (void)sys_close(logbook.wake_fd);
}
