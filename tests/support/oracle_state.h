/* SPDX-License-Identifier: MIT */
/* The oracle's insides: for oracle*.c alone. */
#pragma once

#include "support/oracle.h"

struct oracle {
        const struct worker *workers;
        uint32_t count;
        bool is_closing;
        uint64_t closed_least[CONN_END_COUNT];
        uint64_t closed_most[CONN_END_COUNT];
        uint64_t refused[REFUSED_COUNT];
        uint64_t refused_step; /* the latest round in which the kernel would not watch a socket */
        uint64_t faults;       /* as of the previous round */
        uint32_t waited[SIM_LINKS_MAX];
};

extern struct oracle oracle;

/* What all workers have in common. */
const struct worker_config *oracle_config(void);
/* Connections of all workers. */
uint32_t oracle_open_count(void);
/* What all workers counted is what the kernel saw. */
void oracle_check_counters(void);
/* The same of one worker, whose connections owe bytes in that number. */
void oracle_check_counters_of(uint32_t worker, uint32_t owing);

/* Of datagrams, as of what sim_watcher tells and as of the oracle's own calls. */
void oracle_datagrams_close(void);
void oracle_datagrams_step(uint32_t worker, bool has_faults);
void oracle_datagrams_sleep(uint32_t worker);
void oracle_datagram_ends(const struct sim_received *received);
void oracle_receiver_closes(uint32_t worker, const struct sim_receiver *receiver);
