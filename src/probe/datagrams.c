/* SPDX-License-Identifier: MIT */
#include "probe/datagrams.h"

#include <string.h>

#include "probe/payload.h"

/* In place of a time. */
#define ANSWERED UINT64_MAX
#define LOST (UINT64_MAX - 1)

static uint32_t head_size(uint32_t size)
{
        return size < DATAGRAMS_HEAD_SIZE ? size : DATAGRAMS_HEAD_SIZE;
}

uint32_t datagrams_window_most(uint32_t size)
{
        return size < 4 ? UINT32_C(1) << (8 * size) : UINT32_C(1) << 31;
}

static uint64_t *slot(const struct datagrams *datagrams, uint64_t number)
{
        return &datagrams->sent_ns[number & (datagrams->window - 1)];
}

static bool is_awaited(uint64_t sent_ns)
{
        return sent_ns != ANSWERED && sent_ns != LOST;
}

/* Datagrams that may have been sent by then. */
static uint64_t allowed(const struct datagrams *datagrams, uint64_t now_ns)
{
        if (datagrams->pace == NULL) {
                uint64_t free = datagrams->depth - datagrams->awaited;
                uint64_t room = datagrams->oldest + datagrams->window - datagrams->next;
                return datagrams->next + (free < room ? free : room);
        }
        uint64_t due = pace_count(datagrams->pace, now_ns);
        if (due <= datagrams->number)
                return 0;
        return (due - datagrams->number - 1) / datagrams->stride + 1;
}

uint64_t datagrams_sendable(const struct datagrams *datagrams, uint64_t now_ns)
{
        uint64_t end = allowed(datagrams, now_ns);

        if (end >= datagrams->limit)
                end = datagrams->limit;
        else if (datagrams->pace == NULL)
                end -= (end - datagrams->next) % datagrams->batch;
        return end > datagrams->next ? end - datagrams->next : 0;
}

static const unsigned char *rest_of(const struct datagrams *datagrams, uint64_t number)
{
        return payload_at(datagrams->number, number * DATAGRAMS_HEAD_SIZE);
}

uint32_t datagrams_next(const struct datagrams *datagrams, uint32_t ahead,
                        unsigned char head[DATAGRAMS_HEAD_SIZE], const unsigned char **ret_rest)
{
        uint64_t number = datagrams->next + ahead;

        for (unsigned i = 0; i < DATAGRAMS_HEAD_SIZE; i++)
                head[i] = (unsigned char)(number >> (8 * i));
        *ret_rest = rest_of(datagrams, number);
        return head_size(datagrams->size);
}

/* `oldest` passes what is settled. */
static void settle(struct datagrams *datagrams)
{
        while (datagrams->oldest < datagrams->next &&
               !is_awaited(*slot(datagrams, datagrams->oldest)))
                datagrams->oldest++;
}

static void lose(struct datagrams *datagrams, uint64_t number, struct result *result)
{
        *slot(datagrams, number) = LOST;
        datagrams->awaited--;
        result->lost++;
}

void datagrams_sent(struct datagrams *datagrams, uint64_t now_ns, struct result *result)
{
        if (datagrams->next - datagrams->oldest == datagrams->window) {
                lose(datagrams, datagrams->oldest, result);
                settle(datagrams);
        }
        *slot(datagrams, datagrams->next) = now_ns;
        datagrams->next++;
        datagrams->awaited++;
        result->sent_size += datagrams->size;
}

/* The latest number sent that ends in the bytes of the head. */
static uint64_t number_of(const struct datagrams *datagrams, const unsigned char *data)
{
        unsigned bits = 8 * head_size(datagrams->size);
        uint64_t mask = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
        uint64_t low = 0;

        for (unsigned i = 0; i < bits / 8; i++)
                low |= (uint64_t)data[i] << (8 * i);
        return datagrams->next - 1 - ((datagrams->next - 1 - low) & mask);
}

static bool is_that(const struct datagrams *datagrams, uint64_t number, const unsigned char *data)
{
        uint32_t head = head_size(datagrams->size);

        return memcmp(rest_of(datagrams, number), data + head, datagrams->size - head) == 0;
}

static uint64_t begun_ns(const struct datagrams *datagrams, uint64_t number)
{
        if (datagrams->pace == NULL)
                return *slot(datagrams, number);
        return pace_due(datagrams->pace, number * datagrams->stride + datagrams->number);
}

static void answer(struct datagrams *datagrams, uint64_t number, uint64_t now_ns,
                   struct result *result)
{
        bool is_first = datagrams->answered_end == 0;
        uint64_t latency_ns = now_ns - begun_ns(datagrams, number);

        result_record(result, latency_ns, is_first ? NULL : &datagrams->last_latency_ns);
        datagrams->last_latency_ns = latency_ns;
        result->received_size += datagrams->size;
        if (number < datagrams->answered_end)
                result->reordered++;
        else
                datagrams->answered_end = number + 1;
        *slot(datagrams, number) = ANSWERED;
        datagrams->awaited--;
        settle(datagrams);
}

bool datagrams_received(struct datagrams *datagrams, const unsigned char *data, uint32_t size,
                        uint64_t now_ns, struct result *result)
{
        if (size != datagrams->size || datagrams->next == 0)
                return false;
        uint64_t number = number_of(datagrams, data);
        if (number >= datagrams->next || !is_that(datagrams, number, data))
                return false;
        /* Settled so long ago that nothing else is known of it. */
        if (datagrams->next - number > datagrams->window)
                return true;
        if (is_awaited(*slot(datagrams, number)))
                answer(datagrams, number, now_ns, result);
        else if (*slot(datagrams, number) == ANSWERED)
                result->duplicated++;
        return true;
}

void datagrams_expire(struct datagrams *datagrams, uint64_t before_ns, struct result *result)
{
        for (uint64_t number = datagrams->oldest; number < datagrams->next; number++) {
                uint64_t sent_ns = *slot(datagrams, number);
                if (!is_awaited(sent_ns))
                        continue;
                if (sent_ns > before_ns)
                        break;
                lose(datagrams, number, result);
        }
        settle(datagrams);
}

void datagrams_stop(struct datagrams *datagrams)
{
        datagrams->limit = datagrams->next;
}
