/* SPDX-License-Identifier: MIT */
#include "support/clients.h"

#include <errno.h>
#include <string.h>

#include "support/oracle.h"
#include "support/oracle_admission.h"
#include "support/sim.h"

/* What a part does, as weights of 16 of what happens when it is its turn. */
struct part {
        const char *name;
        uint32_t send_max;    /* bytes at once */
        uint32_t send_total;  /* bytes in all, before it finishes */
        uint32_t receive_max; /* bytes at once; 0 = it never reads */
        uint8_t sends;        /* of 16 turns: tries to send; the others receive */
        uint8_t resets;       /* of 256 turns: resets the connection */
        uint8_t leaves;       /* of 256 turns: closes it, whatever is under way */
        uint8_t vanishes;     /* of 256 turns: its machine is gone */
        uint8_t urgent;       /* of 16 messages: the last byte is urgent */
        bool is_patient;      /* sends only when everything came back */
        bool is_early;        /* half-closes before it receives anything */
        bool is_staying;      /* never finishes by itself */
};

static const struct part parts[] = {
        { .name = "normal", .send_max = 2048, .send_total = 8192, .receive_max = 4096, .sends = 8 },
        { .name = "ping-pong",
          .send_max = 512,
          .send_total = 4096,
          .receive_max = 4096,
          .sends = 8,
          .is_patient = true },
        { .name = "tiny reader", .send_max = 512, .send_total = 600, .receive_max = 3, .sends = 2 },
        { .name = "never reads", .send_max = 65536, .send_total = 1 << 20, .sends = 12 },
        { .name = "half-closer",
          .send_max = 16384,
          .send_total = 32768,
          .receive_max = 16384,
          .sends = 12,
          .is_early = true },
        { .name = "resetter",
          .send_max = 2048,
          .send_total = 65536,
          .receive_max = 2048,
          .sends = 8,
          .resets = 16 },
        { .name = "leaver",
          .send_max = 64,
          .send_total = 64,
          .receive_max = 64,
          .sends = 4,
          .leaves = 64,
          .resets = 32 },
        { .name = "slow sender", .send_max = 1, .send_total = 40, .receive_max = 64, .sends = 3 },
        { .name = "flood",
          .send_max = 1 << 17,
          .send_total = 1 << 19,
          .receive_max = 1 << 17,
          .sends = 8 },
        { .name = "urgent",
          .send_max = 256,
          .send_total = 2048,
          .receive_max = 512,
          .sends = 8,
          .urgent = 8 },
        { .name = "idler",
          .send_max = 32,
          .send_total = 1 << 20,
          .receive_max = 64,
          .sends = 1,
          .is_staying = true },
        { .name = "vanisher",
          .send_max = 4096,
          .send_total = 1 << 20,
          .receive_max = 256,
          .sends = 12,
          .vanishes = 8 },
};
enum { PART_COUNT = sizeof(parts) / sizeof(parts[0]) };

struct client {
        const struct part *part;
        int link;      /* -1 = not connected */
        uint32_t left; /* bytes to send yet */
};

static struct {
        struct choice *choice;
        struct clients_settings settings;
        struct client clients[CLIENTS_MAX];
        uint32_t connections;
        uint64_t complete;
} world;

uint32_t clients_part_count(void)
{
        return PART_COUNT;
}

uint64_t clients_complete(void)
{
        return world.complete;
}

void clients_open(struct choice *choice, const struct clients_settings *settings)
{
        memset(&world, 0, sizeof(world));
        world.choice = choice;
        world.settings = *settings;
        for (uint32_t i = 0; i < CLIENTS_MAX; i++)
                world.clients[i].link = -1;
}

static const struct part *choose_part(void)
{
        uint32_t first = choice_below(world.choice, PART_COUNT);

        for (uint32_t i = 0; i < PART_COUNT; i++)
                if ((world.settings.parts >> (first + i) % PART_COUNT & 1) != 0)
                        return &parts[(first + i) % PART_COUNT];
        return &parts[0];
}

static enum header_kind choose_header(void)
{
        uint32_t kind = choice_below(world.choice, HEADER_KIND_COUNT);

        while ((world.settings.headers >> kind & 1) == 0)
                kind = (kind + 1) % HEADER_KIND_COUNT;
        return (enum header_kind)kind;
}

