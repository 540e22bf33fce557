/* SPDX-License-Identifier: MIT */
/*
 * The limits that know who connects, as the options want them: one set for all workers. Memory is
 * reserved for those that are on, and no other.
 */
#pragma once

#include "core/admission.h"
#include "service/options.h"
#include "service/rate.h"

struct limits {
        struct access_entry entries[OPTIONS_NETWORKS_MAX];
        struct access_list access;
        struct rate rate;
        struct source_table sources;
        void *nodes;         /* of the sources, and their chains; NULL = there is no limit */
        size_t sources_size; /* bytes of these */
};

/*
 * For so many connections and workers. 0, and workers may ask *ret_admission until limits_close();
 * or -errno, and nothing is left reserved.
 */
__attribute__((warn_unused_result)) int limits_open(struct limits *limits,
                                                    const struct options *options,
                                                    uint32_t max_connections, uint32_t workers,
                                                    struct admission *ret_admission);

/* After the workers have ended. */
void limits_close(struct limits *limits);
