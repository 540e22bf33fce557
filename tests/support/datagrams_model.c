/* SPDX-License-Identifier: MIT */
#include "support/datagrams_model.h"

#include <stddef.h>
#include <string.h>

#include "probe/payload.h"

void datagrams_model_init(struct datagrams_model *model, const struct datagrams *datagrams)
{
        model->of = *datagrams;
        model->next = 0;
        model->settled = 0;
        model->awaited = 0;
        model->answered = 0;
        model->answered_last = 0;
        model->lost = 0;
        model->duplicated = 0;
        model->reordered = 0;
        model->is_stopped = false;
        model->latencies = (struct latencies){ 0 };
}

static uint64_t due_ns(const struct datagrams_model *model, uint64_t number)
{
        const struct datagrams *of = &model->of;

        return pace_due(of->pace, number * of->stride + of->number);
}

/* `ahead`: so many more are thought to be sent already. */
static bool may_send(const struct datagrams_model *model, uint64_t ahead, uint64_t now_ns)
{
        const struct datagrams *of = &model->of;
        uint64_t number = model->next + ahead;

        if (model->is_stopped || number >= of->limit)
                return false;
        if (of->pace != NULL)
                return due_ns(model, number) <= now_ns;
        return model->awaited + ahead < of->depth && number - model->settled < of->window;
}

uint64_t datagrams_model_sendable(const struct datagrams_model *model, uint64_t now_ns)
{
        uint64_t ahead = 0;

        while (may_send(model, ahead, now_ns))
                ahead++;
        /* Only the last batch of all may be a part of one. */
        while (model->of.pace == NULL && model->next + ahead < model->of.limit &&
               ahead % model->of.batch != 0)
                ahead--;
        return ahead;
}

static void settle(struct datagrams_model *model, uint64_t number, enum datagrams_model_state state)
{
        ensure(model->states[number] == DATAGRAMS_MODEL_AWAITED);
        model->states[number] = state;
        model->awaited--;
        if (state == DATAGRAMS_MODEL_LOST)
                model->lost++;
        while (model->settled < model->next &&
               model->states[model->settled] != DATAGRAMS_MODEL_AWAITED)
                model->settled++;
}

void datagrams_model_sent(struct datagrams_model *model, uint64_t now_ns)
{
        ensure(model->next < DATAGRAMS_MODEL_MAX);
        if (model->next - model->settled == model->of.window)
                settle(model, model->settled, DATAGRAMS_MODEL_LOST);
        model->sent_ns[model->next] = now_ns;
        model->states[model->next] = DATAGRAMS_MODEL_AWAITED;
        model->next++;
        model->awaited++;
}

void datagrams_model_write(const struct datagrams_model *model, uint64_t number,
                           unsigned char *data)
{
        uint32_t size = model->of.size;

        for (uint32_t i = 0; i < size && i < DATAGRAMS_HEAD_SIZE; i++)
                data[i] = (unsigned char)(number >> (8 * i));
        if (size > DATAGRAMS_HEAD_SIZE)
                memcpy(data + DATAGRAMS_HEAD_SIZE,
                       payload_at(model->of.number, DATAGRAMS_HEAD_SIZE * number),
                       size - DATAGRAMS_HEAD_SIZE);
}

static bool is_that(const struct datagrams_model *model, uint64_t number, const unsigned char *data)
{
        uint32_t size = model->of.size;

        for (uint32_t i = 0; i < size && i < DATAGRAMS_HEAD_SIZE; i++)
                if (data[i] != (unsigned char)(number >> (8 * i)))
                        return false;
        return size <= DATAGRAMS_HEAD_SIZE ||
               memcmp(data + DATAGRAMS_HEAD_SIZE,
                      payload_at(model->of.number, DATAGRAMS_HEAD_SIZE * number),
                      size - DATAGRAMS_HEAD_SIZE) == 0;
}

static void answer(struct datagrams_model *model, uint64_t number, uint64_t now_ns)
{
        uint64_t begun_ns = model->of.pace != NULL ? due_ns(model, number) : model->sent_ns[number];

        if (model->answered > 0 && number < model->answered_last)
                model->reordered++;
        else
                model->answered_last = number;
        model->answered++;
        latencies_add(&model->latencies, now_ns - begun_ns);
        settle(model, number, DATAGRAMS_MODEL_ANSWERED);
}

/* Of several that are alike, it is the latest. */
bool datagrams_model_received(struct datagrams_model *model, const unsigned char *data,
                              uint32_t size, uint64_t now_ns)
{
        uint64_t end = model->next;

        if (size != model->of.size)
                return false;
        while (end > 0 && !is_that(model, end - 1, data))
                end--;
        if (end == 0)
                return false;
        if (model->states[end - 1] == DATAGRAMS_MODEL_AWAITED)
                answer(model, end - 1, now_ns);
        else if (model->states[end - 1] == DATAGRAMS_MODEL_ANSWERED &&
                 model->next - (end - 1) <= model->of.window)
                model->duplicated++;
        return true;
}

void datagrams_model_expire(struct datagrams_model *model, uint64_t before_ns)
{
        for (uint64_t number = model->settled; number < model->next; number++)
                if (model->states[number] == DATAGRAMS_MODEL_AWAITED &&
                    model->sent_ns[number] <= before_ns)
                        settle(model, number, DATAGRAMS_MODEL_LOST);
}

void datagrams_model_stop(struct datagrams_model *model)
{
        model->is_stopped = true;
}

void datagrams_model_check(const struct datagrams_model *model, const struct datagrams *datagrams,
                           const struct result *result, uint64_t now_ns)
{
        ensure(datagrams->next == model->next);
        ensure(datagrams->awaited == model->awaited);
        ensure(datagrams_sendable(datagrams, now_ns) == datagrams_model_sendable(model, now_ns));
        ensure(result->lost == model->lost);
        ensure(result->duplicated == model->duplicated);
        ensure(result->reordered == model->reordered);
        ensure(result->sent_size == model->next * model->of.size);
        ensure(result->received_size == model->answered * model->of.size);
        ensure(model->lost + model->answered + model->awaited == model->next);
        ensure(model->of.pace != NULL || model->awaited <= model->of.depth);
        latencies_check(&model->latencies, result);
}
