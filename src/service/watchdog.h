/* SPDX-License-Identifier: MIT */
/*
 * When to look whether all workers still make rounds, for a service manager that ends a process
 * which gives no sign of life. Pure: time is an argument.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Looks within the manager's timeout: a worker may be late for three of them. */
enum { WATCHDOG_LOOKS = 4 };

struct watchdog {
        uint64_t period_ns;
        uint64_t next_ns; /* when to look; UINT64_MAX = never */
};

/* Nobody watches. */
void watchdog_init(struct watchdog *watchdog);

/* From now on; a timeout of 0 = nobody watches. */
void watchdog_start(struct watchdog *watchdog, uint64_t timeout_ns, uint64_t now_ns);

/* True when it is time to look; then the next time is one period from now. */
bool watchdog_is_due(struct watchdog *watchdog, uint64_t now_ns);
