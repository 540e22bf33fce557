/* SPDX-License-Identifier: MIT */
/*
 * Threads of which one runs at a time, as a schedule wants it: so what races at full speed happens
 * here on purpose, again and again the same. lockstep_step() comes before each access to what the
 * threads share; there the schedule may let another one go on.
 */
#pragma once

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

#include "core/ensure.h"
#include "support/random.h"

enum { LOCKSTEP_THREADS_MAX = 3, LOCKSTEP_SWITCHES_MAX = 4, LOCKSTEP_STEPS_MAX = 4096 };

/* From this step on, that thread; if it has not ended. */
struct lockstep_switch {
        uint32_t step;
        uint32_t thread;
};

struct lockstep_schedule {
        struct lockstep_switch switches[LOCKSTEP_SWITCHES_MAX];
        uint32_t switch_count;
        struct random *random; /* if not NULL, it decides instead, at one of 2^rarity steps */
        uint32_t rarity;
};

struct lockstep {
        void (*body)(uint32_t thread);
        uint32_t thread_count;
        const struct lockstep_schedule *schedule;
        uint32_t step;
        uint32_t next_switch;
        bool has_ended[LOCKSTEP_THREADS_MAX];
        bool is_over;
        pthread_t threads[LOCKSTEP_THREADS_MAX];
        sem_t turns[LOCKSTEP_THREADS_MAX];
        sem_t all_ended;
};

static struct lockstep lockstep;

/* Which of the threads this is; none outside of a run. */
static _Thread_local uint32_t lockstep_self = LOCKSTEP_THREADS_MAX;

static inline void lockstep_wait(sem_t *semaphore)
{
        while (sem_wait(semaphore) != 0)
                continue;
}

static inline uint32_t lockstep_choose(void)
{
        const struct lockstep_schedule *schedule = lockstep.schedule;
        uint32_t chosen = lockstep_self;

        if (schedule->random != NULL) {
                uint64_t number = random_next(schedule->random);
                if (number >> (64 - schedule->rarity) == 0)
                        chosen = (uint32_t)(number % lockstep.thread_count);
        } else if (lockstep.next_switch < schedule->switch_count &&
                   schedule->switches[lockstep.next_switch].step == lockstep.step) {
                chosen = schedule->switches[lockstep.next_switch++].thread;
        }
        return lockstep.has_ended[chosen] ? lockstep_self : chosen;
}

/* An access to shared memory comes next. */
static inline void lockstep_step(void)
{
        if (lockstep_self == LOCKSTEP_THREADS_MAX)
                return;
        ensure(++lockstep.step < LOCKSTEP_STEPS_MAX);
        uint32_t chosen = lockstep_choose();
        if (chosen == lockstep_self)
                return;
        sem_post(&lockstep.turns[chosen]);
        lockstep_wait(&lockstep.turns[lockstep_self]);
}

static inline void lockstep_end(void)
{
        uint32_t next = 0;

        lockstep.has_ended[lockstep_self] = true;
        while (next < lockstep.thread_count && lockstep.has_ended[next])
                next++;
        sem_post(next < lockstep.thread_count ? &lockstep.turns[next] : &lockstep.all_ended);
}

static inline void *lockstep_live(void *argument)
{
        lockstep_self = (uint32_t)(uintptr_t)argument;
        for (;;) {
                lockstep_wait(&lockstep.turns[lockstep_self]);
                if (lockstep.is_over)
                        return NULL;
                lockstep.body(lockstep_self);
                lockstep_end();
        }
}

/* All on one CPU: they never run at once, and to wake another one is cheaper there. */
static inline void lockstep_begin(uint32_t thread_count, void (*body)(uint32_t thread))
{
        cpu_set_t one;

        CPU_ZERO(&one);
        CPU_SET((unsigned)sched_getcpu(), &one);
        (void)sched_setaffinity(0, sizeof(one), &one);
        lockstep.body = body;
        lockstep.thread_count = thread_count;
        lockstep.is_over = false;
        ensure(sem_init(&lockstep.all_ended, 0, 0) == 0);
        for (uint32_t i = 0; i < thread_count; i++) {
                ensure(sem_init(&lockstep.turns[i], 0, 0) == 0);
                ensure(pthread_create(&lockstep.threads[i], NULL, lockstep_live,
                                      (void *)(uintptr_t)i) == 0);
        }
}

/* Runs each body once; returns how many steps that took. */
static inline uint32_t lockstep_run(const struct lockstep_schedule *schedule)
{
        lockstep.schedule = schedule;
        lockstep.step = 0;
        lockstep.next_switch = 0;
        for (uint32_t i = 0; i < lockstep.thread_count; i++)
                lockstep.has_ended[i] = false;
        sem_post(&lockstep.turns[0]);
        lockstep_wait(&lockstep.all_ended);
        return lockstep.step;
}

static inline void lockstep_finish(void)
{
        lockstep.is_over = true;
        for (uint32_t i = 0; i < lockstep.thread_count; i++) {
                sem_post(&lockstep.turns[i]);
                ensure(pthread_join(lockstep.threads[i], NULL) == 0);
                ensure(sem_destroy(&lockstep.turns[i]) == 0);
        }
        ensure(sem_destroy(&lockstep.all_ended) == 0);
}
