/* SPDX-License-Identifier: MIT */
#include "support/access_script.h"

#include <endian.h>
#include <string.h>

#include "core/access.h"
#include "core/ensure.h"

enum { ENTRIES = 12, SIZE = 16, BITS = 8 * SIZE, STEP = 3 };

/* An address as it goes over the wire. */
struct address {
        unsigned char bytes[SIZE];
};

struct model_network {
        struct address address;
        unsigned bits;
        bool is_allowed;
};

struct world {
        struct access_entry entries[ENTRIES + 1]; /* the last one is never touched */
        struct access_list list;
        struct model_network networks[ENTRIES];
        unsigned network_count;
        struct address address;
        unsigned bits;
};

static const struct address addresses[] = {
        { { 0 } },
        { { [15] = 1 } },
        { { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
        { { 0x20, 0x01, 0x0d, 0xb8, [8] = 0x80 } },
        { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            0xff, 0xff } },
        /* IPv4 */
        { { [10] = 0xff, [11] = 0xff } },
        { { [10] = 0xff, [11] = 0xff, 10, 0, 0, 1 } },
        { { [10] = 0xff, [11] = 0xff, 192, 0, 2, 129 } },
        { { [10] = 0xff, [11] = 0xff, 255, 255, 255, 255 } },
        /* Nearly. */
        { { [10] = 0xff, [11] = 0xfe, 10, 0, 0, 1 } },
        { { [9] = 1, [10] = 0xff, [11] = 0xff, 10, 0, 0, 1 } },
};
enum { ADDRESSES = sizeof(addresses) / sizeof(addresses[0]) };

static bool bit_of(const struct address *address, unsigned bit)
{
        return (address->bytes[bit / 8] >> (7 - bit % 8) & 1) != 0;
}

static void flip(struct address *address, unsigned bit)
{
        address->bytes[bit / 8] ^= (unsigned char)(1U << (7 - bit % 8));
}

static bool begin_alike(const struct address *a, const struct address *b, unsigned bits)
{
        for (unsigned bit = 0; bit < bits; bit++)
                if (bit_of(a, bit) != bit_of(b, bit))
                        return false;
        return true;
}

static bool is_ipv4(const struct address *address)
{
        return begin_alike(address, &addresses[5], 96);
}

/* What lies around an address: a network of IPv4 if it has the bits for it. */
static bool is_ipv4_network(const struct model_network *network)
{
        return network->bits >= 96 && is_ipv4(&network->address);
}

static bool expected(const struct world *world, const struct address *address)
{
        const struct model_network *best = NULL;
        bool allows_any = false;

        for (unsigned i = 0; i < world->network_count; i++) {
                const struct model_network *network = &world->networks[i];
                allows_any |= network->is_allowed;
                if (is_ipv4_network(network) == is_ipv4(address) &&
                    begin_alike(&network->address, address, network->bits) &&
                    (best == NULL || network->bits > best->bits))
                        best = network;
        }
        return best != NULL ? best->is_allowed : !allows_any;
}

static struct ip ip_of(const struct address *address)
{
        struct in6_addr v6;

        memcpy(v6.s6_addr, address->bytes, SIZE);
        return ip_from_v6(&v6);
}

static void ask(const struct world *world, const struct address *address)
{
        ensure(access_allows(&world->list, ip_of(address)) == expected(world, address));
}

/* The address before or after one of them; after the last comes the first. */
static struct address neighbour(const struct address *address, bool is_after)
{
        struct address next = *address;
        bool carries = true;

        for (unsigned bit = BITS; carries && bit-- > 0;) {
                carries = bit_of(&next, bit) == is_after;
                flip(&next, bit);
        }
        return next;
}

/* Where something may change: the ends of a network, and what lies beyond. */
static void ask_around(const struct world *world, const struct model_network *network)
{
        struct address first = network->address;
        struct address last = network->address;

        for (unsigned bit = network->bits; bit < BITS; bit++) {
                if (bit_of(&first, bit))
                        flip(&first, bit);
                if (!bit_of(&last, bit))
                        flip(&last, bit);
        }
        struct address before = neighbour(&first, false);
        struct address after = neighbour(&last, true);
        ask(world, &first);
        ask(world, &last);
        ask(world, &before);
        ask(world, &after);
}

static enum access_result model_add(struct world *world, bool is_allowed)
{
        for (unsigned i = 0; i < world->network_count; i++) {
                const struct model_network *network = &world->networks[i];
                if (network->bits == world->bits &&
                    begin_alike(&network->address, &world->address, world->bits))
                        return network->is_allowed == is_allowed ? ACCESS_ADDED
                                                                 : ACCESS_CONTRADICTORY;
        }
        if (world->network_count == ENTRIES)
                return ACCESS_FULL;
        world->networks[world->network_count++] = (struct model_network){
                .address = world->address, .bits = world->bits, .is_allowed = is_allowed
        };
        return ACCESS_ADDED;
}

static void add(struct world *world, bool is_allowed)
{
        struct network network = network_around(ip_of(&world->address), world->bits);

        ensure(access_add(&world->list, network, is_allowed) == model_add(world, is_allowed));
        ensure(world->list.count == world->network_count);
        for (unsigned i = 0; i < world->network_count; i++)
                ask_around(world, &world->networks[i]);
}

static void run_event(struct world *world, enum access_script_operation operation,
                      unsigned argument)
{
        switch (operation) {
        case ACCESS_SCRIPT_ADDRESS:
                world->address = addresses[argument % ADDRESSES];
                break;
        case ACCESS_SCRIPT_FLIP:
                flip(&world->address, argument * STEP % BITS);
                break;
        case ACCESS_SCRIPT_LENGTH:
                world->bits = argument < 43 ? argument * STEP : BITS - (argument - 43) % 33;
                break;
        case ACCESS_SCRIPT_ALLOW:
        case ACCESS_SCRIPT_DENY:
                add(world, operation == ACCESS_SCRIPT_ALLOW);
                break;
        case ACCESS_SCRIPT_OPERATIONS:
                break;
        }
}

void access_script_run(const uint8_t *script, size_t size)
{
        struct world world = { .bits = BITS };

        access_init(&world.list, world.entries, ENTRIES);
        for (size_t i = 0; i < size; i++) {
                run_event(&world, script[i] % ACCESS_SCRIPT_OPERATIONS,
                          script[i] / ACCESS_SCRIPT_OPERATIONS);
                ask(&world, &world.address);
        }
        for (unsigned i = 0; i < ADDRESSES; i++)
                ask(&world, &addresses[i]);
        ensure(world.entries[ENTRIES].network.bits == 0);
}
