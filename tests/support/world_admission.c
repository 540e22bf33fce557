/* SPDX-License-Identifier: MIT */
#include "support/world_admission.h"

#include "core/ensure.h"
#include "support/oracle_admission.h"

enum { BUCKETS = 32 * BUCKET_WAYS, NODES = 64, CHAINS = 2 };

static const struct siphash_key key = { { 862, 7 } };

static struct {
        struct access_entry entries[ORACLE_SOURCES];
        struct access_list access;
        _Alignas(64) bucket_word words[BUCKETS];
        struct bucket_table rate;
        struct source_node nodes[NODES];
        source_word chains[CHAINS]; /* few: they are long, then */
        struct source_table sources;
} world;

static void deny(uint32_t denied)
{
        access_init(&world.access, world.entries, ORACLE_SOURCES);
        for (uint32_t i = 0; i < ORACLE_SOURCES; i++) {
                struct network network = { oracle_source(i), NETWORK_BITS_MAX };
                if ((denied >> i & 1) != 0)
                        ensure(access_add(&world.access, network, false) == ACCESS_ADDED);
        }
}

#define ONE_OF(array) ((array)[choice_below(choice, sizeof(array) / sizeof((array)[0]))])

struct admission world_admission_draw(struct choice *choice)
{
        static const uint32_t denied[] = { 0, 0, 1 << 1, 1 << 2 | 1 << 4 };
        static const uint32_t rates[] = { 0, 0, 2, 20 };
        static const uint32_t most[] = { 0, 1, 2, 5 };
        struct oracle_limits limits = { 0 };

        if (choice_below(choice, 2) == 1)
                limits = (struct oracle_limits){ ONE_OF(denied), ONE_OF(rates), ONE_OF(most) };
        oracle_admission_open(&limits);
        deny(limits.denied);
        if (limits.rate > 0)
                bucket_init(&world.rate, world.words, BUCKETS, limits.rate, &key);
        source_init(&world.sources, world.nodes, NODES, world.chains, CHAINS, &key);
        return (struct admission){
                .access = limits.denied != 0 ? &world.access : NULL,
                .rate = limits.rate > 0 ? &world.rate : NULL,
                .sources = limits.most > 0 ? &world.sources : NULL,
                .max_per_source = limits.most,
        };
}
