/* SPDX-License-Identifier: MIT */
#include "support/datagram_script.h"

#include <stdio.h>
#include <string.h>

#include "support/datagram_model.h"
#include "support/ips.h"

enum {
        WORDS = 8 * BUCKET_WAYS,
        SETS = 16,
        ENTRIES = SETS * LOOP_GUARD_WAYS,
        BIG = 200,       /* bytes of a large payload */
        SENT_MAX = 2048, /* by a script; after that nothing is repeated */
        RULE_RATE = 3,
        RULE_LOW_PORTS = 1 << 2,
        RULE_NO_GUARD = 1 << 3,
        RULE_ACCESS = 1 << 4,
        SEND_FROM_MAPPED = 1 << 0,
        SEND_TO_MAPPED = 1 << 1,
        SEND_TRUNCATED = 1 << 2,
        SEND_BROADCAST = 1 << 3,
};

#define SECOND UINT64_C(1000000000)

/* Any time will do; with this one seconds and the units of buckets are not aligned. */
#define START_NS (1234567 * SECOND + 891234567)

struct world {
        _Alignas(64) bucket_word words[MODEL_RATES][WORDS];
        struct bucket_table buckets[MODEL_RATES];
        struct loop_guard_entry entries[ENTRIES];
        struct loop_guard guard;
        struct ip own[MODEL_ADDRESSES];
        struct ip broadcasts[1];
        struct access_entry access_entries[MODEL_ADDRESSES];
        struct access_list access;
        struct datagram_rules rules;
        struct model_rules model_rules;
        struct model_datagram next;
        struct model model;
        uint32_t sent;
};

static const unsigned char *payload_of(unsigned payload, uint32_t *ret_size)
{
        /* Alike but for their size, or for their last byte. */
        static const uint32_t sizes[] = { 5, 5, 4, 0, BIG, BIG, BIG - 1, 1 };
        static unsigned char data[MODEL_PAYLOADS][BIG];

        *ret_size = sizes[payload];
        if (payload % 2 == 1 && sizes[payload] > 0)
                data[payload][sizes[payload] - 1] = 1;
        return sizes[payload] > 0 ? data[payload] : NULL;
}

/* As an IPv4 socket tells it, or as a dual-stack one does. */
static struct ip address_of(unsigned number, bool is_mapped)
{
        static struct ip known[MODEL_ADDRESSES][2];
        static bool are_known;

        for (unsigned i = 0; i < MODEL_ADDRESSES && !are_known; i++) {
                const char *text = model_addresses[i].text;
                char mapped[64];
                snprintf(mapped, sizeof(mapped), "%s%s", strchr(text, ':') == NULL ? "::ffff:" : "",
                         text);
                known[i][0] = ips_parse(text);
                known[i][1] = ips_parse(mapped);
        }
        are_known = true;
        return known[number][is_mapped];
}

/* Whom the access list denies, each by itself, as bits. */
static const uint32_t denied = UINT32_C(0x92492492);

static void set_rules(struct world *world, unsigned bits)
{
        unsigned rate = bits & RULE_RATE;
        bool has_guard = (bits & RULE_NO_GUARD) == 0;

        world->model_rules = (struct model_rules){
                .denied = (bits & RULE_ACCESS) != 0 ? denied : 0,
                .rate = rate < MODEL_RATES ? rate : MODEL_RATES,
                .grants_low_ports = (bits & RULE_LOW_PORTS) != 0,
                .has_guard = has_guard,
        };
        world->rules.buckets = rate < MODEL_RATES ? &world->buckets[rate] : NULL;
        world->rules.access = (bits & RULE_ACCESS) != 0 ? &world->access : NULL;
        world->rules.grants_low_ports = (bits & RULE_LOW_PORTS) != 0;
        world->rules.guard = has_guard ? &world->guard : NULL;
}

