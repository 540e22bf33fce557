/* SPDX-License-Identifier: MIT */
/*
 * What a run does, one function a mode. Each runs to its end, fills *result, which was cleared, and
 * looks at the clock itself.
 */
#pragma once

#include "probe/options.h"
#include "probe/result.h"

/* Messages there and back on connections that stay: PROBE_PING and PROBE_STREAM. */
void mode_echo(const struct probe_options *options, struct result *result);

/* Connect, one message, close, and again. */
void mode_churn(const struct probe_options *options, struct result *result);

/* Connections that say nothing for the time given, and then one message each. */
void mode_idle(const struct probe_options *options, struct result *result);

/* A bad peer: sends what the server takes, and reads a message's size every 100 ms. */
void mode_slow(const struct probe_options *options, struct result *result);

/* The same as mode_echo(), of datagrams. */
void mode_datagram(const struct probe_options *options, struct result *result);

/* The one that the options name. */
void mode_run(const struct probe_options *options, struct result *result);
