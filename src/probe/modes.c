/* SPDX-License-Identifier: MIT */
#include "probe/modes.h"

void mode_run(const struct probe_options *options, struct result *result, struct progress *progress)
{
        if (options->target.transport == ADDRESS_UDP) {
                mode_datagram(options, result, progress);
                return;
        }
        switch (options->mode) {
        case PROBE_PING:
        case PROBE_STREAM:
                mode_echo(options, result, progress);
                break;
        case PROBE_CHURN:
                mode_churn(options, result, progress);
                break;
        case PROBE_IDLE:
                mode_idle(options, result, progress);
                break;
        case PROBE_SLOW:
                mode_slow(options, result, progress);
                break;
        }
}
