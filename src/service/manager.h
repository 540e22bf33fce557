/* SPDX-License-Identifier: MIT */
/*
 * The service manager that started this process, if any: what it hands over, and what it is told.
 * It hears of life only when each worker has made a round since it heard last.
 */
#pragma once

#include "service/crew.h"
#include "service/inherited.h"
#include "service/notify.h"
#include "service/watchdog.h"

struct manager {
        struct inherited inherited;
        struct notify notify;
        struct watchdog watchdog;
        uint64_t watchdog_ns; /* its patience; 0 = it does not watch */
};

/*
 * Reads the environment, and forgets it there; takes over the sockets, by which the options'
 * listeners are made what there will be. On failure it says in the log why.
 */
enum exit_code manager_open(struct manager *manager, struct options *options, struct log *log);

/* The workers run. */
void manager_tell_ready(struct manager *manager, const struct options *options, struct crew *crew);

/* So many connections are to finish. */
void manager_tell_stopping(const struct manager *manager, uint64_t open);

/* When manager_turn() is to be called next; UINT64_MAX = never. */
uint64_t manager_next_ns(const struct manager *manager);

/* From main, while the workers run: tells of life, if there is any, and asks for the next sign. */
void manager_turn(struct manager *manager, struct crew *crew);

void manager_close(struct manager *manager);
