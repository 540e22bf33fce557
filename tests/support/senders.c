/* SPDX-License-Identifier: MIT */
#include "support/senders.h"

#include <string.h>

#include "support/ips.h"
#include "support/oracle.h"
#include "support/sim.h"

enum { LARGEST = 65507, SEGMENTS_MAX = 128, PORT_COUNT_HIGH = 6 };

const uint32_t senders_sizes[SENDERS_SIZES] = { 0, 1, 2, 31, 100, 512, 1000, 1472 };

/* What a part does when it is its turn. */
struct part {
        const char *name;
        uint32_t size_max;    /* bytes of a datagram */
        uint32_t segment_max; /* datagrams that come as one */
        uint32_t burst_max;   /* of those */
        uint32_t life;        /* turns, at most */
        bool is_strange;      /* from anywhere to anywhere, else from a client to the server */
};

static const struct part parts[] = {
        { .name = "client", .size_max = 1472, .segment_max = 1, .burst_max = 1, .life = 60 },
        { .name = "stranger",
          .size_max = 100,
          .segment_max = 2,
          .burst_max = 2,
          .life = 4,
          .is_strange = true },
        { .name = "burst", .size_max = 512, .segment_max = 1, .burst_max = 40, .life = 20 },
        { .name = "batch", .size_max = 1472, .segment_max = 64, .burst_max = 2, .life = 20 },
        { .name = "flood",
          .size_max = 64,
          .segment_max = SEGMENTS_MAX,
          .burst_max = 64,
          .life = 8 },
        { .name = "large", .size_max = LARGEST, .segment_max = 3, .burst_max = 1, .life = 10 },
        { .name = "empty", .size_max = 1, .segment_max = 1, .burst_max = 20, .life = 20 },
};
enum { PART_COUNT = sizeof(parts) / sizeof(parts[0]) };

struct sender {
        const struct part *part;
        struct oracle_sender who;
        uint32_t left; /* turns; 0 = nobody is there */
};

static struct {
        struct choice *choice;
        struct senders_settings settings;
        struct sender senders[SENDERS_MAX];
} world;

/* Clients, and where the server is: by IPv4, by IPv6. Numbers of model_addresses. */
static const uint8_t clients[2][4] = { { 0, 2, 11, 12 }, { 5, 6, 7, 9 } };
static const uint8_t servers[2][4] = { { 3, 1, 2, 3 }, { 8, 4, 9, 8 } };
/* Where else a datagram may have been sent that comes here. */
static const uint8_t groups[2][4] = { { 23, 24, 28, 30 }, { 25, 25, 25, 25 } };

static uint32_t below(uint32_t limit)
{
        return choice_below(world.choice, limit);
}

uint32_t senders_part_count(void)
{
        return PART_COUNT;
}

void senders_open(struct choice *choice, const struct senders_settings *settings)
{
        memset(&world, 0, sizeof(world));
        world.choice = choice;
        world.settings = *settings;
}

static const struct part *choose_part(void)
{
        uint32_t first = below(PART_COUNT);

        for (uint32_t i = 0; i < PART_COUNT; i++)
                if ((world.settings.parts >> (first + i) % PART_COUNT & 1) != 0)
                        return &parts[(first + i) % PART_COUNT];
        return &parts[0];
}

static bool is_ip6(uint8_t address)
{
        return strchr(model_addresses[address].text, ':') != NULL;
}

/* Any address of the family, any port. */
static void be_strange(struct oracle_sender *who, bool is_by_ip6)
{
        static const uint8_t other = 2; /* 198.51.100.7, were it a network's */

        who->source = (uint8_t)below(MODEL_ADDRESSES);
        while (is_ip6(who->source) != is_by_ip6)
                who->source = (uint8_t)((who->source + 1) % MODEL_ADDRESSES);
        who->source_port = (uint8_t)below(MODEL_PORTS);
        if (below(4) == 3)
                who->destination = groups[is_by_ip6][below(4)];
        if (!is_by_ip6 && below(16) == 15) {
                who->destination = other;
                who->is_to_many = true;
        }
}

static void arrive(struct sender *sender)
{
        bool is_by_ip6 = below(2) != 0;

        sender->part = choose_part();
        sender->left = choice_size(world.choice, sender->part->life);
        sender->who = (struct oracle_sender){
                .source = clients[is_by_ip6][below(4)],
                .destination = servers[is_by_ip6][below(4)],
                .source_port = (uint8_t)below(PORT_COUNT_HIGH),
                .port = MODEL_OWN_PORT,
        };
        if (below(world.settings.port_count) == 1)
                sender->who.port = MODEL_OTHER_OWN_PORT;
        if (sender->part->is_strange)
                be_strange(&sender->who, is_by_ip6);
}

/* A size of a datagram, the largest of the part at most. */
static uint32_t choose_size(const struct part *part)
{
        uint32_t max =
            part->size_max < world.settings.size_max ? part->size_max : world.settings.size_max;
        uint32_t sizes = 1;

        if (!world.settings.is_repeating)
                return choice_size(world.choice, max + 1) - 1;
        while (sizes < SENDERS_SIZES && senders_sizes[sizes] <= max)
                sizes++;
        return senders_sizes[below(sizes)];
}

/* Several of that size, the last one maybe shorter; as much as fits into one. */
static void choose_batch(const struct part *part, uint32_t segment_size,
                         struct sim_datagram *datagram)
{
        uint32_t count = choice_size(world.choice, part->segment_max);
        uint32_t tail = count > 1 && below(2) == 1 ? choose_size(part) : 0;

        if (segment_size > 0 && count > LARGEST / segment_size)
                count = LARGEST / segment_size;
        if (tail >= segment_size || count == SEGMENTS_MAX || tail > LARGEST - count * segment_size)
                tail = 0;
        datagram->segment_size = segment_size;
        datagram->size = segment_size * count + tail;
}

static void send_one(const struct sender *sender, uint32_t size)
{
        struct sim_datagram datagram = { .is_alike = world.settings.is_repeating };

        oracle_address(&sender->who, &datagram);
        choose_batch(sender->part, size, &datagram);
        (void)sim_datagram_send(&datagram);
}

static void send_some(const struct sender *sender)
{
        uint32_t count = choice_size(world.choice, sender->part->burst_max);
        uint32_t size = choose_size(sender->part);
        bool are_alike = below(2) == 0;

        while (count-- > 0)
                send_one(sender, are_alike ? size : choose_size(sender->part));
}

void senders_act(void)
{
        struct sender *sender = &world.senders[below(world.settings.count)];

        if (sender->left == 0)
                arrive(sender);
        send_some(sender);
        sender->left--;
}

void senders_finish(void)
{
        for (uint32_t i = 0; i < world.settings.count; i++) {
                struct sender *sender = &world.senders[i];
                if (sender->part == NULL)
                        arrive(sender);
                send_one(sender, choose_size(sender->part));
                sender->part = &parts[3];
                send_one(sender, choose_size(sender->part));
        }
}
