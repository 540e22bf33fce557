/* SPDX-License-Identifier: MIT */
#include "support/log_script.h"

#include <string.h>

#include "core/ensure.h"
#include "service/report.h"
#include "support/log_reader.h"

enum { REPEATS = 100, VALUE_MAX = 255 / LOG_SCRIPT_OPERATIONS };

struct value {
        unsigned char bytes[VALUE_MAX * REPEATS + 1]; /* ends in a zero */
        size_t size;
};

struct world {
        const uint8_t *at;
        const uint8_t *end;
        struct log log;
        struct report report;
        struct report_time now;
        struct value value; /* of this step */
        struct value shown; /* the last one that the line being built shows, and its key: */
        const char *key;    /* NULL = none */
        struct log_reader reader;
};

static void read_value(struct world *world, unsigned size)
{
        struct value *value = &world->value;
        size_t left = (size_t)(world->end - world->at);

        value->size = left < size ? left : size;
        memcpy(value->bytes, world->at, value->size);
        value->bytes[value->size] = '\0';
        world->at += value->size;
}

static void repeat_value(struct value *value)
{
        size_t size = value->size;

        for (unsigned i = 1; i < REPEATS; i++)
                memcpy(value->bytes + i * size, value->bytes, size);
        value->size *= REPEATS;
        value->bytes[value->size] = '\0';
}

/* Eight bytes of the value from there on; those that it has not are zero. */
static uint64_t number_of(const struct value *value, size_t offset)
{
        uint64_t number = 0;

        if (offset < value->size)
                memcpy(&number, value->bytes + offset,
                       value->size - offset < 8 ? value->size - offset : 8);
        return number;
}

/* Ends the line, reads it back and lets it go. */
static void check_line(struct world *world)
{
        const struct log_line *line = &world->log.lines[world->log.first];

        ensure(world->log.count == 1);
        ensure(log_reader_read(&world->reader, line->text, line->size, &world->log.style));
        world->log.count = 0;
        world->log.first = (world->log.first + 1) % LOG_QUEUE_LINES;
}

static void begin_line(struct world *world)
{
        world->key = NULL;
        log_begin_at(&world->log, LOG_INFO, world->now.wall_ns, "test");
}

static void end_line(struct world *world)
{
        const struct value *shown = &world->shown;

        ensure(log_end(&world->log));
        check_line(world);
        if (world->key != NULL)
                ensure(log_reader_has(&world->reader, world->key, shown->bytes, shown->size));
}

/* The value was given to the line, which was so long before: it is there, or does not fit. */
static void expect_shown(struct world *world, const char *key, uint32_t before)
{
        enum { LONGEST_ESCAPE = 6, AROUND = sizeof(",\"bytes\":\"\"") };

        if (world->log.open->size > before) {
                world->shown = world->value;
                world->key = key;
                return;
        }
        ensure(LONGEST_ESCAPE * world->value.size + AROUND >
               LOG_LINE_SIZE - LOG_LINE_END_SIZE - before);
}

static void run_text(struct world *world)
{
        uint32_t before = world->log.open->size;

        world->value.size = strlen((const char *)world->value.bytes);
        log_text(&world->log, "text", (const char *)world->value.bytes);
        expect_shown(world, "text", before);
}

static void run_bytes(struct world *world)
{
        uint32_t before = world->log.open->size;

        repeat_value(&world->value);
        log_bytes(&world->log, "bytes", world->value.bytes, world->value.size);
        expect_shown(world, "bytes", before);
}

static void report_one(struct world *world, const struct event *event)
{
        end_line(world);
        report_event(&world->report, 0, event, &world->now);
        /* So slow that nothing is suppressed. */
        world->now.monotonic_ns += 1000000000;
        check_line(world);
}

static void run_data(struct world *world)
{
        struct event event = { .kind = EVENT_DATA };

        event.data.size = (uint32_t)world->value.size + 1;
        event.data.shown = (uint8_t)world->value.size;
        memcpy(event.data.bytes, world->value.bytes, world->value.size);
        report_one(world, &event);
        ensure(log_reader_has(&world->reader, "text", world->value.bytes, world->value.size));
        begin_line(world);
}

static void run_peer(struct world *world)
{
        struct event event = { .kind = EVENT_CONNECTION_OPEN };
        size_t size = world->value.size < sizeof(event.open.address) ? world->value.size
                                                                     : sizeof(event.open.address);

        memcpy(event.open.address, world->value.bytes, size);
        event.open.family = (uint8_t)number_of(&world->value, 16);
        event.open.port = (uint16_t)number_of(&world->value, 17);
        event.listener = (uint8_t)number_of(&world->value, 19);
        event.connection = number_of(&world->value, 20);
        report_one(world, &event);
        ensure(log_reader_find(&world->reader, "peer") != NULL);
        begin_line(world);
}

static void run_close(struct world *world)
{
        struct event event = { .kind = EVENT_CONNECTION_CLOSE };

        event.time_ns = number_of(&world->value, 0);
        event.close.received = number_of(&world->value, 8);
        event.close.sent = number_of(&world->value, 16);
        event.close.duration_ns = number_of(&world->value, 24);
        event.close.reason = 1 + number_of(&world->value, 7) % (CONN_END_COUNT - 1);
        report_one(world, &event);
        ensure(log_reader_find(&world->reader, "reason") != NULL);
        begin_line(world);
}

static void run_step(struct world *world, enum log_script_operation operation)
{
        switch (operation) {
        case LOG_SCRIPT_TEXT:
                run_text(world);
                break;
        case LOG_SCRIPT_BYTES:
                run_bytes(world);
                break;
        case LOG_SCRIPT_NUMBER:
                log_number(&world->log, "number", number_of(&world->value, 0));
                break;
        case LOG_SCRIPT_NEXT:
                end_line(world);
                begin_line(world);
                break;
        case LOG_SCRIPT_DATA:
                run_data(world);
                break;
        case LOG_SCRIPT_PEER:
                run_peer(world);
                break;
        case LOG_SCRIPT_CLOSE:
                run_close(world);
                break;
        case LOG_SCRIPT_OPERATIONS:
                break;
        }
}

static uint8_t next_byte(struct world *world)
{
        return world->at < world->end ? *world->at++ : 0;
}

void log_script_run(const uint8_t *script, size_t size)
{
        static struct world world;
        static const uint8_t nothing;

        world.at = size > 0 ? script : &nothing;
        world.end = world.at + size;
        uint8_t style = next_byte(&world);
        log_open(&world.log, -1, LOG_DEBUG, style % LOG_FORMAT_COUNT, NULL);
        world.log.style.has_priorities = style / LOG_FORMAT_COUNT % 2 == 1;
        /* What an earlier line lost, so that it must be told. */
        world.log.untold = style / (2 * LOG_FORMAT_COUNT) % 2 == 1 ? UINT64_MAX : 0;
        report_init(&world.report, &world.log, NULL, 0);
        world.now = (struct report_time){ 0 };
        begin_line(&world);
        while (world.at < world.end) {
                uint8_t byte = next_byte(&world);
                read_value(&world, byte / LOG_SCRIPT_OPERATIONS);
                run_step(&world, byte % LOG_SCRIPT_OPERATIONS);
        }
        end_line(&world);
}