static void start(struct world *world)
{
        static const struct siphash_key key = { { 862, 7 } };

        for (unsigned i = 0; i < MODEL_RATES; i++)
                bucket_init(&world->buckets[i], world->words[i], WORDS, model_rates[i], &key);
        loop_guard_init(&world->guard, world->entries, ENTRIES, &key);
        world->rules =
            (struct datagram_rules){ .ports = model_own_ports, .port_count = MODEL_OWN_PORTS };
        ip_set_init(&world->rules.own, world->own, MODEL_ADDRESSES);
        ip_set_init(&world->rules.broadcasts, world->broadcasts, 1);
        for (unsigned i = 0; i < MODEL_ADDRESSES; i++)
                if (model_addresses[i].kind == MODEL_OWN)
                        ensure(ip_set_add(&world->rules.own, address_of(i, i & 1)));
        ensure(ip_set_add(&world->rules.broadcasts, ips_parse("192.0.2.255")));
        access_init(&world->access, world->access_entries, MODEL_ADDRESSES);
        for (unsigned i = 0; i < MODEL_ADDRESSES; i++) {
                struct network network = { address_of(i, false), NETWORK_BITS_MAX };
                if ((denied >> i & 1) != 0)
                        ensure(access_add(&world->access, network, false) == ACCESS_ADDED);
        }
        set_rules(world, 0);
        world->next = (struct model_datagram){ .destination = 1 };
        model_init(&world->model, START_NS);
        world->sent = 0;
}

static void send_one(struct world *world, unsigned bits)
{
        struct model_datagram *next = &world->next;
        struct datagram datagram = {
                .source = address_of(next->source, (bits & SEND_FROM_MAPPED) != 0),
                .destination = address_of(next->destination, (bits & SEND_TO_MAPPED) != 0),
                .source_port = model_ports[next->port],
                .is_truncated = (bits & SEND_TRUNCATED) != 0,
                .is_broadcast = (bits & SEND_BROADCAST) != 0,
        };

        world->sent++;
        next->is_truncated = datagram.is_truncated;
        next->is_broadcast = datagram.is_broadcast;
        datagram.payload = payload_of(next->payload, &datagram.payload_size);
        uint64_t identity =
            loop_guard_identify(&world->guard, datagram.source, datagram.source_port,
                                datagram.payload, datagram.payload_size);
        model_check(&world->model, next, &world->model_rules, identity % SETS,
                    datagram_decide(&datagram, &world->rules, world->model.now_ns));
}

static void repeat(struct world *world, unsigned argument)
{
        static const uint32_t counts[] = { 2, 5, 16, 63, 64, 65, 256, 532 };
        static const uint64_t gaps_ns[] = { 0, 1000, SECOND / 10 - 1, SECOND / 10 };

        for (uint32_t i = 0; i < counts[argument % 8] && world->sent < SENT_MAX; i++) {
                world->model.now_ns += gaps_ns[argument / 8 % 4];
                send_one(world, 0);
        }
}

static void wait(struct world *world, unsigned argument)
{
        static const uint64_t waits_ns[] = {
                1,
                999999,
                SECOND / 1000,
                SECOND / 10 - 1,
                SECOND / 10,
                SECOND / 2 - 1,
                SECOND / 2,
                SECOND / 2 + 1,
                SECOND,
                2 * SECOND - 1,
                2 * SECOND,
                2 * SECOND + 1,
                10 * SECOND,
                32 * SECOND,
                64 * SECOND, /* and a little, once round the time that a bucket's word shows */
                3600 * SECOND,
        };

        world->model.now_ns += waits_ns[argument % (sizeof(waits_ns) / sizeof(waits_ns[0]))];
}

static void run_event(struct world *world, enum datagram_script_operation operation,
                      unsigned argument)
{
        switch (operation) {
        case DATAGRAM_SCRIPT_SOURCE:
                world->next.source = (uint8_t)(argument % MODEL_ADDRESSES);
                break;
        case DATAGRAM_SCRIPT_DESTINATION:
                world->next.destination = (uint8_t)(argument % MODEL_ADDRESSES);
                break;
        case DATAGRAM_SCRIPT_PORT:
                world->next.port = (uint8_t)(argument % MODEL_PORTS);
                break;
        case DATAGRAM_SCRIPT_PAYLOAD:
                world->next.payload = (uint8_t)(argument % MODEL_PAYLOADS);
                break;
        case DATAGRAM_SCRIPT_RULES:
                set_rules(world, argument);
                break;
        case DATAGRAM_SCRIPT_WAIT:
                wait(world, argument);
                break;
        case DATAGRAM_SCRIPT_SEND:
                send_one(world, argument);
                break;
        case DATAGRAM_SCRIPT_REPEAT:
                repeat(world, argument);
                break;
        case DATAGRAM_SCRIPT_OPERATIONS:
                break;
        }
}

void datagram_script_run(const uint8_t *script, size_t size)
{
        /* Too large for a stack; start() leaves nothing of the last script. */
        static struct world world;

        start(&world);
        for (size_t i = 0; i < size; i++)
                run_event(&world, script[i] % DATAGRAM_SCRIPT_OPERATIONS,
                          script[i] / DATAGRAM_SCRIPT_OPERATIONS);
}
