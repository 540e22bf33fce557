/* SPDX-License-Identifier: MIT */
/*
 * Who may use the server: networks that are allowed and networks that are denied. The longest one
 * that has the address decides, in whatever order they were added. Whom none has may come as long
 * as nothing is allowed by name: who lists the networks to be served means these and no others,
 * and who wants all others but some lists 0.0.0.0/0 and ::/0 too.
 *
 * A list is built by one thread; then any number may ask, at about log2(count) steps a question.
 * The caller owns the memory. All zero = empty, for ever.
 */
#pragma once

#include "core/network.h"

enum access_result {
        ACCESS_ADDED,         /* or it was there before, alike */
        ACCESS_CONTRADICTORY, /* the same network is allowed and denied; nothing was added */
        ACCESS_FULL,          /* no room; nothing was added */
};

/* Private to access. */
struct access_entry {
        struct network network;
        uint32_t around; /* the longest other one that contains it */
        bool is_allowed;
};

struct access_list {
        struct access_entry *entries; /* in the order of their addresses, the longer ones later */
        uint32_t capacity;
        uint32_t count;
        uint32_t allowed_count;
};

/* `entries` has room for `capacity` networks and stays the caller's. */
void access_init(struct access_list *list, struct access_entry *entries, uint32_t capacity);

/* No bit of the network may be set behind its length. Takes time in proportion to the list. */
enum access_result access_add(struct access_list *list, struct network network, bool is_allowed);

bool access_allows(const struct access_list *list, struct ip ip);
