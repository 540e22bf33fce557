/* SPDX-License-Identifier: MIT */
#include "service/limits.h"

#include <errno.h>
#include <string.h>

#include "core/ensure.h"
#include "shell/sys.h"

static void open_access(struct limits *limits, const struct options *options)
{
        access_init(&limits->access, limits->entries, OPTIONS_NETWORKS_MAX);
        for (uint64_t i = 0; i < options->network_count; i++) {
                const struct options_network *next = &options->networks[i];
                enum access_result result =
                    access_add(&limits->access, next->network, next->is_allowed);
                ensure(result == ACCESS_ADDED);
        }
}

static uint32_t power_of_two(uint32_t least)
{
        uint32_t power = 1;

        while (power < least)
                power *= 2;
        return power;
}

/* As many as can be connected, and what the threads have in their hands. */
static int open_sources(struct limits *limits, uint32_t max_connections, uint32_t workers)
{
        uint32_t node_count = max_connections + SOURCE_NODES_PER_THREAD * workers;
        uint32_t chain_count = power_of_two(node_count);
        size_t nodes_size = node_count * sizeof(struct source_node);
        struct siphash_key key;

        int error = rate_draw_key(&key);
        if (error < 0)
                return error;
        limits->sources_size = nodes_size + chain_count * sizeof(source_word);
        unsigned char *nodes = sys_reserve(limits->sources_size);
        if (nodes == NULL)
                return -ENOMEM;
        limits->nodes = nodes;
        source_init(&limits->sources, (void *)nodes, node_count, (void *)(nodes + nodes_size),
                    chain_count, &key);
        return 0;
}

int limits_open(struct limits *limits, const struct options *options, uint32_t max_connections,
                uint32_t workers, struct admission *ret_admission)
{
        memset(limits, 0, sizeof(*limits));
        open_access(limits, options);
        int error = rate_open(&limits->rate, options->accept_rate);
        if (error == 0 && options->max_connections_per_source > 0)
                error = open_sources(limits, max_connections, workers);
        if (error < 0) {
                rate_close(&limits->rate);
                return error;
        }
        *ret_admission = (struct admission){
                .access = options->network_count > 0 ? &limits->access : NULL,
                .rate = rate_buckets(&limits->rate),
                .sources = limits->nodes != NULL ? &limits->sources : NULL,
                .max_per_source = (uint32_t)options->max_connections_per_source,
        };
        return 0;
}

void limits_close(struct limits *limits)
{
        if (limits->nodes != NULL)
                (void)sys_unreserve(limits->nodes, limits->sources_size);
        limits->nodes = NULL;
        rate_close(&limits->rate);
}
