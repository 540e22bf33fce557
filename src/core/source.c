/* SPDX-License-Identifier: MIT */
/*
 * A word is 32 bits of version, which grows with every change of what the word leads to, and 32
 * bits of content. So whoever finds a word as it was may be sure that it was so all the time: no
 * thread sleeps while there are 2^32 changes.
 *
 * A link leads to a node, by its index plus one, or nowhere. A node comes into a chain at its end,
 * and leaves it in two steps: its own link is marked, so that nothing can be put behind it; then
 * the link to it is led past it. Whoever comes across a node that has to leave does what is
 * missing, and who takes the second step has it.
 *
 * A node's number of connections falls to zero once: then it has to leave, and a source that comes
 * back meanwhile gets another node. Its version grows when the node comes into a chain again.
 *
 * A node is looked at while the link to it is what it was: if it still is afterwards, what was seen
 * was true of that node in that place. All accesses are in one order for all threads (seq_cst).
 */
#include "core/source.h"

#include "core/ensure.h"

#define MARK (UINT32_C(1) << 31)

static uint32_t content_of(uint64_t word)
{
        return (uint32_t)word;
}

/* The next version of a word, with another content. */
static uint64_t follow(uint64_t word, uint32_t content)
{
        return ((word >> 32) + 1) << 32 | content;
}

static bool replace(source_word *word, uint64_t seen, uint64_t value)
{
        return atomic_compare_exchange_strong(word, &seen, value);
}

/* Where a link leads, as a link to there has it: without the mark. */
static uint32_t target_of(uint64_t link)
{
        return content_of(link) & ~MARK;
}

static bool is_marked(uint64_t link)
{
        return (content_of(link) & MARK) != 0;
}

static struct source_node *node_of(const struct source_table *table, uint32_t target)
{
        return &table->nodes[target - 1];
}

void source_init(struct source_table *table, struct source_node *nodes, uint32_t node_count,
                 source_word *chains, uint32_t chain_count, const struct siphash_key *key)
{
        ensure(node_count > 0 && node_count <= SOURCE_NODES_MAX);
        ensure(chain_count > 0 && (chain_count & (chain_count - 1)) == 0);
        *table = (struct source_table){
                .nodes = nodes,
                .chains = chains,
                .node_count = node_count,
                .chain_mask = chain_count - 1,
                .key = *key,
        };
        for (uint32_t i = 0; i < node_count; i++) {
                atomic_init(&nodes[i].next, i + 1 < node_count ? i + 2 : 0);
                atomic_init(&nodes[i].held, 0);
                atomic_init(&nodes[i].high, 0);
                atomic_init(&nodes[i].low, 0);
        }
        for (uint32_t i = 0; i < chain_count; i++)
                atomic_init(&chains[i], 0);
        atomic_init(&table->free, 1);
}

/* Gives back a node that nobody else has. */
static void release(struct source_table *table, uint32_t target)
{
        struct source_node *node = node_of(table, target);
        uint64_t first;

        do {
                first = atomic_load(&table->free);
                atomic_store(&node->next, follow(atomic_load(&node->next), target_of(first)));
        } while (!replace(&table->free, first, follow(first, target)));
}

/* A node that nobody else has, with the first connection of a source. */
static uint32_t obtain(struct source_table *table, struct ip prefix)
{
        struct source_node *node;
        uint64_t first;
        uint64_t next;

        do {
                first = atomic_load(&table->free);
                ensure(target_of(first) != 0);
                node = node_of(table, target_of(first));
                next = atomic_load(&node->next);
        } while (!replace(&table->free, first, follow(first, target_of(next))));
        atomic_store(&node->next, follow(next, 0));
        atomic_store(&node->high, prefix.high);
        atomic_store(&node->low, prefix.low);
        atomic_store(&node->held, follow(atomic_load(&node->held), 1));
        return target_of(first);
}

static struct ip prefix_of(const struct source_node *node)
{
        return (struct ip){ .high = atomic_load(&node->high), .low = atomic_load(&node->low) };
}

static source_word *chain_of(const struct source_table *table, struct ip prefix)
{
        struct siphash hash;

        siphash_begin(&hash, &table->key);
        siphash_word(&hash, prefix.high);
        siphash_word(&hash, prefix.low);
        return &table->chains[siphash_end(&hash, NULL, 0) & table->chain_mask];
}

