/* SPDX-License-Identifier: MIT */
/*
 * The schedule of an open loop: message `number`, of all connections together, is due at a time
 * that no answer can move. A latency is counted from there, so a server that stalls cannot make the
 * client wait kindly with it ("coordinated omission"). Nothing is stored; times are monotonic ns.
 */
#pragma once

#include <stdint.h>

struct pace {
        uint64_t start_ns;
        uint64_t rate; /* messages a second, 1 to 10^9; 0 = a closed loop: never asked */
};

/* When that message is due; the first is number 0. UINT64_MAX if that is beyond all time. */
uint64_t pace_due(const struct pace *pace, uint64_t number);

/* How many messages are due by then: those with pace_due() <= now_ns. */
uint64_t pace_count(const struct pace *pace, uint64_t now_ns);