/* Comes first, and is sent as all else is; returns its size. */
static uint32_t prepare_header(int link)
{
        static const uint32_t extensions[] = { 0, 0, 0, 3, 20, 3000 };

        if (!sim_link(link)->is_proxied)
                return 0;
        struct header header = { .kind = choose_header() };
        header.source = oracle_source(choice_below(world.choice, ORACLE_SOURCES));
        header.extension = extensions[choice_below(world.choice, 6)];
        sim_client_set_header(link, &header);
        return sim_link(link)->header_size;
}

static void try_to_connect(struct client *client)
{
        const struct clients_settings *settings = &world.settings;

        if (world.connections == settings->connection_max)
                return;
        uint32_t place = choice_below(world.choice, settings->port_count);
        struct ip source =
            oracle_source(choice_below(world.choice, settings->source_counts[place]));
        client->link = sim_client_connect_from(settings->ports[place], source);
        if (client->link == -ECONNREFUSED)
                world.connections = settings->connection_max;
        if (client->link < 0)
                return;
        world.connections++;
        client->part = choose_part();
        client->left = choice_size(world.choice, client->part->send_total);
        client->left += prepare_header(client->link);
}

static void forget(struct client *client)
{
        sim_client_forget(client->link);
        client->link = -1;
}

/* The end, as the client sees it: a reset, or the server's FIN. */
static bool is_over(struct client *client)
{
        const struct sim_link *link = sim_link(client->link);

        if (!link->is_client_reset && !sim_client_is_at_end(client->link))
                return false;
        oracle_client_ends(link);
        if (!link->is_client_reset && link->is_client_finished && link->taken == link->sent)
                world.complete++;
        if (!link->is_client_reset)
                sim_client_close(client->link);
        forget(client);
        return true;
}

static void send_some(struct client *client)
{
        const struct part *part = client->part;
        const struct sim_link *link = sim_link(client->link);
        uint32_t max = part->send_max < world.settings.message_max ? part->send_max
                                                                   : world.settings.message_max;

        if (link->is_client_finished || (part->is_patient && link->taken < link->sent))
                return;
        if (client->left > 0) {
                uint32_t size = choice_size(world.choice, max < client->left ? max : client->left);
                bool is_urgent = choice_below(world.choice, 16) >= 16u - part->urgent;
                client->left -= sim_client_send(client->link, size, is_urgent);
        } else if (!part->is_staying) {
                sim_client_finish(client->link);
        }
}

static void receive_some(struct client *client)
{
        const struct part *part = client->part;
        uint32_t max = part->receive_max;

        if (max == 0 || (part->is_early && !sim_link(client->link)->is_client_finished))
                return;
        (void)sim_client_receive(client->link, choice_size(world.choice, max));
}

/* Leaves in one of the rude ways, if this is the turn for it. */
static bool leaves(struct client *client)
{
        const struct part *part = client->part;
        uint32_t rude = (uint32_t)part->resets + part->leaves + part->vanishes;

        if (rude == 0)
                return false;
        uint32_t dice = 255 - choice_below(world.choice, 256);
        if (rude <= dice)
                return false;
        if (dice < part->resets)
                sim_client_reset(client->link);
        else if (dice - part->resets < part->leaves)
                sim_client_close(client->link);
        else
                sim_client_vanish(client->link);
        forget(client);
        return true;
}

void clients_act(void)
{
        struct client *client = &world.clients[choice_below(world.choice, world.settings.count)];

        if (client->link < 0) {
                try_to_connect(client);
                return;
        }
        if (is_over(client) || leaves(client))
                return;
        if (choice_below(world.choice, 16) < client->part->sends)
                send_some(client);
        else
                receive_some(client);
}

void clients_crowd(uint32_t count)
{
        while (count-- > 0) {
                int link =
                    sim_client_connect(world.settings.ports[count % world.settings.port_count]);
                if (link < 0)
                        return;
                sim_client_close(link);
                sim_client_forget(link);
        }
}

static bool finish(struct client *client)
{
        if (client->link < 0 || is_over(client))
                return true;
        if (!sim_link(client->link)->is_client_finished)
                sim_client_finish(client->link);
        if (sim_client_readable(client->link) > 0)
                (void)sim_client_receive(client->link, UINT32_MAX);
        return is_over(client);
}

bool clients_finish(void)
{
        bool are_over = true;

        for (uint32_t i = 0; i < world.settings.count; i++)
                are_over = finish(&world.clients[i]) && are_over;
        return are_over;
}
