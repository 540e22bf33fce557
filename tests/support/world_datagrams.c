/* SPDX-License-Identifier: MIT */
#include "support/world_datagrams.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "shell/listener.h"
#include "support/ips.h"
#include "support/oracle.h"
#include "support/senders.h"
#include "support/sim.h"

enum {
        WORKERS_MAX = SIM_POLLS_MAX,
        WORDS = 32 * BUCKET_WAYS, /* no set of it has more sources than it holds */
        GUARD_SETS = REFLECTOR_GUARD_ENTRIES / LOOP_GUARD_WAYS,
};

static const struct siphash_key key = { { 862, 7 } };

/* Where a server listens. */
static const struct {
        const char *text;
        bool is_dual;
} places[] = { { "0.0.0.0", false },
               { "::", true },
               { "::", false },
               { "127.0.0.1", false },
               { "::1", false } };
enum { PLACE_COUNT = sizeof(places) / sizeof(places[0]) };

static struct {
        struct choice *choice;
        uint32_t count;
        struct oracle_rules oracle;
        struct senders_settings senders;
        struct datagram_rules rules;
        struct bucket_table buckets;
        struct ip own[MODEL_ADDRESSES];
        struct ip broadcasts[1];
        _Alignas(64) bucket_word words[WORDS];
} world;

static uint32_t below(uint32_t limit)
{
        return choice_below(world.choice, limit);
}

static void draw_senders(bool are_many)
{
        static const uint32_t sizes[] = { 1500, 65507, 100, 9000 };
        uint32_t all = (UINT32_C(1) << senders_part_count()) - 1;

        world.senders = (struct senders_settings){
                .count = SENDERS_MAX - below(SENDERS_MAX),
                .size_max = are_many ? 256 : sizes[below(4)],
                .parts = below(4) == 0 ? UINT32_MAX : 1 + below(all),
                .is_repeating = world.oracle.model.has_guard,
                .port_count = world.count,
        };
        if (are_many)
                world.senders.parts |= UINT32_C(1) << SENDERS_FLOOD;
}

void world_datagrams_draw(struct choice *choice, bool are_many)
{
        static const uint32_t counts[] = { 0, 1, 1, 2 };
        static const uint32_t rates[] = { MODEL_RATES, MODEL_RATES, 0, 1 };

        memset(&world, 0, sizeof(world));
        world.choice = choice;
        world.count = counts[are_many ? 1 + below(3) : below(4)];
        if (world.count == 0)
                return;
        world.oracle = (struct oracle_rules){
                .model = { .rate = rates[below(4)],
                           .grants_low_ports = below(2) == 1,
                           .has_guard = below(2) == 1 },
                .guard_sets = GUARD_SETS,
                .sizes = senders_sizes,
        };
        if (world.oracle.model.has_guard)
                world.oracle.guard_key = &key;
        draw_senders(are_many);
}

uint32_t world_datagrams_receivers(void)
{
        return world.count;
}

static void make_rules(void)
{
        const struct model_rules *model = &world.oracle.model;

        world.rules = (struct datagram_rules){
                .ports = model_own_ports,
                .port_count = MODEL_OWN_PORTS,
                .grants_low_ports = model->grants_low_ports,
        };
        ip_set_init(&world.rules.own, world.own, MODEL_ADDRESSES);
        ip_set_init(&world.rules.broadcasts, world.broadcasts, 1);
        for (unsigned i = 0; i < MODEL_ADDRESSES; i++)
                if (model_addresses[i].kind == MODEL_OWN)
                        ensure(ip_set_add(&world.rules.own, ips_parse(model_addresses[i].text)));
        ensure(ip_set_add(&world.rules.broadcasts, ips_parse("192.0.2.255")));
        if (model->rate == MODEL_RATES)
                return;
        bucket_init(&world.buckets, world.words, WORDS, model_rates[model->rate], &key);
        world.rules.buckets = &world.buckets;
}

/* The address in text, as sockets have it; its size. */
static uint32_t name(const char *text, uint16_t port, struct sockaddr_in6 *ret_name)
{
        struct sockaddr_in *name4 = (struct sockaddr_in *)(void *)ret_name;

        *ret_name = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
        if (inet_pton(AF_INET6, text, &ret_name->sin6_addr) == 1)
                return sizeof(*ret_name);
        ret_name->sin6_family = AF_INET;
        ensure(inet_pton(AF_INET, text, &name4->sin_addr) == 1);
        return sizeof(*name4);
}

static void open_receiver(struct worker *workers, uint32_t count, uint16_t port)
{
        uint32_t place = below(PLACE_COUNT);
        struct sockaddr_in6 address;
        struct listener_setup setup = { .is_datagram = true,
                                        .address = (const struct sockaddr *)&address,
                                        .is_dual = places[place].is_dual };
        int fds[WORKERS_MAX];

        setup.address_size = name(places[place].text, port, &address);
        if (listener_open(&setup, fds, count) < 0)
                sim_fail("no UDP socket can be opened");
        for (uint32_t i = 0; i < count; i++) {
                const struct reflector_setup reflector = {
                        .fd = fds[i],
                        .is_wildcard = listener_is_wildcard(setup.address),
                        .address = ips_parse(places[place].text),
                        .guard_key = world.oracle.guard_key,
                        .rules = &world.rules,
                };
                if (worker_reflect(&workers[i], &reflector) < 0)
                        sim_fail("a worker does not answer");
        }
}

void world_datagrams_open(struct worker *workers, uint32_t count)
{
        make_rules();
        for (uint32_t i = 0; i < world.count; i++)
                open_receiver(workers, count, model_own_ports[i].number);
        oracle_datagrams_open(&world.oracle);
        senders_open(world.choice, &world.senders);
}
