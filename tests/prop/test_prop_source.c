/* SPDX-License-Identifier: MIT */
/* Many sources and connections that come and go, against plain counts. */
#include "core/source.h"
#include "suite.h"
#include "support/random.h"

enum {
        SOURCES = 40,
        CONNECTIONS = 100,
        NODES = CONNECTIONS + SOURCE_NODES_PER_THREAD,
        CHAINS = 16,
        EVENTS = 3000,
        ROUNDS = 100,
};

static struct source_node nodes[NODES];
static source_word chains[CHAINS];
static struct source_table table;

struct connection {
        uint32_t source;
        uint32_t index;
};

static struct connection connections[CONNECTIONS];
static uint32_t connection_count;
static uint32_t held[SOURCES];

/* Addresses of one source differ: every other one is of IPv6. */
static struct ip address_of(uint32_t source, uint64_t bits)
{
        uint64_t v4 = UINT64_C(0xffff) << 32 | (UINT64_C(10) << 24) | source;

        return source % 2 == 0
                   ? (struct ip){ .low = v4 }
                   : (struct ip){ .high = UINT64_C(0x20010db8) << 32 | source, .low = bits };
}

/* False if it was decided otherwise than by counting. */
static bool open_one(struct random *random)
{
        /* Some sources come more often. */
        uint64_t number = random_next(random);
        uint32_t source = (uint32_t)(number % (1 + (number >> 32) % SOURCES));
        uint32_t most = 1 + (uint32_t)(random_next(random) % 8);
        struct connection *connection = &connections[connection_count];
        struct ip ip = address_of(source, random_next(random));
        bool is_taken = source_take(&table, ip, most, &connection->index);

        if (is_taken != (held[source] < most))
                return false;
        for (uint32_t i = 0; is_taken && i < connection_count; i++)
                if ((connections[i].index == connection->index) !=
                    (connections[i].source == source))
                        return false;
        connection->source = source;
        connection_count += is_taken;
        held[source] += is_taken;
        return true;
}

static void close_one(struct random *random)
{
        uint32_t closed = (uint32_t)(random_next(random) % connection_count);

        held[connections[closed].source]--;
        source_put(&table, connections[closed].index);
        connections[closed] = connections[--connection_count];
}

static uint32_t source_count(void)
{
        uint32_t count = 0;

        for (uint32_t i = 0; i < SOURCES; i++)
                count += held[i] > 0;
        return count;
}

START_TEST(sources_have_what_plain_counts_say)
{
        struct random random = random_from_environment();

        for (unsigned round = 0; round < ROUNDS; round++) {
                struct siphash_key key = { { random_next(&random), random_next(&random) } };
                uint32_t chain_count = UINT32_C(1) << round % 5;
                source_init(&table, nodes, NODES, chains, chain_count, &key);
                for (unsigned event = 0; event < EVENTS; event++) {
                        /* Fuller and emptier by turns. */
                        bool fills = random_next(&random) % 8 < (event / 500 % 2 == 0 ? 6 : 2);
                        if (fills && connection_count < CONNECTIONS && !open_one(&random))
                                ck_abort_msg("round %u, event %u", round, event);
                        if (!fills && connection_count > 0)
                                close_one(&random);
                        if (event % 100 == 0 && source_check(&table) != source_count())
                                ck_abort_msg("round %u, event %u", round, event);
                }
                while (connection_count > 0)
                        close_one(&random);
                ck_assert_uint_eq(source_check(&table), 0);
        }
}
END_TEST

int main(void)
{
        const TTest *const tests[] = { sources_have_what_plain_counts_say };

        return SUITE_RUN("prop source", tests);
}
