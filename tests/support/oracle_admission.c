/* SPDX-License-Identifier: MIT */
#include "support/oracle_admission.h"

#include <string.h>

#include "support/ips.h"

#define SECOND UINT64_C(1000000000)

/* Who shares an owner counts as one. */
static const struct {
        const char *text;
        uint32_t owner;
} sources[ORACLE_SOURCES] = {
        { "192.0.2.2", 0 },   { "192.0.2.3", 1 },   { "198.51.100.1", 2 },
        { "2001:db8::1", 3 }, { "2001:db8::2", 3 }, { "2001:db8:0:1::1", 4 },
};

static struct {
        struct oracle_limits limits;
        /* Of each owner: what its bucket lacked at a time, in tokens * 10^9. */
        uint64_t lack[ORACLE_SOURCES];
        uint64_t at_ns[ORACLE_SOURCES];
        enum counters_refused verdicts[SIM_LINKS_MAX];
} world;

struct ip oracle_source(uint32_t number)
{
        return ips_parse(sources[number].text);
}

/* Who counts: a proxy's client, if it is known. */
static struct ip who(const struct sim_link *link)
{
        bool is_told = link->is_headed && header_has_addresses(link->header.kind);

        return is_told ? link->header.source : link->peer;
}

/* Nobody: a Unix socket's own peer, and a proxy as long as its client is to come. */
static bool is_nobody(const struct sim_link *link)
{
        if (link->is_proxied && !link->is_headed)
                return true;
        return link->is_unix && !(link->is_headed && header_has_addresses(link->header.kind));
}

static uint32_t number_of(const struct sim_link *link)
{
        uint32_t number = 0;

        while (!ip_is_equal(oracle_source(number), who(link)))
                if (++number == ORACLE_SOURCES)
                        sim_fail("a client from nowhere");
        return number;
}

static uint32_t index_of(const struct sim_link *link)
{
        uint32_t index = 0;

        while (sim_link_at((int)index) != link)
                index++;
        return index;
}

void oracle_admission_open(const struct oracle_limits *limits)
{
        memset(&world, 0, sizeof(world));
        world.limits = *limits;
}

static bool has_token(uint32_t owner)
{
        uint64_t rate = world.limits.rate;
        uint64_t passed_ns = sim_now() - world.at_ns[owner];
        uint64_t full = 2 * SECOND * rate;
        uint64_t gained = passed_ns < 2 * SECOND ? passed_ns * rate : full;
        uint64_t *lack = &world.lack[owner];

        *lack = gained < *lack ? *lack - gained : 0;
        world.at_ns[owner] = sim_now();
        if (*lack + SECOND > full)
                return false;
        *lack += SECOND;
        return true;
}

/* Connections that its owner has now. */
static uint32_t count_held(uint32_t owner)
{
        uint32_t held = 0;

        for (int i = 0; i < SIM_LINKS_MAX; i++) {
                const struct sim_link *link = sim_link_at(i);
                if (link != NULL && link->fd >= 0 && link->is_watched && !is_nobody(link) &&
                    world.verdicts[i] == REFUSED_NONE)
                        held += sources[number_of(link)].owner == owner;
        }
        return held;
}

static bool is_denied(uint32_t number)
{
        return (world.limits.denied >> number & 1) != 0;
}

static enum counters_refused judge(const struct sim_link *link)
{
        if (is_nobody(link))
                return REFUSED_NONE;
        uint32_t number = number_of(link);
        uint32_t owner = sources[number].owner;
        if (is_denied(number))
                return REFUSED_ACCESS;
        if (world.limits.rate > 0 && !has_token(owner))
                return REFUSED_RATE;
        if (world.limits.most > 0 && count_held(owner) >= world.limits.most)
                return REFUSED_SOURCE;
        return REFUSED_NONE;
}

void oracle_admission_accepted(const struct sim_link *link)
{
        enum counters_refused why = judge(link);

        if (link->is_proxied && !link->is_unix && is_denied(number_of(link)))
                why = REFUSED_ACCESS;
        world.verdicts[index_of(link)] = why;
}

void oracle_admission_headed(const struct sim_link *link)
{
        uint32_t index = index_of(link);

        /* It holds no place while it is judged. */
        world.verdicts[index] = REFUSED_COUNT;
        world.verdicts[index] = judge(link);
}

enum counters_refused oracle_admission_verdict(const struct sim_link *link)
{
        return world.verdicts[index_of(link)];
}
