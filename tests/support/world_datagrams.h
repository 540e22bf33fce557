/* SPDX-License-Identifier: MIT */
/* A world's UDP: listeners and their rules are drawn, and who sends to them. */
#pragma once

#include "shell/worker.h"
#include "support/choice.h"

/* Most listeners of a world; each is a socket of each worker. */
enum { WORLD_RECEIVERS_MAX = 2 };

/* Draws what there will be; `are_many` = there are listeners, and nothing but bulk is sent. */
void world_datagrams_draw(struct choice *choice, bool are_many);

/* How many listeners; 0 = none, and nothing else here may be called. */
uint32_t world_datagrams_receivers(void);

/* Opens the listeners, and has the workers answer there; after oracle_open(). */
void world_datagrams_open(struct worker *workers, uint32_t count);
