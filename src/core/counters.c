/* SPDX-License-Identifier: MIT */
#include "core/counters.h"

#include "core/ensure.h"

const char *counters_closed_name(enum conn_end end)
{
        static const char *const names[CONN_END_COUNT] = {
                [CONN_END_PEER_FINISHED] = "peer_finished",
                [CONN_END_PEER_RESET] = "peer_reset",
                [CONN_END_PEER_VANISHED] = "peer_vanished",
                [CONN_END_IDLE] = "idle",
                [CONN_END_STALL] = "stall",
                [CONN_END_DRAINED] = "drained",
                [CONN_END_DRAIN_TIMEOUT] = "drain_timeout",
                [CONN_END_SOCKET_ERROR] = "socket_error",
                [CONN_END_HEADER_TIMEOUT] = "header_timeout",
                [CONN_END_HEADER_SIGNATURE] = "header_signature",
                [CONN_END_HEADER_VERSION] = "header_version",
                [CONN_END_HEADER_COMMAND] = "header_command",
                [CONN_END_HEADER_FAMILY] = "header_family",
                [CONN_END_HEADER_ADDRESS] = "header_address",
                [CONN_END_HEADER_LINE_END] = "header_line_end",
                [CONN_END_HEADER_CHECKSUM] = "header_checksum",
                [CONN_END_HEADER_EXTENSION] = "header_extension",
                [CONN_END_HEADER_TOO_SHORT] = "header_too_short",
                [CONN_END_HEADER_TOO_LONG] = "header_too_long",
                [CONN_END_ACCESS] = "access",
                [CONN_END_RATE] = "rate",
                [CONN_END_SOURCE] = "source",
        };

        ensure(end < CONN_END_COUNT);
        return names[end];
}

const char *counters_refused_name(enum counters_refused refused)
{
        static const char *const names[REFUSED_COUNT] = {
                [REFUSED_LIMIT] = "limit",   [REFUSED_NO_MEMORY] = "no_memory",
                [REFUSED_ACCESS] = "access", [REFUSED_RATE] = "rate",
                [REFUSED_SOURCE] = "source",
        };

        ensure(refused < REFUSED_COUNT);
        return names[refused];
}

const char *counters_dropped_name(enum datagram_drop drop)
{
        static const char *const names[DATAGRAM_DROP_COUNT] = {
                [DATAGRAM_DROP_TRUNCATED] = "truncated",
                [DATAGRAM_DROP_PORT_ZERO] = "port_zero",
                [DATAGRAM_DROP_UNSPECIFIED_SOURCE] = "unspecified_source",
                [DATAGRAM_DROP_MULTICAST_SOURCE] = "multicast_source",
                [DATAGRAM_DROP_BROADCAST_SOURCE] = "broadcast_source",
                [DATAGRAM_DROP_MULTICAST] = "multicast",
                [DATAGRAM_DROP_BROADCAST] = "broadcast",
                [DATAGRAM_DROP_SELF] = "self",
                [DATAGRAM_DROP_LOW_PORT] = "low_port",
                [DATAGRAM_DROP_ACCESS] = "access",
                [DATAGRAM_DROP_RATE] = "rate",
                [DATAGRAM_DROP_LOOP] = "loop",
                [DATAGRAM_DROP_SEND_BUFFER] = "send_buffer",
                [DATAGRAM_DROP_SEND_ERROR] = "send_error",
        };

        ensure(drop < DATAGRAM_DROP_COUNT);
        return names[drop];
}

uint64_t counters_open(const struct counters *counters)
{
        uint64_t open = counter_read(&counters->accepted);

        for (unsigned end = 0; end < CONN_END_COUNT; end++)
                open -= counter_read(&counters->closed[end]);
        return open;
}

uint64_t counters_dropped(const struct counters *counters)
{
        uint64_t dropped = 0;

        for (unsigned drop = 0; drop < DATAGRAM_DROP_COUNT; drop++)
                dropped += counter_read(&counters->datagrams_dropped[drop]);
        return dropped;
}
