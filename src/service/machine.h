/* SPDX-License-Identifier: MIT */
/* What the machine, or who started the process, allows it. */
#pragma once

#include <stdint.h>

/* CPUs that the process may run on; 1 where that cannot be known. */
uint32_t machine_usable_cpus(void);

/* Raises the soft descriptor limit to the hard one; returns that, UINT64_MAX = none is known. */
uint64_t machine_raise_descriptor_limit(void);
