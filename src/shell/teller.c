/* SPDX-License-Identifier: MIT */
#include "shell/teller.h"

#include <endian.h>
#include <netinet/in.h>
#include <string.h>

#include "shell/sys.h"

static void put(const struct teller *teller, const struct event *event)
{
        if (events_put(teller->events, event) == EVENTS_PUT_FIRST)
                (void)sys_wake(teller->wake_fd);
}

static bool is_told(const struct teller *teller)
{
        return teller->events != NULL && teller->is_verbose;
}

/* What all records of a connection begin with. */
static struct event about(const struct conn *conn, enum event_kind kind, uint64_t now_ns)
{
        return (struct event){ .kind = kind,
                               .time_ns = now_ns,
                               .connection = conn->generation,
                               .listener = conn->listener };
}

static void note_peer(struct event_peer *note, const struct sockaddr *peer, uint32_t peer_size)
{
        struct sockaddr_in ip;
        struct sockaddr_in6 ip6;

        note->family = AF_UNIX;
        if (peer_size >= sizeof(ip) && peer->sa_family == AF_INET) {
                memcpy(&ip, peer, sizeof(ip));
                note->family = AF_INET;
                note->port = ntohs(ip.sin_port);
                memcpy(note->address, &ip.sin_addr, sizeof(ip.sin_addr));
        } else if (peer_size >= sizeof(ip6) && peer->sa_family == AF_INET6) {
                memcpy(&ip6, peer, sizeof(ip6));
                note->family = AF_INET6;
                note->port = ntohs(ip6.sin6_port);
                memcpy(note->address, &ip6.sin6_addr, sizeof(ip6.sin6_addr));
        }
}

/* The beginning of a message; returns how much that is. */
static uint8_t show(unsigned char ret_bytes[EVENT_PREVIEW_SIZE], const unsigned char *data,
                    uint32_t size)
{
        uint32_t shown = size < EVENT_PREVIEW_SIZE ? size : EVENT_PREVIEW_SIZE;

        memcpy(ret_bytes, data, shown);
        return (uint8_t)shown;
}

void teller_open(const struct teller *teller, const struct conn *conn, const struct sockaddr *peer,
                 uint32_t peer_size)
{
        if (!is_told(teller))
                return;
        struct event event = about(conn, EVENT_CONNECTION_OPEN, conn->opened_ns);
        note_peer(&event.open, peer, peer_size);
        put(teller, &event);
}

static struct event_peer peer_of(struct ip ip, uint16_t port)
{
        struct event_peer note = { .family = AF_INET6, .port = port };
        uint64_t words[] = { htobe64(ip.high), htobe64(ip.low) };

        memcpy(note.address, words, sizeof(words));
        return note;
}

void teller_headed(const struct teller *teller, const struct conn *conn,
                   const struct proxy_header *header, uint64_t now_ns)
{
        if (!is_told(teller) || !header->has_addresses)
                return;
        struct event event = about(conn, EVENT_CONNECTION_PROXIED, now_ns);
        event.proxied.client = peer_of(header->source, header->source_port);
        event.proxied.server = peer_of(header->destination, header->destination_port);
        put(teller, &event);
}

void teller_close(const struct teller *teller, const struct conn *conn, uint64_t now_ns)
{
        if (!is_told(teller))
                return;
        struct event event = about(conn, EVENT_CONNECTION_CLOSE, now_ns);
        event.close.received = conn->received;
        event.close.sent = conn->received - conn->owed;
        event.close.duration_ns = now_ns - conn->opened_ns;
        event.close.reason = (enum conn_end)conn->end;
        put(teller, &event);
}

void teller_data(const struct teller *teller, const struct conn *conn, const unsigned char *data,
                 uint32_t size, uint64_t now_ns)
{
        if (!is_told(teller))
                return;
        struct event event = about(conn, EVENT_DATA, now_ns);
        event.data.size = size;
        event.data.shown = show(event.data.bytes, data, size);
        put(teller, &event);
}

void teller_datagram(const struct teller *teller, uint8_t listener, const struct sockaddr *peer,
                     uint32_t peer_size, const struct datagram *datagram, enum datagram_drop drop,
                     uint64_t now_ns)
{
        struct event event = { .kind = EVENT_DATAGRAM, .time_ns = now_ns, .listener = listener };
        uint32_t size = datagram->payload_size;

        if (!is_told(teller))
                return;
        note_peer(&event.datagram.peer, peer, peer_size);
        event.datagram.drop = (uint8_t)drop;
        event.datagram.size = size;
        event.datagram.shown = show(event.datagram.bytes, datagram->payload, size);
        put(teller, &event);
}

void teller_paused(const struct teller *teller, uint8_t listener, enum counters_accept_error why,
                   uint64_t now_ns)
{
        struct event event = { .kind = EVENT_ACCEPT_PAUSED,
                               .time_ns = now_ns,
                               .listener = listener };

        if (teller->events == NULL)
                return;
        event.paused.why = why;
        put(teller, &event);
}

void teller_limit(const struct teller *teller, uint8_t listener, uint32_t open, uint64_t now_ns)
{
        struct event event = { .kind = EVENT_LIMIT_REACHED,
                               .time_ns = now_ns,
                               .listener = listener };

        if (teller->events == NULL)
                return;
        event.limit.open = open;
        put(teller, &event);
}
