/* SPDX-License-Identifier: MIT */
#include "service/watchdog.h"

/* Nobody can hold a shorter one, and looking must not be all that is done. */
static const uint64_t period_least_ns = 1000000;

void watchdog_init(struct watchdog *watchdog)
{
        watchdog_start(watchdog, 0, 0);
}

static uint64_t later(uint64_t ns, uint64_t by_ns)
{
        return by_ns < UINT64_MAX - ns ? ns + by_ns : UINT64_MAX;
}

void watchdog_start(struct watchdog *watchdog, uint64_t timeout_ns, uint64_t now_ns)
{
        uint64_t period_ns = timeout_ns > 0 ? timeout_ns / WATCHDOG_LOOKS : UINT64_MAX;

        watchdog->period_ns = period_ns > period_least_ns ? period_ns : period_least_ns;
        watchdog->next_ns = later(now_ns, watchdog->period_ns);
}

bool watchdog_is_due(struct watchdog *watchdog, uint64_t now_ns)
{
        if (now_ns < watchdog->next_ns)
                return false;
        watchdog->next_ns = later(now_ns, watchdog->period_ns);
        return true;
}
