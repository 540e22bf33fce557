/* SPDX-License-Identifier: MIT */
#include "support/oracle_datagrams.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "support/ips.h"
#include "support/oracle_state.h"
#include "support/payload.h"

enum {
        SIZE_MAX_OF_GUARD = 4096,
        /* Rounds without a fault in which a datagram may wait, and nobody receives. */
        ROUNDS_MAX = 3,
        /* Calls of one socket in a round: an event may come twice, one of them invented. */
        CALLS_MAX = 2,
        /* Calls of a socket that drains, if there is always more. */
        DRAIN_CALLS = 64,
        SOCKETS_MAX = 16,
        UNKNOWN = UINT16_MAX,
};

/* What a worker must have counted. */
struct figures {
        uint64_t received;
        uint64_t received_bytes;
        uint64_t sent;
        uint64_t sent_bytes;
        uint64_t dropped[DATAGRAM_DROP_COUNT];
};

static struct {
        bool is_open;
        struct oracle_rules rules;
        struct loop_guard guard; /* without entries: it only identifies */
        struct figures figures[SIM_POLLS_MAX];
        uint32_t waited[SIM_POLLS_MAX][SOCKETS_MAX];
        uint16_t sets[MODEL_ADDRESSES][MODEL_PORTS][MODEL_PAYLOADS];
        struct ip ips[MODEL_ADDRESSES];
} book;

static struct model model;

void oracle_datagrams_open(const struct oracle_rules *rules)
{
        memset(&book, 0, sizeof(book));
        memset(book.sets, 0xff, sizeof(book.sets));
        book.is_open = true;
        book.rules = *rules;
        if (rules->guard_key != NULL)
                book.guard = (struct loop_guard){ .key = *rules->guard_key };
        for (uint32_t i = 0; i < MODEL_ADDRESSES; i++)
                book.ips[i] = ips_parse(model_addresses[i].text);
        model_init(&model, sim_now());
}

void oracle_datagrams_close(void)
{
        book.is_open = false;
}

void oracle_address(const struct oracle_sender *sender, struct sim_datagram *datagram)
{
        static const uint8_t interface = 1; /* 192.0.2.1: for what is sent to many */
        enum model_kind kind = model_addresses[sender->destination].kind;
        bool is_to_many = kind == MODEL_MULTICAST || kind == MODEL_BROADCAST || sender->is_to_many;

        datagram->source = book.ips[sender->source];
        datagram->source_port = model_ports[sender->source_port];
        datagram->destination = book.ips[sender->destination];
        datagram->local = is_to_many ? book.ips[interface] : datagram->destination;
        datagram->port = sender->port;
        datagram->tag = (uint64_t)sender->source | (uint64_t)sender->source_port << 8 |
                        (uint64_t)sender->destination << 16 | (uint64_t)sender->is_to_many << 24;
}

static uint8_t payload_of(uint32_t size)
{
        for (uint8_t i = 0; i < MODEL_PAYLOADS; i++)
                if (book.rules.sizes[i] == size)
                        return i;
        sim_fail("a datagram of %" PRIu32 " bytes came, and nobody sent it", size);
}

/* The set of the worker's guard that counts it, of all sets of all guards. */
static uint32_t set_of(const struct model_datagram *datagram, uint32_t size)
{
        static unsigned char payload[SIZE_MAX_OF_GUARD];
        uint16_t *set = &book.sets[datagram->source][datagram->port][datagram->payload];

        if (*set == UNKNOWN) {
                payload_fill(payload, size, size, 0);
                uint64_t identity = loop_guard_identify(&book.guard, book.ips[datagram->source],
                                                        model_ports[datagram->port], payload, size);
                *set = (uint16_t)(identity % book.rules.guard_sets);
        }
        return datagram->guard * book.rules.guard_sets + *set;
}

/* How it may fare, as bits. */
static uint32_t expect(const struct sim_received *received)
{
        struct model_datagram datagram = {
                .source = (uint8_t)received->tag,
                .port = (uint8_t)(received->tag >> 8),
                .destination = (uint8_t)(received->tag >> 16),
                .guard = (uint8_t)received->worker,
                .is_truncated = received->is_truncated,
                .is_broadcast = (received->tag >> 24 & 1) != 0,
        };
        uint32_t set = 0;

        if (book.rules.model.has_guard && !received->is_truncated) {
                datagram.payload = payload_of(received->size);
                set = set_of(&datagram, received->size);
        }
        model.now_ns = sim_now();
        return model_expect(&model, &datagram, &book.rules.model, set);
}

static enum datagram_drop drop_of(int error)
{
        bool has_no_room = error == EAGAIN || error == ENOBUFS || error == ENOMEM;

