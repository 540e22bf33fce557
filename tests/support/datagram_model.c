/* SPDX-License-Identifier: MIT */
#include "support/datagram_model.h"

#include <string.h>

#include "core/ensure.h"

#define SECOND UINT64_C(1000000000)
#define GAP_NS (SECOND / 10)
#define BIT(drop) (UINT32_C(1) << (drop))

const struct model_address model_addresses[MODEL_ADDRESSES] = {
        { "192.0.2.2", MODEL_NORMAL, 0 },
        { "192.0.2.1", MODEL_OWN, 1 },
        { "198.51.100.7", MODEL_NORMAL, 2 },
        { "127.0.0.1", MODEL_LOOPBACK, 3 },
        { "2001:db8::1", MODEL_OWN, 4 },
        { "2001:db8::2", MODEL_NORMAL, 4 },
        { "2001:db8:0:1::2", MODEL_NORMAL, 5 },
        { "2001:db8:0:1:ffff::2", MODEL_NORMAL, 5 },
        { "::1", MODEL_LOOPBACK, 6 },
        { "fe80::1", MODEL_NORMAL, 7 },
        { "1.0.0.0", MODEL_NORMAL, 8 },
        { "223.255.255.255", MODEL_NORMAL, 9 },
        { "240.0.0.1", MODEL_NORMAL, 10 },
        { "254.255.255.255", MODEL_NORMAL, 11 },
        { "64:ff9b::e000:1", MODEL_NORMAL, 12 },
        { "feff::1", MODEL_NORMAL, 13 },
        /* Not what they look like, all in ::/64. */
        { "::192.0.2.2", MODEL_NORMAL, 6 },
        { "::fffe:224.0.0.1", MODEL_NORMAL, 6 },
        { "::1:0:0", MODEL_NORMAL, 6 },
        { "0.0.0.0", MODEL_UNSPECIFIED, 0 },
        { "0.255.255.255", MODEL_UNSPECIFIED, 0 },
        { "::", MODEL_UNSPECIFIED, 0 },
        { "::0.0.0.2", MODEL_UNSPECIFIED, 0 },
        { "224.0.0.0", MODEL_MULTICAST, 0 },
        { "239.255.255.255", MODEL_MULTICAST, 0 },
        { "ff02::1", MODEL_MULTICAST, 0 },
        { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", MODEL_MULTICAST, 0 },
        { "::224.0.0.1", MODEL_MULTICAST, 0 },
        { "255.255.255.255", MODEL_BROADCAST, 0 },
        { "255.0.0.0", MODEL_BROADCAST, 0 },
        { "192.0.2.255", MODEL_BROADCAST, 0 }, /* of a network of the host's */
        { "::255.255.255.255", MODEL_BROADCAST, 0 },
};

const uint16_t model_ports[MODEL_PORTS] = {
        40000, 40001, 1024, 2048, 2050, 65535, MODEL_OWN_PORT, MODEL_OTHER_OWN_PORT,
        0,     1,     7,    53,   1023, 2049,  7006,           7009,
};

const struct datagram_port model_own_ports[MODEL_OWN_PORTS] = {
        { .number = MODEL_OWN_PORT, .takes_ip4 = true, .takes_ip6 = true },
        { .number = MODEL_OTHER_OWN_PORT, .takes_ip4 = true },
};

const uint32_t model_rates[MODEL_RATES] = { 2, 1000 };

static bool is_service(uint16_t port)
{
        return (1 <= port && port <= 1023) || port == 2049;
}

/* By the tables above. */
static enum datagram_drop look(const struct model_datagram *datagram, bool grants_low_ports)
{
        static const enum datagram_drop of_source[] = {
                [MODEL_UNSPECIFIED] = DATAGRAM_DROP_UNSPECIFIED_SOURCE,
                [MODEL_MULTICAST] = DATAGRAM_DROP_MULTICAST_SOURCE,
                [MODEL_BROADCAST] = DATAGRAM_DROP_BROADCAST_SOURCE,
        };
        enum model_kind source = model_addresses[datagram->source].kind;
        enum model_kind destination = model_addresses[datagram->destination].kind;
        uint16_t port = model_ports[datagram->port];
        bool is_ip6 = strchr(model_addresses[datagram->source].text, ':') != NULL;
        bool is_our_port = port == MODEL_OWN_PORT || (port == MODEL_OTHER_OWN_PORT && !is_ip6);

        if (datagram->is_truncated)
                return DATAGRAM_DROP_TRUNCATED;
        if (port == 0)
                return DATAGRAM_DROP_PORT_ZERO;
        if (of_source[source] != DATAGRAM_DROP_NONE)
                return of_source[source];
        if (destination == MODEL_MULTICAST)
                return DATAGRAM_DROP_MULTICAST;
        if (destination == MODEL_BROADCAST || datagram->is_broadcast)
                return DATAGRAM_DROP_BROADCAST;
        if (is_our_port && (source == MODEL_OWN || source == MODEL_LOOPBACK ||
                            datagram->source == datagram->destination))
                return DATAGRAM_DROP_SELF;
        return is_service(port) && !grants_low_ports ? DATAGRAM_DROP_LOW_PORT : DATAGRAM_DROP_NONE;
}

static bool take(struct model_bucket *bucket, uint32_t rate, uint64_t now_ns)
{
        uint64_t passed_ns = now_ns - bucket->at_ns;
        uint64_t full = 2 * SECOND * rate;
        uint64_t gained = passed_ns < 2 * SECOND ? passed_ns * rate : full;

        bucket->lack = gained < bucket->lack ? bucket->lack - gained : 0;
        bucket->at_ns = now_ns;
        if (bucket->lack + SECOND > full)
                return false;
        bucket->lack += SECOND;
        return true;
}

static bool is_live(const struct model_repeats *repeats, uint64_t now_ns)
{
        return now_ns - repeats->last_ns < GAP_NS;
}

/* Forgets what came last too long ago; returns how many of the set are left. */
static uint32_t forget_old(struct model *model, uint32_t set)
{
        uint32_t kept = 0;
        uint32_t rivals = 0;

        for (uint32_t i = 0; i < model->repeats_count; i++) {
                if (!is_live(&model->repeats[i], model->now_ns))
                        continue;
                rivals += model->repeats[i].set == set;
                model->repeats[kept++] = model->repeats[i];
        }
        model->repeats_count = kept;
        return rivals;
}

/* How often it has come in a row before. */
static uint64_t count(struct model *model, uint32_t identity, uint32_t set)
{
        for (uint32_t i = 0; i < model->repeats_count; i++) {
                struct model_repeats *repeats = &model->repeats[i];
                if (repeats->identity != identity || !is_live(repeats, model->now_ns))
                        continue;
                repeats->last_ns = model->now_ns;
                return ++repeats->count;
        }
        if (forget_old(model, set) >= LOOP_GUARD_WAYS)
                model->has_forgotten[set] = true;
        ensure(model->repeats_count < MODEL_REPEATS_MAX);
        model->repeats[model->repeats_count++] = (struct model_repeats){
                .last_ns = model->now_ns,
                .identity = identity,
                .set = set,
        };
        return 0;
}

static uint32_t expect_of_guard(struct model *model, const struct model_datagram *datagram,
                                uint32_t set)
{
        uint32_t sender =
            ((uint32_t)datagram->guard * MODEL_ADDRESSES + datagram->source) * MODEL_PORTS +
            datagram->port;
        uint64_t repeats = count(model, sender * MODEL_PAYLOADS + datagram->payload, set);

        if (repeats < 1064)
                return BIT(DATAGRAM_DROP_NONE);
        if (model->has_forgotten[set])
                return BIT(DATAGRAM_DROP_NONE) | BIT(DATAGRAM_DROP_LOOP);
        return (repeats - 1000) % 64 == 0 ? BIT(DATAGRAM_DROP_LOOP) : BIT(DATAGRAM_DROP_NONE);
}

void model_init(struct model *model, uint64_t now_ns)
{
        model->now_ns = now_ns;
        memset(model->buckets, 0, sizeof(model->buckets));
        memset(model->has_forgotten, 0, sizeof(model->has_forgotten));
        model->repeats_count = 0;
}

uint32_t model_expect(struct model *model, const struct model_datagram *datagram,
                      const struct model_rules *rules, uint32_t set)
{
        enum datagram_drop looks = look(datagram, rules->grants_low_ports);

        if (looks != DATAGRAM_DROP_NONE)
                return BIT(looks);
        if ((rules->denied >> datagram->source & 1) != 0)
                return BIT(DATAGRAM_DROP_ACCESS);
        if (rules->rate < MODEL_RATES) {
                uint8_t prefix = model_addresses[datagram->source].prefix;
                struct model_bucket *bucket = &model->buckets[rules->rate][prefix];
                if (!take(bucket, model_rates[rules->rate], model->now_ns))
                        return BIT(DATAGRAM_DROP_RATE);
        }
        return rules->has_guard ? expect_of_guard(model, datagram, set) : BIT(DATAGRAM_DROP_NONE);
}

void model_check(struct model *model, const struct model_datagram *datagram,
                 const struct model_rules *rules, uint32_t set, enum datagram_drop drop)
{
        ensure((model_expect(model, datagram, rules, set) >> drop & 1) != 0);
}
