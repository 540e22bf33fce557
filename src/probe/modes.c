/* SPDX-License-Identifier: MIT */
#include "probe/modes.h"

void mode_run(const struct probe_options *options, struct result *result)
{
        if (options->target.transport == ADDRESS_UDP) {
                mode_datagram(options, result);
                return;
        }
        switch (options->mode) {
        case PROBE_PING:
        case PROBE_STREAM:
                mode_echo(options, result);
                break;
        case PROBE_CHURN:
                mode_churn(options, result);
                break;
        case PROBE_IDLE:
                mode_idle(options, result);
                break;
        case PROBE_SLOW:
                mode_slow(options, result);
                break;
        }
}