        return has_no_room ? DATAGRAM_DROP_SEND_BUFFER : DATAGRAM_DROP_SEND_ERROR;
}

/* Why it was not answered, which must be one of those that are expected. */
static enum datagram_drop find_reason(const struct sim_received *received, uint32_t expected)
{
        bool is_to_answer = (expected & UINT32_C(1) << DATAGRAM_DROP_NONE) != 0;

        if (received->error != 0) {
                if (!is_to_answer)
                        sim_fail("an answer was tried, expected 0x%" PRIx32, expected);
                return drop_of(received->error);
        }
        for (unsigned drop = DATAGRAM_DROP_NONE + 1; drop < DATAGRAM_DROP_COUNT; drop++)
                if ((expected >> drop & 1) != 0)
                        return (enum datagram_drop)drop;
        if (!received->has_no_room)
                sim_fail("a datagram of %" PRIu32 " bytes was not answered", received->size);
        return DATAGRAM_DROP_SEND_BUFFER;
}

void oracle_datagram_ends(const struct sim_received *received)
{
        struct figures *figures = &book.figures[received->worker];
        uint32_t expected = expect(received);

        figures->received++;
        figures->received_bytes += received->size;
        if (!received->is_answered) {
                figures->dropped[find_reason(received, expected)]++;
                return;
        }
        if ((expected & UINT32_C(1) << DATAGRAM_DROP_NONE) == 0)
                sim_fail("an answer to a datagram that is to be dropped, 0x%" PRIx32, expected);
        figures->sent++;
        figures->sent_bytes += received->size;
}

static void check_figure(const char *name, const counter *figure, uint64_t expected)
{
        if (counter_read(figure) != expected)
                sim_fail("%s: %" PRIu64 " counted, there were %" PRIu64, name, counter_read(figure),
                         expected);
}

static void check_figures(uint32_t worker)
{
        const struct counters *counters = oracle.workers[worker].counters;
        const struct figures *figures = &book.figures[worker];

        check_figure("datagrams received", &counters->datagrams_received, figures->received);
        check_figure("datagrams sent", &counters->datagrams_sent, figures->sent);
        check_figure("bytes of datagrams received", &counters->datagram_received_bytes,
                     figures->received_bytes);
        check_figure("bytes of datagrams sent", &counters->datagram_sent_bytes,
                     figures->sent_bytes);
        for (unsigned drop = DATAGRAM_DROP_NONE + 1; drop < DATAGRAM_DROP_COUNT; drop++)
                check_figure(counters_dropped_name((enum datagram_drop)drop),
                             &counters->datagrams_dropped[drop], figures->dropped[drop]);
        check_figure("dropped for no reason", &counters->datagrams_dropped[DATAGRAM_DROP_NONE], 0);
        if (figures->received != figures->sent + counters_dropped(counters))
                sim_fail("datagrams are neither sent nor dropped");
}

static void check_turns(const struct sim_receiver *receiver, uint32_t *waited, bool has_faults)
{
        bool is_called = receiver->step == sim_steps();

        if (is_called && receiver->calls > CALLS_MAX)
                sim_fail("%" PRIu32 " calls of one socket in one round", receiver->calls);
        *waited = is_called || receiver->waiting == 0 || has_faults ? 0 : *waited + 1;
        if (*waited > ROUNDS_MAX)
                sim_fail("datagrams wait for %d rounds, and nobody receives", ROUNDS_MAX);
}

void oracle_datagrams_step(uint32_t worker, bool has_faults)
{
        const struct sim_receiver *receiver;

        sim_datagrams_end();
        if (!book.is_open)
                return;
        check_figures(worker);
        for (uint32_t i = 0; (receiver = sim_receiver_at(worker, i)) != NULL; i++)
                check_turns(receiver, &book.waited[worker][i], has_faults);
}

void oracle_datagrams_sleep(uint32_t worker)
{
        const struct sim_receiver *receiver;

        for (uint32_t i = 0; book.is_open && (receiver = sim_receiver_at(worker, i)) != NULL; i++)
                if (receiver->waiting > 0)
                        sim_fail("%" PRIu32 " datagrams wait, and their worker sleeps",
                                 receiver->waiting);
}

/* Who waited when draining began was answered, unless the kernel hid it, or there are too many. */
void oracle_receiver_closes(uint32_t worker, const struct sim_receiver *receiver)
{
        if (oracle.is_closing || !book.is_open || receiver->waiting == 0)
                return;
        if (receiver->last_receive == -EAGAIN || receiver->calls >= DRAIN_CALLS)
                return;
        sim_fail("worker %" PRIu32 ": %" PRIu32 " datagrams were left waiting", worker,
                 receiver->waiting);
}
