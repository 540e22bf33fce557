/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a datagram, told without the code under test: kinds of addresses are written down
 * one by one, tokens are fractions without a table, and repeats are counted for each datagram by
 * itself. Addresses, ports and payloads are numbers; the script knows what they stand for.
 */
#pragma once

#include "core/datagram.h"

enum {
        MODEL_ADDRESSES = 32,
        MODEL_PORTS = 16,
        MODEL_PAYLOADS = 8,
        MODEL_PREFIXES = 14,
        MODEL_RATES = 2,
        MODEL_GUARD_SETS = 1024, /* of all guards together, at most */
        MODEL_REPEATS_MAX = MODEL_ADDRESSES * MODEL_PORTS * MODEL_PAYLOADS,
};

enum model_kind {
        MODEL_NORMAL,
        MODEL_OWN,
        MODEL_LOOPBACK,
        MODEL_UNSPECIFIED,
        MODEL_MULTICAST,
        MODEL_BROADCAST
};

struct model_address {
        const char *text; /* IPv4 may also come as mapped: "::ffff:" and the text */
        enum model_kind kind;
        uint8_t prefix; /* 0 to MODEL_PREFIXES - 1; the same number = they share a bucket */
};

extern const struct model_address model_addresses[MODEL_ADDRESSES];
extern const uint16_t model_ports[MODEL_PORTS];

/* The ports at which the host under test receives; the other one from IPv4 only. */
enum { MODEL_OWN_PORT = 7007, MODEL_OTHER_OWN_PORT = 7008, MODEL_OWN_PORTS = 2 };
extern const struct datagram_port model_own_ports[MODEL_OWN_PORTS];

/* Of buckets: one that a script can empty, and one that it cannot. Both divide a second. */
extern const uint32_t model_rates[MODEL_RATES];

struct model_datagram {
        uint8_t source;
        uint8_t destination;
        uint8_t port;
        uint8_t payload;
        uint8_t guard; /* which of several sees it; each has sets of its own */
        bool is_truncated;
        bool is_broadcast;
};

struct model_rules {
        uint32_t denied; /* bit i: address i may not come */
        unsigned rate;   /* a number of model_rates; MODEL_RATES = none */
        bool grants_low_ports;
        bool has_guard;
};

/* A bucket: what it lacked at a time, in tokens * 10^9. */
struct model_bucket {
        uint64_t lack;
        uint64_t at_ns;
};

/* How often a datagram came again in a row, each time less than 100 ms after the last one. */
struct model_repeats {
        uint64_t last_ns;
        uint64_t count;
        uint32_t identity;
        uint32_t set; /* of the guard's table, where it is kept */
};

struct model {
        uint64_t now_ns;
        struct model_bucket buckets[MODEL_RATES][MODEL_PREFIXES];
        /* By set: more came at once than it holds, so it may have forgotten some. */
        bool has_forgotten[MODEL_GUARD_SETS];
        uint32_t repeats_count;
        struct model_repeats repeats[MODEL_REPEATS_MAX];
};

void model_init(struct model *model, uint64_t now_ns);

/*
 * Counts the datagram, which belongs to that set. How it may fare, as bits: DATAGRAM_DROP_LOOP is
 * one of two where the guard's table may have forgotten how often it came.
 */
uint32_t model_expect(struct model *model, const struct model_datagram *datagram,
                      const struct model_rules *rules, uint32_t set);

/* The same; stops the process if it may not fare so. */
void model_check(struct model *model, const struct model_datagram *datagram,
                 const struct model_rules *rules, uint32_t set, enum datagram_drop drop);
