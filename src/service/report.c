/* SPDX-License-Identifier: MIT */
#include "service/report.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "core/ensure.h"
#include "service/clock.h"

#define SECOND_NS UINT64_C(1000000000)

/* How an event is told: so many lines a second, after a burst. */
struct rule {
        const char *name;
        enum log_level level;
        uint32_t per_second;
        uint32_t burst;
};

static const struct rule rules[EVENT_COUNT] = {
        [EVENT_CONNECTION_OPEN] = { "connection_open", LOG_DEBUG, 100, 200 },
        [EVENT_CONNECTION_PROXIED] = { "connection_proxied", LOG_DEBUG, 100, 200 },
        [EVENT_CONNECTION_CLOSE] = { "connection_close", LOG_DEBUG, 100, 200 },
        [EVENT_DATA] = { "data", LOG_DEBUG, 100, 200 },
        [EVENT_DATAGRAM] = { "datagram", LOG_DEBUG, 100, 200 },
        [EVENT_ACCEPT_PAUSED] = { "accept_paused", LOG_WARN, 1, 5 },
        [EVENT_LIMIT_REACHED] = { "limit_reached", LOG_WARN, 1, 5 },
};

struct pause {
        const char *reason;
        const char *hint; /* NULL = nobody knows */
};

static const struct pause pauses[ACCEPT_ERROR_COUNT] = {
        [ACCEPT_GONE] = { "peer_gone", NULL },
        [ACCEPT_NO_DESCRIPTORS] = { "no_descriptors",
                                    "raise LimitNOFILE or ulimit -Hn, fs.file-max" },
        [ACCEPT_NO_MEMORY] = { "no_memory", "free memory, or raise net.ipv4.tcp_mem" },
        [ACCEPT_OTHER] = { "other", NULL },
};

/*
 * A token bucket in one number: each line pushes free_ns one interval on, and it may lie a burst
 * ahead of now.
 */
static bool take_token(struct report_rate *rate, const struct rule *rule, uint64_t now_ns)
{
        uint64_t interval_ns = SECOND_NS / rule->per_second;
        uint64_t from_ns = rate->free_ns > now_ns ? rate->free_ns : now_ns;

        if (from_ns - now_ns > (rule->burst - 1) * interval_ns)
                return false;
        rate->free_ns = from_ns + interval_ns;
        return true;
}

struct report_time report_now(void)
{
        return (struct report_time){ .monotonic_ns = clock_ns(CLOCK_MONOTONIC),
                                     .wall_ns = clock_ns(CLOCK_REALTIME) };
}

void report_init(struct report *report, struct log *log, const char *const *listeners,
                 uint32_t listener_count)
{
        *report =
            (struct report){ .log = log, .listeners = listeners, .listener_count = listener_count };
}

void report_peer(const struct event_peer *peer, char ret_text[REPORT_PEER_SIZE])
{
        static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
        const unsigned char *address = peer->address;
        char text[INET6_ADDRSTRLEN] = "";
        int family = peer->family;

        if (family == AF_INET6 && memcmp(address, mapped, sizeof(mapped)) == 0) {
                family = AF_INET;
                address += sizeof(mapped);
        }
        if (family != AF_INET && family != AF_INET6) {
                snprintf(ret_text, REPORT_PEER_SIZE, family == AF_UNIX ? "unix" : "unknown");
                return;
        }
        inet_ntop(family, address, text, sizeof(text));
        snprintf(ret_text, REPORT_PEER_SIZE, family == AF_INET ? "%s:%u" : "[%s]:%u", text,
                 peer->port);
}

static void add_listener(struct report *report, const struct event *event)
{
        if (event->listener < report->listener_count)
                log_text(report->log, "listener", report->listeners[event->listener]);
        else
                log_number(report->log, "listener", event->listener);
}

static void add_open(struct report *report, const struct event *event)
{
        char peer[REPORT_PEER_SIZE];

        report_peer(&event->open, peer);
        log_number(report->log, "connection", event->connection);
        add_listener(report, event);
        log_text(report->log, "peer", peer);
}

