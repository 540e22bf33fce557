/* SPDX-License-Identifier: MIT */
/*
 * The limits that know who connects, as the options want them: one set for all workers. Memory is
 * reserved for those that are on, and no other.
 */
#pragma once

#include "core/admission.h"
#include "service/options.h"

/* Sources that are short of tokens at once, before the accept rate weakens: 128 KiB. */
enum { LIMITS_BUCKETS = 16384 };

struct limits {
        struct access_entry entries[OPTIONS_NETWORKS_MAX];
        struct access_list access;
        struct bucket_table rate;
        struct source_table sources;
        void *memory; /* NULL = none is needed */
        size_t memory_size;
};

/* For so many connections and workers; 0, or -errno and nothing is left reserved. */
__attribute__((warn_unused_result)) int limits_open(struct limits *limits,
                                                    const struct options *options,
                                                    uint32_t max_connections, uint32_t workers);

/* What workers ask; borrowed until limits_close(). */
struct admission limits_admission(struct limits *limits, const struct options *options);

/* After the workers have ended. */
void limits_close(struct limits *limits);
