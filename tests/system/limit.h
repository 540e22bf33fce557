/* SPDX-License-Identifier: MIT */
/*
 * Limits that keep a broken server from hanging the suite for ever. They are generous: no test
 * asks how fast anything is, so none depends on the machine or on what else runs on it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { LIMIT_MS = 30000 };

struct limit {
        uint64_t end_ms; /* monotonic */
};

struct limit limit_start(void);

/* 0 = it is over. */
int limit_left_ms(const struct limit *limit);

/* By the monotonic clock. */
uint64_t limit_now_ms(void);
uint64_t limit_now_us(void);

/* Lets others run for a moment; for what no descriptor tells. */
void limit_pause(void);

/* Waits that long, whatever happens: only to see that nothing does. */
void limit_watch(unsigned ms);
