/* SPDX-License-Identifier: MIT */
/*
 * Of two networks either one contains the other or they have nothing in common, so each has at most
 * one next larger one around it. In the order of the list a network comes after all that contain
 * it; so those that have an address are the last one that begins no later than the address, if it
 * has it, and those around that one.
 */
#include "core/access.h"

#include <string.h>

#include "core/ensure.h"

#define NONE UINT32_MAX

void access_init(struct access_list *list, struct access_entry *entries, uint32_t capacity)
{
        *list = (struct access_list){ .entries = entries, .capacity = capacity };
}

static bool is_before(struct network a, struct network b)
{
        return ip_is_before(a.ip, b.ip) || (ip_is_equal(a.ip, b.ip) && a.bits < b.bits);
}

/* How many of the list come before this one: where it is, or belongs. */
static uint32_t place_of(const struct access_list *list, struct network network)
{
        uint32_t begin = 0;
        uint32_t end = list->count;

        while (begin < end) {
                uint32_t middle = begin + (end - begin) / 2;
                if (is_before(list->entries[middle].network, network))
                        begin = middle + 1;
                else
                        end = middle;
        }
        return begin;
}

/* Whatever contains an entry contains its predecessor, or is it. */
static void link_all(struct access_list *list)
{
        for (uint32_t i = 0; i < list->count; i++) {
                struct access_entry *entry = &list->entries[i];
                uint32_t around = i - 1; /* NONE for the first */
                while (around != NONE &&
                       !network_contains(list->entries[around].network, entry->network))
                        around = list->entries[around].around;
                entry->around = around;
        }
}

enum access_result access_add(struct access_list *list, struct network network, bool is_allowed)
{
        ensure(network.bits <= NETWORK_BITS_MAX);
        ensure(network_is_equal(network_around(network.ip, network.bits), network));
        uint32_t place = place_of(list, network);
        bool is_there =
            place < list->count && network_is_equal(list->entries[place].network, network);

        if (is_there && list->entries[place].is_allowed != is_allowed)
                return ACCESS_CONTRADICTORY;
        if (is_there)
                return ACCESS_ADDED;
        if (list->count == list->capacity)
                return ACCESS_FULL;
        struct access_entry *entry = list->entries + place;
        memmove(entry + 1, entry, (list->count - place) * sizeof(*entry));
        *entry = (struct access_entry){ .network = network, .is_allowed = is_allowed };
        list->count++;
        list->allowed_count += is_allowed;
        link_all(list);
        return ACCESS_ADDED;
}

bool access_allows(const struct access_list *list, struct ip ip)
{
        /* Behind all that begin no later than the address; its own network would be the last. */
        struct network behind = { .ip = ip, .bits = NETWORK_BITS_MAX + 1 };
        uint32_t index = place_of(list, behind) - 1; /* NONE if there is none */

        while (index != NONE && !network_has(list->entries[index].network, ip))
                index = list->entries[index].around;
        return index != NONE ? list->entries[index].is_allowed : list->allowed_count == 0;
}
