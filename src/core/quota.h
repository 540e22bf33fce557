/* SPDX-License-Identifier: MIT */
/*
 * How many of something all threads of the process hold together: never more than is allowed, and
 * never refused while fewer are held. No lock; zeroed at first, the caller's.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct quota {
        _Alignas(64) _Atomic uint32_t held; /* on a cache line of its own */
};

/* Takes one more if fewer than `most` are held; false when it is not to be had. */
bool quota_take(struct quota *quota, uint32_t most);

/* Gives one back. */
void quota_put(struct quota *quota);

/* How many are held now. */
uint32_t quota_held(const struct quota *quota);
