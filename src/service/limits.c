/* SPDX-License-Identifier: MIT */
#include "service/limits.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

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

int limits_open(struct limits *limits, const struct options *options, uint32_t max_connections,
                uint32_t workers)
{
        uint32_t node_count = max_connections + SOURCE_NODES_PER_THREAD * workers;
        uint32_t chain_count = power_of_two(node_count);
        size_t words_size = LIMITS_BUCKETS * sizeof(bucket_word);
        size_t nodes_size = node_count * sizeof(struct source_node);
        size_t chains_size = chain_count * sizeof(source_word);
        struct siphash_key keys[2];

        memset(limits, 0, sizeof(*limits));
        open_access(limits, options);
        words_size = options->accept_rate > 0 ? words_size : 0;
        if (options->max_connections_per_source == 0)
                nodes_size = chains_size = 0;
        limits->memory_size = words_size + nodes_size + chains_size;
        if (limits->memory_size == 0)
                return 0;
        if (getrandom(keys, sizeof(keys), 0) != sizeof(keys))
                return errno != 0 ? -errno : -EIO;
        limits->memory = sys_reserve(limits->memory_size);
        if (limits->memory == NULL)
                return -ENOMEM;
        /* The words first: they lie on cache lines of their own. */
        unsigned char *words = limits->memory;
        unsigned char *nodes = words + words_size;
        if (words_size > 0)
                bucket_init(&limits->rate, (void *)words, LIMITS_BUCKETS,
                            (uint32_t)options->accept_rate, &keys[0]);
        if (nodes_size > 0)
                source_init(&limits->sources, (void *)nodes, node_count,
                            (void *)(nodes + nodes_size), chain_count, &keys[1]);
        return 0;
}

struct admission limits_admission(struct limits *limits, const struct options *options)
{
        return (struct admission){
                .access = options->network_count > 0 ? &limits->access : NULL,
                .rate = options->accept_rate > 0 ? &limits->rate : NULL,
                .sources = options->max_connections_per_source > 0 ? &limits->sources : NULL,
                .max_per_source = (uint32_t)options->max_connections_per_source,
        };
}

void limits_close(struct limits *limits)
{
        if (limits->memory != NULL)
                (void)sys_unreserve(limits->memory, limits->memory_size);
        limits->memory = NULL;
}
