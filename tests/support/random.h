/* SPDX-License-Identifier: MIT */
/*
 * Random numbers that can be had again (splitmix64). The seed is printed before it is used; SEED in
 * the environment gives it back.
 */
#pragma once

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct random {
        uint64_t state;
};

static inline uint64_t random_next(struct random *random)
{
        random->state += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t mixed = random->state;
        mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
        return mixed ^ mixed >> 31;
}

static inline struct random random_from_environment(void)
{
        const char *text = getenv("SEED");
        struct random random = { .state = text != NULL ? strtoull(text, NULL, 0) : 1 };

        printf("SEED=%" PRIu64 "\n", random.state);
        fflush(stdout);
        return random;
}
