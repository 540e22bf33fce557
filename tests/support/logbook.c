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
        uint64_t datagram_bytes;
        uint64_t dropped[DATAGRAM_DROP_COUNT];
        uint64_t said; /* bytes of messages */
        uint64_t received;
        uint64_t sent;
        uint64_t closed[CONN_END_COUNT];
        struct {
                uint64_t connection; /* its number; 0 = a free place */
                uint64_t since_ns;
        } open[OPEN_MAX];
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

/* Where that connection stands in the book; 0 finds a free place. OPEN_MAX = nowhere. */
static uint32_t find(const struct book *book, uint64_t connection)
{
        uint32_t place = 0;

        while (place < OPEN_MAX && book->open[place].connection != connection)
                place++;
        return place;
}

/* A connection opens, says something, and closes: in that order, if no record is missing. */
static void check_order(struct book *book, const struct event *event)
{
        bool is_opening = event->kind == EVENT_CONNECTION_OPEN;
        uint32_t place = find(book, event->connection);

        if (event->connection == 0 || (place == OPEN_MAX) != is_opening)
                sim_fail("connection %" PRIu64 " is told of out of order", event->connection);
        if (is_opening) {
                place = find(book, 0);
                if (place == OPEN_MAX)
                        sim_fail("more than %d connections are told open", OPEN_MAX);
                book->open[place].connection = event->connection;
                book->open[place].since_ns = event->time_ns;
        } else if (event->kind == EVENT_CONNECTION_CLOSE) {
                book->open[place].connection = 0;
                if (event->close.duration_ns != event->time_ns - book->open[place].since_ns)
                        sim_fail("connection %" PRIu64 " is told to have lasted %" PRIu64 " ns",
                                 event->connection, event->close.duration_ns);
        }
}

/* What is told of single connections adds up to what is counted of all. */
static void add(struct book *book, const struct event *event)
{
        if (event->kind == EVENT_DATA)
                book->said += event->data.size;
        if (event->kind == EVENT_DATAGRAM) {
                book->datagram_bytes += event->datagram.size;
                book->dropped[event->datagram.drop]++;
        }
        if (event->kind != EVENT_CONNECTION_CLOSE)
                return;
        book->received += event->close.received;
        book->sent += event->close.sent;
        book->closed[event->close.reason]++;
}

static bool is_of_connection(enum event_kind kind)
{
        return kind == EVENT_CONNECTION_OPEN || kind == EVENT_CONNECTION_CLOSE ||
               kind == EVENT_DATA;
}

static void note(struct book *book, const struct event *event)
{
        book->told[event->kind]++;
        add(book, event);
        if (is_of_connection(event->kind) && events_lost(&book->events) == 0)
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

static void check_connections(const struct book *book, const struct counters *counters)
{
        uint64_t received = counter_read(&counters->received_bytes);
        uint64_t accepted = counter_read(&counters->accepted);

        if (book->told[EVENT_CONNECTION_OPEN] != accepted ||
            book->told[EVENT_CONNECTION_CLOSE] != accepted)
                sim_fail("the log misses connections");
        if (book->said != received || book->received != received ||
            book->sent != counter_read(&counters->sent_bytes))
                sim_fail("%" PRIu64 " bytes in messages, %" PRIu64 " received and %" PRIu64
                         " sent are told of",
                         book->said, book->received, book->sent);
        for (unsigned end = 0; end < CONN_END_COUNT; end++)
                if (book->closed[end] != counter_read(&counters->closed[end]))
                        sim_fail("%" PRIu64 " are told closed for reason %u", book->closed[end],
                                 end);
}

/* Every datagram, and why it is not answered; but for those that then found no way out. */
static void check_datagrams(const struct book *book, const struct counters *counters)
{
        if (book->told[EVENT_DATAGRAM] != counter_read(&counters->datagrams_received) ||
            book->datagram_bytes != counter_read(&counters->datagram_received_bytes))
                sim_fail("the log misses datagrams");
        for (unsigned why = DATAGRAM_DROP_NONE + 1; why < DATAGRAM_DROP_SEND_BUFFER; why++)
                if (book->dropped[why] != counter_read(&counters->datagrams_dropped[why]))
                        sim_fail("%" PRIu64 " datagrams are told dropped as %s", book->dropped[why],
                                 counters_dropped_name(why));
}

static void check_complete(const struct book *book, const struct counters *counters)
{
        if (events_lost(&book->events) > 0)
                return;
        if (book->told[EVENT_ACCEPT_PAUSED] != counter_read(&counters->accept_pauses) ||
            book->told[EVENT_LIMIT_REACHED] != counter_read(&counters->refused[REFUSED_LIMIT]))
                sim_fail("the log misses pauses or refusals");
        if (book->is_verbose) {
                check_connections(book, counters);
                check_datagrams(book, counters);
        } else if (book->told[EVENT_CONNECTION_OPEN] + book->told[EVENT_CONNECTION_CLOSE] +
                       book->told[EVENT_DATA] + book->told[EVENT_DATAGRAM] >
                   0) {
                sim_fail("a quiet log tells of connections");
        }
}

void logbook_close(const struct worker *workers, uint32_t count)
{
        logbook_read();
        for (uint32_t i = 0; i < count; i++)
                check_complete(&logbook.books[i], workers[i].counters);
        (void)sys_close(logbook.wake_fd);
}
