/* SPDX-License-Identifier: MIT */
/* What the workers counted, held against what the kernel saw. */
#include <inttypes.h>
#include <stddef.h>

#include "support/oracle_state.h"

const struct worker_config *oracle_config(void)
{
        return &oracle.workers[0].config;
}

uint32_t oracle_open_count(void)
{
        uint32_t open = 0;

        for (uint32_t i = 0; i < oracle.count; i++)
                open += sim_watched(i);
        return open;
}

/* The same figure of all workers together, by where it lies in their counters. */
static uint64_t sum(size_t offset)
{
        uint64_t total = 0;

        for (uint32_t i = 0; i < oracle.count; i++) {
                const unsigned char *counters = (const unsigned char *)oracle.workers[i].counters;
                total += counter_read((const counter *)(const void *)(counters + offset));
        }
        return total;
}
#define SUM(figure) sum(offsetof(struct counters, figure))

void oracle_check_counters(void)
{
        const struct sim_figures *figures = sim_figures();

        if (oracle_open_count() > oracle_config()->max_connections)
                sim_fail("%" PRIu32 " connections are open, %" PRIu32 " are allowed",
                         oracle_open_count(), oracle_config()->max_connections);
        if (SUM(received_bytes) != figures->taken)
                sim_fail("%" PRIu64 " received bytes counted, there were %" PRIu64,
                         SUM(received_bytes), figures->taken);
        if (SUM(sent_bytes) != figures->bytes)
                sim_fail("%" PRIu64 " sent bytes counted, there were %" PRIu64, SUM(sent_bytes),
                         figures->bytes);
        if (SUM(peek_turns) != figures->peeks)
                sim_fail("%" PRIu64 " peek turns counted, there were %" PRIu64, SUM(peek_turns),
                         figures->peeks);
        if (SUM(datagrams_overflowed) != figures->overflows)
                sim_fail("%" PRIu64 " overflows counted, %" PRIu64 " were told of",
                         SUM(datagrams_overflowed), figures->overflows);
        if (figures->herds > 0)
                sim_fail("one connection woke several workers");
}

void oracle_check_counters_of(uint32_t worker, uint32_t owing)
{
        const struct counters *counters = oracle.workers[worker].counters;
        uint64_t parked = counter_read(&counters->parked);

        if (counters_open(counters) != sim_watched(worker))
                sim_fail("%" PRIu64 " connections counted, %" PRIu32 " are open",
                         counters_open(counters), sim_watched(worker));
        if (owing != parked)
                sim_fail("%" PRIu32 " connections owe bytes, %" PRIu64 " are parked", owing,
                         parked);
        if (parked > oracle.workers[worker].config.block_count)
                sim_fail("more connections are parked than there are blocks");
}

/* Nothing is held by nobody. */
static void check_idle(const struct worker *worker)
{
        if (slots_used(&worker->slots) != 0 || spill_used(&worker->pool) != 0)
                sim_fail("a slot or a block is held by nobody");
        if (timers_next(&worker->timers) != UINT64_MAX || !ready_is_empty(&worker->ready))
                sim_fail("a timer or a turn is held by nobody");
}

void oracle_close(void)
{
        uint64_t errors = 0;

        oracle_check_counters();
        for (unsigned end = CONN_OPEN + 1; end < CONN_END_COUNT; end++) {
                uint64_t counted = SUM(closed[end]);
                if (counted < oracle.closed_least[end] || counted > oracle.closed_most[end])
                        sim_fail("%" PRIu64 " closed as %s, there were %" PRIu64 " to %" PRIu64,
                                 counted, counters_closed_name(end), oracle.closed_least[end],
                                 oracle.closed_most[end]);
        }
        for (unsigned why = REFUSED_NONE + 1; why < REFUSED_COUNT; why++)
                if (SUM(refused[why]) != oracle.refused[why])
                        sim_fail("%" PRIu64 " refused as %s, there were %" PRIu64,
                                 SUM(refused[why]), counters_refused_name(why),
                                 oracle.refused[why]);
        for (unsigned kind = 0; kind < ACCEPT_ERROR_COUNT; kind++)
                errors += SUM(accept_errors[kind]);
        if (errors != sim_figures()->accepts[1])
                sim_fail("%" PRIu64 " accept errors counted, there were %" PRIu64, errors,
                         sim_figures()->accepts[1]);
        if (quota_held(oracle_config()->connections) != 0)
                sim_fail("connections are counted that are over");
        if (oracle_config()->admission.sources != NULL &&
            source_check(oracle_config()->admission.sources) != 0)
                sim_fail("a source is charged with connections that are over");
        for (uint32_t i = 0; i < oracle.count; i++)
                check_idle(&oracle.workers[i]);
}
