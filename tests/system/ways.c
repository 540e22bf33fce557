/* SPDX-License-Identifier: MIT */
#include "ways.h"

#include <check.h>

/* In the order of their listeners. */
static const enum way singles[] = { WAY_IP4, WAY_ALL_IP4, WAY_IP6, WAY_ALL_IP6 };

enum { SINGLES = sizeof(singles) / sizeof(singles[0]) };

static void find_places(struct ways *ways)
{
        const struct server *server = &ways->server;

        ways->ports[WAY_ANY_IP4] = server_port(server, 0);
        ways->ports[WAY_ANY_IP6] = server_port(server, 0);
        for (unsigned i = 0; i < SINGLES && ways_has(singles[i]); i++)
                ways->ports[singles[i]] = server_port(server, 1 + i);
        for (enum way way = 0; way < WAY_COUNT; way++)
                ways->places[way] =
                    ways_is_ip6(way) ? place_ip6(ways->ports[way]) : place_ip4(ways->ports[way]);
}

void ways_open(struct ways *ways, const char *const *arguments)
{
        const char *words[PROCESS_ARGUMENTS_MAX] = { "udp:127.0.0.1:0", "udp:0.0.0.0:0" };
        unsigned count = 2;

        if (place_has_ip6()) {
                words[count++] = "udp:[::1]:0";
                words[count++] = "udp:[::]:0";
        }
        words[count++] = "--workers=2";
        words[count++] = "--udp-rate=0";
        for (unsigned i = 0; arguments != NULL && arguments[i] != NULL; i++) {
                ck_assert_uint_lt(count + 1, PROCESS_ARGUMENTS_MAX);
                words[count++] = arguments[i];
        }
        server_start_at(&ways->server, "udp:*:0", words);
        find_places(ways);
}

bool ways_is_ip6(enum way way)
{
        return way == WAY_IP6 || way == WAY_ANY_IP6 || way == WAY_ALL_IP6;
}

bool ways_has(enum way way)
{
        return !ways_is_ip6(way) || place_has_ip6();
}

uint32_t ways_most(enum way way)
{
        return ways_is_ip6(way) ? DATAGRAM_MOST_IP6 : DATAGRAM_MOST_IP4;
}
