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
        };

        ensure(end < CONN_END_COUNT);
        return names[end];
}

const char *counters_refused_name(enum counters_refused refused)
{
        static const char *const names[REFUSED_COUNT] = {
                [REFUSED_LIMIT] = "limit",
                [REFUSED_NO_MEMORY] = "no_memory",
        };

        ensure(refused < REFUSED_COUNT);
        return names[refused];
}

uint64_t counters_open(const struct counters *counters)
{
        uint64_t open = counter_read(&counters->accepted);

        for (unsigned end = 0; end < CONN_END_COUNT; end++)
                open -= counter_read(&counters->closed[end]);
        return open;
}