/* A link of a chain, and what it leads to. */
struct place {
        source_word *link;
        uint64_t seen; /* what the link was; not marked */
        uint64_t held; /* what the node there had */
};

static struct place beginning_of(source_word *chain)
{
        return (struct place){ .link = chain, .seen = atomic_load(chain) };
}

/* Takes a node that has to leave out of its chain, unless somebody else changes something there. */
static void take_out(struct source_table *table, const struct place *place, uint64_t next)
{
        struct source_node *node = node_of(table, target_of(place->seen));

        if (!is_marked(next) && !replace(&node->next, next, follow(next, target_of(next) | MARK)))
                return;
        if (replace(place->link, place->seen, follow(place->seen, target_of(next))))
                release(table, target_of(place->seen));
}

/*
 * The place of the source's node, or the end of its chain. Nothing that has to leave is left in
 * front of it. Each time it begins again, some other thread has got something done, or this one.
 */
static struct place find(struct source_table *table, source_word *chain, struct ip prefix)
{
        struct place place = beginning_of(chain);

        while (target_of(place.seen) != 0) {
                struct source_node *node = node_of(table, target_of(place.seen));
                struct ip whose = prefix_of(node);
                uint64_t held = atomic_load(&node->held);
                uint64_t next = atomic_load(&node->next);
                if (atomic_load(place.link) != place.seen) {
                        place = beginning_of(chain);
                } else if (content_of(held) == 0 || is_marked(next)) {
                        take_out(table, &place, next);
                        place = beginning_of(chain);
                } else if (ip_is_equal(whose, prefix)) {
                        place.held = held;
                        break;
                } else {
                        place = (struct place){ .link = &node->next, .seen = next };
                }
        }
        return place;
}

bool source_take(struct source_table *table, struct ip ip, uint32_t most, uint32_t *ret_index)
{
        struct ip prefix = ip_prefix(ip);
        source_word *chain = chain_of(table, prefix);
        uint32_t spare = 0;
        uint32_t taken = 0;

        ensure(most > 0);
        while (taken == 0) {
                struct place place = find(table, chain, prefix);
                uint32_t target = target_of(place.seen);
                if (target != 0 && content_of(place.held) >= most)
                        break;
                if (target != 0) {
                        if (replace(&node_of(table, target)->held, place.held, place.held + 1))
                                taken = target;
                        continue;
                }
                if (spare == 0)
                        spare = obtain(table, prefix);
                if (replace(place.link, place.seen, follow(place.seen, spare))) {
                        taken = spare;
                        spare = 0;
                }
        }
        if (spare != 0)
                release(table, spare);
        if (taken == 0)
                return false;
        *ret_index = taken - 1;
        return true;
}

void source_put(struct source_table *table, uint32_t index)
{
        ensure(index < table->node_count);
        struct source_node *node = &table->nodes[index];
        struct ip prefix = prefix_of(node);
        uint32_t held = content_of(atomic_fetch_sub(&node->held, 1));

        ensure(held > 0);
        if (held == 1)
                (void)find(table, chain_of(table, prefix), prefix);
}

/* Whether a node is where a chain, or the list of free ones, may have it. */
static bool is_in_place(const struct source_table *table, const struct source_node *node,
                        const source_word *begin)
{
        if (begin == &table->free)
                return true;
        return content_of(atomic_load(&node->held)) > 0 &&
               chain_of(table, prefix_of(node)) == begin;
}

/* How many nodes there are from a link on. */
static uint32_t check_list(const struct source_table *table, const source_word *begin)
{
        uint32_t count = 0;

        for (uint64_t link = atomic_load(begin); content_of(link) != 0; count++) {
                ensure(content_of(link) <= table->node_count); /* and so it has no mark */
                ensure(count < table->node_count);
                ensure(is_in_place(table, node_of(table, target_of(link)), begin));
                link = atomic_load(&node_of(table, target_of(link))->next);
        }
        return count;
}

uint32_t source_check(const struct source_table *table)
{
        uint32_t count = 0;

        for (uint32_t i = 0; i <= table->chain_mask; i++)
                count += check_list(table, &table->chains[i]);
        ensure(count + check_list(table, &table->free) == table->node_count);
        return count;
}