static void add_proxied(struct log *log, const struct event *event)
{
        char text[REPORT_PEER_SIZE];

        log_number(log, "connection", event->connection);
        report_peer(&event->proxied.client, text);
        log_text(log, "client", text);
        report_peer(&event->proxied.server, text);
        log_text(log, "server", text);
}

static void add_close(struct log *log, const struct event *event)
{
        log_number(log, "connection", event->connection);
        log_number(log, "received", event->close.received);
        log_number(log, "sent", event->close.sent);
        log_number(log, "duration_ms", event->close.duration_ns / 1000000);
        log_text(log, "reason", counters_closed_name(event->close.reason));
}

static void add_message(struct log *log, const unsigned char *bytes, uint8_t shown, uint32_t size)
{
        ensure(shown <= EVENT_PREVIEW_SIZE);
        log_number(log, "size", size);
        log_bytes(log, "text", bytes, shown);
        if (shown < size)
                log_number(log, "truncated", 1);
}

static void add_data(struct log *log, const struct event *event)
{
        log_number(log, "connection", event->connection);
        add_message(log, event->data.bytes, event->data.shown, event->data.size);
}

static void add_datagram(struct report *report, const struct event *event)
{
        char peer[REPORT_PEER_SIZE];

        report_peer(&event->datagram.peer, peer);
        add_listener(report, event);
        log_text(report->log, "peer", peer);
        if (event->datagram.drop != DATAGRAM_DROP_NONE)
                log_text(report->log, "dropped", counters_dropped_name(event->datagram.drop));
        add_message(report->log, event->datagram.bytes, event->datagram.shown,
                    event->datagram.size);
}

static void add_paused(struct report *report, const struct event *event)
{
        ensure(event->paused.why < ACCEPT_ERROR_COUNT);
        const struct pause *pause = &pauses[event->paused.why];

        add_listener(report, event);
        log_text(report->log, "reason", pause->reason);
        if (pause->hint != NULL)
                log_text(report->log, "hint", pause->hint);
}

static void add_fields(struct report *report, const struct event *event)
{
        switch (event->kind) {
        case EVENT_CONNECTION_OPEN:
                add_open(report, event);
                break;
        case EVENT_CONNECTION_PROXIED:
                add_proxied(report->log, event);
                break;
        case EVENT_CONNECTION_CLOSE:
                add_close(report->log, event);
                break;
        case EVENT_DATA:
                add_data(report->log, event);
                break;
        case EVENT_DATAGRAM:
                add_datagram(report, event);
                break;
        case EVENT_ACCEPT_PAUSED:
                add_paused(report, event);
                break;
        case EVENT_LIMIT_REACHED:
                add_listener(report, event);
                log_number(report->log, "open", event->limit.open);
                break;
        case EVENT_COUNT:
                break;
        }
}

void report_event(struct report *report, uint32_t worker, const struct event *event,
                  const struct report_time *now)
{
        ensure(event->kind < EVENT_COUNT);
        const struct rule *rule = &rules[event->kind];
        struct report_rate *rate = &report->rates[event->kind];
        struct log *log = report->log;

        if (!log_is_wanted(log, rule->level))
                return;
        if (!take_token(rate, rule, now->monotonic_ns)) {
                rate->suppressed++;
                return;
        }
        log_begin_at(log, rule->level, now->wall_ns - (now->monotonic_ns - event->time_ns),
                     rule->name);
        log_number(log, "worker", worker);
        add_fields(report, event);
        if (rate->suppressed > 0)
                log_number(log, "suppressed", rate->suppressed);
        /* A line that was lost has told nothing. */
        if (log_end(log))
                rate->suppressed = 0;
}

uint32_t report_take(struct report *report, uint32_t worker, struct events *events, uint32_t most)
{
        struct report_time now = report_now();
        struct event event;
        uint32_t count = 0;

        while (count < most && log_has_spare_room(report->log) && events_take(events, &event)) {
                report_event(report, worker, &event, &now);
                count++;
        }
        return count;
}
