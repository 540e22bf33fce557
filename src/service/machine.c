/* SPDX-License-Identifier: MIT */
#include "service/machine.h"

#include <sched.h>
#include <sys/resource.h>

uint32_t machine_usable_cpus(void)
{
        cpu_set_t cpus;

        if (sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
                return 1;
        return (uint32_t)CPU_COUNT(&cpus);
}

uint64_t machine_raise_descriptor_limit(void)
{
        struct rlimit limit = { 0 };

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return UINT64_MAX;
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        return limit.rlim_max;
}
